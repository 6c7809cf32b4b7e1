// The CPUs that the calling thread may run on.
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif
#include "CPlatform.h"
#include <errno.h>

#if defined(__linux__)

// The kernel refuses a set smaller than its own number of CPUs; this one is larger than any build of it.
enum { MAX_CPUS = 8192 };

int32_t cp_get_affinity(int32_t *cpus, int32_t capacity) {
    cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
    if (!set) return -ENOMEM;
    size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
    CPU_ZERO_S(size, set);
    if (sched_getaffinity(0, size, set) != 0) {
        int error = errno;
        CPU_FREE(set);
        return -error;
    }
    int32_t count = 0;
    for (int32_t cpu = 0; cpu < MAX_CPUS; cpu++) {
        if (!CPU_ISSET_S(cpu, size, set)) continue;
        if (count < capacity) cpus[count] = cpu;
        count++;
    }
    CPU_FREE(set);
    return count;
}

int32_t cp_set_affinity(const int32_t *cpus, int32_t count) {
    cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
    if (!set) return -ENOMEM;
    size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
    CPU_ZERO_S(size, set);
    int error = 0;
    for (int32_t i = 0; i < count; i++) {
        if (cpus[i] < 0 || cpus[i] >= MAX_CPUS) error = EINVAL;
        else CPU_SET_S(cpus[i], size, set);
    }
    if (!error && sched_setaffinity(0, size, set) != 0) error = errno;
    CPU_FREE(set);
    return -error;
}

int32_t cp_current_cpu(void) {
    int cpu = sched_getcpu();
    return cpu < 0 ? -errno : cpu;
}

#else

int32_t cp_get_affinity(int32_t *cpus, int32_t capacity) { return (void)cpus, (void)capacity, -ENOTSUP; }
int32_t cp_set_affinity(const int32_t *cpus, int32_t count) { return (void)cpus, (void)count, -ENOTSUP; }
int32_t cp_current_cpu(void) { return -ENOTSUP; }

#endif

#include <unistd.h>

int32_t cp_usable_cpus(void) {
    int32_t count = cp_get_affinity(0, 0);
    if (count < 1) count = (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count;
}
