// Memory: dropping it from the caches, giving it back.
#include "CPlatform.h"
#if defined(__GLIBC__)
#include <malloc.h>
#endif

int32_t cp_flush(const void *memory, size_t bytes) {
#if defined(__x86_64__)
    // 64 bytes is the line of every x86-64 processor; clflush is part of the baseline.
    const char *line = (const char *)((uintptr_t)memory & ~(uintptr_t)63);
    for (; line < (const char *)memory + bytes; line += 64)
        __asm__ volatile("clflush (%0)" : : "r"(line) : "memory");
    __asm__ volatile("mfence" : : : "memory");
    return 0;
#else
    (void)memory;
    (void)bytes;
    return -1;
#endif
}

int32_t cp_return_blocks(size_t bytes) {
#if defined(__GLIBC__)
    return mallopt(M_MMAP_THRESHOLD, (int)bytes) == 1 ? 0 : -1;
#else
    (void)bytes;
    return -1;
#endif
}
