// What the kernel does at a thread's request: sleeping, and accounting of its time.
#include "CKnownWork.h"
#include <errno.h>
#include <time.h>

int32_t kw_sleep(uint64_t count) {
    const struct timespec moment = {.tv_sec = 0, .tv_nsec = 100000};
    for (uint64_t i = 0; i < count; i++) {
        struct timespec rest = moment;
        while (nanosleep(&rest, &rest) != 0)
            if (errno != EINTR) return -errno;
    }
    return 0;
}

static uint64_t nanoseconds(struct timespec time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t kw_thread_time_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return nanoseconds(now);
}

uint64_t kw_clock_resolution_ns(void) {
    struct timespec resolution;
    return clock_getres(CLOCK_MONOTONIC_RAW, &resolution) == 0 ? nanoseconds(resolution) : 0;
}
