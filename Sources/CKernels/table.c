// The one table: the files' tables, end to end, narrowest instruction set first.
#include <pthread.h>
#include <string.h>

#include "tables.h"

enum { CAPACITY = 128 };
static ck_kernel all[CAPACITY];
static size_t all_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void) {
    #define CK_APPEND(name) \
        if (all_count + name##_count <= CAPACITY) { \
            memcpy(all + all_count, name, name##_count * sizeof(ck_kernel)); \
            all_count += name##_count; \
        }
    CK_TABLES(CK_APPEND)
}

const ck_kernel *ck_kernels(size_t *count) {
    pthread_once(&once, fill);
    *count = all_count;
    return all;
}
