// Clocks: raw monotonic time, and a chain of additions that takes a known number of core cycles.
#include "CPlatform.h"
#include <time.h>

uint64_t cp_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// One dependent addition: register to register, 1 cycle of latency on every processor that we know.
#if defined(__x86_64__)
#define ADD "addq %[step], %[sum]\n\t"
#elif defined(__aarch64__)
#define ADD "add %[sum], %[sum], %[step]\n\t"
#else
#define ADD ""
#endif
#define ADD8 ADD ADD ADD ADD ADD ADD ADD ADD
#define ADD64 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8

uint64_t cp_add_chain(uint64_t n, uint64_t step) {
    uint64_t sum = 0;
#if defined(__x86_64__) || defined(__aarch64__)
    // 64 at a time: the loop's own counter and branch run beside the chain and do not lengthen it.
    for (uint64_t block = n / 64; block > 0; block--)
        __asm__ volatile(ADD64 : [sum] "+r"(sum) : [step] "r"(step));
    for (uint64_t rest = n % 64; rest > 0; rest--)
        __asm__ volatile(ADD : [sum] "+r"(sum) : [step] "r"(step));
#else
    for (uint64_t i = 0; i < n; i++) {
        sum += step;
        __asm__ volatile("" : "+r"(sum));
    }
#endif
    return sum;
}
