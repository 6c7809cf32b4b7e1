// CKnownWork: loops whose instructions, branches and memory accesses are known by construction: the yardsticks that
// `bench doctor` holds counters against. Called by Doctor.
//
// On x86-64 a loop is one piece of assembly, its own counting and jumping included, so that nobody can add to it or take
// from it. Around it stand the call and the return: fewer than ten instructions. Elsewhere the loops are C: they do the
// same work, in a number of instructions that is the compiler's (KW_IS_EXACT is 0).
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
enum { KW_IS_EXACT = 1 };
#else
enum { KW_IS_EXACT = 0 };
#endif

/// What one block of a loop does, and how many instructions it retires, its counting and its jump included. Each block
/// has one branch, the jump to the next, but for `kw_branches`.
enum {
    KW_ADDITIONS = 64,
    KW_ADDITIONS_INSTRUCTIONS = 66,
    KW_LOADS = 64,
    KW_LOADS_INSTRUCTIONS = 66,
    KW_BRANCHES_INSTRUCTIONS = 13,  // and one more for each branch that is not taken
    KW_BRANCHES_BRANCHES = 2,
    KW_TRIAD_BYTES = 192,  // a line of 64 bytes of each array
    KW_TRIAD_LOADS = 8,
    KW_TRIAD_STORES = 4,
    KW_TRIAD_OPERATIONS = 32,  // 16 products, 16 sums
    KW_TRIAD_INSTRUCTIONS = 18,
    KW_DOT_PRODUCTS = 32,
    KW_DOT_PRODUCTS_INSTRUCTIONS = 34,
};

/// `blocks` × 64 integer additions that each need the one before: 64 core cycles a block. Returns their sum, blocks · 64 · `step`.
uint64_t kw_additions(uint64_t blocks, uint64_t step);

enum { KW_LINE = 64 };
/// Writes one pointer into each line of `buffer`: together a single cycle through all lines in random order (Sattolo), which
/// no prefetcher foresees. `bytes` is a multiple of 64, at least 64.
void kw_chain_build(void *buffer, size_t bytes, uint64_t seed);
/// `blocks` × 64 loads that each need the one before. Returns where they ended: the next call goes on from there.
void *kw_loads(void *start, uint64_t blocks);

/// `blocks` branches that follow the lowest bit of a pseudo-random sequence (xorshift64, Marsaglia 2003): half are taken,
/// and half are predicted wrongly. `*state` is not 0; it is left where the next call goes on. Returns how many were not taken.
uint64_t kw_branches(uint64_t blocks, uint64_t *state);

/// a[i] = b[i] + s · c[i] over `blocks` lines of 16 floats of each array, which begin on a line.
void kw_triad(float *a, const float *b, const float *c, float s, uint64_t blocks);

/// `blocks` × 32 integer dot-product instructions on registers, of the best kind that the processor has.
void kw_dot_products(uint64_t blocks);
/// What `kw_dot_products` executes, such as "vpdpbusd zmm", and the multiply-accumulates of one.
const char *kw_dot_product_name(void);
uint32_t kw_dot_product_macs(void);

/// Maps `count` pages of new memory, writes to each once, and gives them back: `count` page faults. Returns 0 or -errno.
int32_t kw_touch_pages(uint64_t count);
/// Sleeps `count` times for a moment: `count` voluntary context switches. Returns 0 or -errno.
int32_t kw_sleep(uint64_t count);
/// Nanoseconds of processor time that the calling thread has used, as the kernel accounts it (CLOCK_THREAD_CPUTIME_ID).
uint64_t kw_thread_time_ns(void);

/// Resolution of the raw monotonic clock in nanoseconds, as the kernel claims it; 0 if it does not tell.
uint64_t kw_clock_resolution_ns(void);

/// A mapping of `bytes` bytes at a page's beginning, with huge pages if the kernel gives them; NULL if there is no memory.
void *kw_map(size_t bytes);
void kw_unmap(void *memory, size_t bytes);
