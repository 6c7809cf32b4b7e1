// CPlatform: the small things that only C can say. Called by Measurement, Counters and Runner.
//
// No intrinsics headers here: the Swift importer reads this file. Every function reports failure by its return value.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Optimisation barrier: the compiler must assume that `p`'s pointee was read and written.
static inline void cp_clobber(const void *p) { __asm__ volatile("" : : "r"(p) : "memory"); }

/// 1 if `cp_tsc` reads a cycle counter on this processor, else 0.
static inline int cp_has_tsc(void) {
#if defined(__x86_64__) || defined(__aarch64__)
    return 1;
#else
    return 0;
#endif
}

/// The time stamp counter (x86-64: TSC; AArch64: CNTVCT_EL0), fenced on both sides: no earlier instruction is still
/// running, no later one has begun. It ticks at a constant rate that is *not* the core clock: see `cp_add_chain`.
/// Meaningless where `cp_has_tsc` is 0.
static inline uint64_t cp_tsc(void) {
#if defined(__x86_64__)
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return ((uint64_t)high << 32) | low;
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks) : : "memory");
    return ticks;
#else
    return 0;
#endif
}

/// Nanoseconds of the raw monotonic clock, which no time daemon slews (CLOCK_MONOTONIC_RAW).
uint64_t cp_monotonic_ns(void);

/// Runs `n` integer additions that each need the one before, one cycle each, and returns n · `step`.
/// Core clock = n / elapsed time. The chain is assembly, so the compiler cannot shorten it, and both operands are
/// registers, because some processors fold additions of small constants without executing them.
uint64_t cp_add_chain(uint64_t n, uint64_t step);

/// Writes the cache lines of this memory back and drops them from every cache, so that the next read comes from memory.
/// Returns 0, or -1 on processors where it does nothing.
int32_t cp_flush(const void *memory, size_t bytes);

/// Lets freed blocks of at least `bytes` go back to the system at once, for the rest of the process. Returns 0, or -1 where
/// the C library has no such setting.
int32_t cp_return_blocks(size_t bytes);

// Affinity of the calling thread

/// How many CPUs the calling thread may run on, at least 1.
int32_t cp_usable_cpus(void);
/// Writes up to `capacity` CPU numbers of the calling thread's set, ascending; returns how many the set has, or -errno.
int32_t cp_get_affinity(int32_t *cpus, int32_t capacity);
/// Restricts the calling thread to the CPUs given. Returns 0, or -errno (-EINVAL: none of them exists or is allowed).
int32_t cp_set_affinity(const int32_t *cpus, int32_t count);
/// The CPU that the calling thread runs on now, or -errno: proof that pinning took effect.
int32_t cp_current_cpu(void);

// Floating-point exception flags of the calling thread (x86-64: sticky bits of MXCSR; SSE, AVX and AVX-512)

enum {
    CP_FP_INVALID = 0x01,
    CP_FP_DENORMAL = 0x02,
    CP_FP_DIVIDE_BY_ZERO = 0x04,
    CP_FP_OVERFLOW = 0x08,
    CP_FP_UNDERFLOW = 0x10,
    CP_FP_INEXACT = 0x20,
};
/// The flags that are raised, a sum of CP_FP_…, or -1 on processors other than x86-64.
/// A region that leaves CP_FP_INEXACT clear did no floating-point operation whose result was rounded.
int32_t cp_fp_flags(void);
/// Lowers all flags; returns those that were raised, or -1 on processors other than x86-64.
int32_t cp_fp_clear_flags(void);

// What the scheduler keeps of every process

/// Since the process began, over all of its threads.
typedef struct {
    uint64_t user_ns, system_ns, cpu_ns;
    uint64_t minor_faults, major_faults;
    uint64_t voluntary_switches, involuntary_switches;
} cp_usage_t;
/// Returns 0 or -errno.
int32_t cp_usage(cp_usage_t *usage);
/// What interrupts a measurement, counted so far: context switches by which the calling thread went to sleep, and those by
/// which any thread of the process lost its processor. About a microsecond. Returns 0 or -errno.
int32_t cp_interruptions(uint64_t *own_sleeps, uint64_t *preemptions);

// perf_event_open(2)

enum { CP_PERF_HARDWARE = 0, CP_PERF_SOFTWARE = 1, CP_PERF_CACHE = 3, CP_PERF_RAW = 4 };
enum { CP_PERF_CPU_CYCLES = 0 };
/// Opens a disabled counter of user-mode events of the calling thread. Returns a descriptor, or -errno.
int32_t cp_perf_open(uint32_t type, uint64_t config);

/// The same in the group of `leader` (-1: a new group of its own), with kernel-mode events unless `user_only`. The kernel counts all members of a group or none, and
/// refuses a member that could never be counted beside the others. Returns a descriptor, or -errno.
int32_t cp_perf_open_member(uint32_t type, uint64_t config, int32_t leader, int user_only);
/// Enables or disables a whole group; counts and times go on from where they stood. Returns 0 or -errno.
int32_t cp_perf_enable_group(int32_t leader);
int32_t cp_perf_disable_group(int32_t leader);
/// Writes the value, nanoseconds enabled and nanoseconds running, of one counter. Returns 0 or -errno.
int32_t cp_perf_read(int32_t descriptor, uint64_t value_enabled_running[3]);

/// Resets and enables the counter. Returns 0 or -errno.
int32_t cp_perf_start(int32_t descriptor);
/// Disables the counter and writes its value, nanoseconds enabled and nanoseconds running. Returns 0 or -errno.
int32_t cp_perf_stop(int32_t descriptor, uint64_t value_enabled_running[3]);
void cp_perf_close(int32_t descriptor);
