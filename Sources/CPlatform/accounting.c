// What the scheduler keeps of every process: getrusage(2).
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CPlatform.h"
#include <errno.h>
#include <sys/resource.h>
#include <time.h>

int32_t cp_usage(cp_usage_t *usage) {
    struct rusage all;
    if (getrusage(RUSAGE_SELF, &all) != 0) return -errno;
    usage->user_ns = (uint64_t)all.ru_utime.tv_sec * 1000000000u + (uint64_t)all.ru_utime.tv_usec * 1000u;
    usage->system_ns = (uint64_t)all.ru_stime.tv_sec * 1000000000u + (uint64_t)all.ru_stime.tv_usec * 1000u;
    usage->minor_faults = (uint64_t)all.ru_minflt;
    usage->major_faults = (uint64_t)all.ru_majflt;
    usage->voluntary_switches = (uint64_t)all.ru_nvcsw;
    usage->involuntary_switches = (uint64_t)all.ru_nivcsw;
    struct timespec cpu;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) != 0) return -errno;
    usage->cpu_ns = (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec;
    return 0;
}

int32_t cp_interruptions(uint64_t *own_sleeps, uint64_t *preemptions) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return -errno;
    *preemptions = (uint64_t)usage.ru_nivcsw;
#if defined(RUSAGE_THREAD)
    if (getrusage(RUSAGE_THREAD, &usage) != 0) return -errno;
    *own_sleeps = (uint64_t)usage.ru_nvcsw;
#else
    *own_sleeps = 0;
#endif
    return 0;
}
