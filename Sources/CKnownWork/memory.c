// Loops on memory: pointer chains, the triad, first touches of pages. CKnownWork.h has the numbers.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CKnownWork.h"
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define TWICE(text) text text
#define TIMES8(text) TWICE(TWICE(TWICE(text)))
#define TIMES64(text) TIMES8(TIMES8(text))

static uint64_t next_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

void kw_chain_build(void *buffer, size_t bytes, uint64_t seed) {
    size_t lines = bytes / KW_LINE;
    uint64_t state = seed ? seed : 1;
    char *base = buffer;
#define NEXT(i) (*(void **)(base + (i) * KW_LINE))
    for (size_t i = 0; i < lines; i++) NEXT(i) = base + i * KW_LINE;
    // Sattolo: exchanging with an earlier entry only leaves a single cycle. The remainder's bias does not matter here.
    for (size_t i = lines - 1; i > 0; i--) {
        size_t j = next_random(&state) % i;
        void *other = NEXT(j);
        NEXT(j) = NEXT(i);
        NEXT(i) = other;
    }
#undef NEXT
}

#if defined(__x86_64__)

void *kw_loads(void *start, uint64_t blocks) {
    if (blocks == 0) return start;
    __asm__ volatile("1:\n\t" TIMES64("movq (%[p]), %[p]\n\t")
                     "decq %[blocks]\n\t"
                     "jnz 1b"
                     : [p] "+r"(start), [blocks] "+r"(blocks)
                     :
                     : "cc", "memory");
    return start;
}

#define TRIAD_16_BYTES(offset)                                                                   \
    "movaps " offset "(%[c],%[i]), %%xmm0\n\t"                                                   \
    "mulps %%xmm1, %%xmm0\n\t"                                                                   \
    "addps " offset "(%[b],%[i]), %%xmm0\n\t"                                                    \
    "movaps %%xmm0, " offset "(%[a],%[i])\n\t"

void kw_triad(float *a, const float *b, const float *c, float s, uint64_t blocks) {
    if (blocks == 0) return;
    // The index runs from −length to 0, so that the addition that advances it also ends the loop.
    int64_t length = (int64_t)(blocks * KW_LINE);
    int64_t index = -length;
    float factors[4] __attribute__((aligned(16))) = {s, s, s, s};
    __asm__ volatile("movaps %[s], %%xmm1\n"
                     "1:\n\t" TRIAD_16_BYTES("") TRIAD_16_BYTES("16") TRIAD_16_BYTES("32") TRIAD_16_BYTES("48")
                     "addq $64, %[i]\n\t"
                     "jnz 1b"
                     : [i] "+r"(index)
                     : [a] "r"((char *)a + length), [b] "r"((const char *)b + length),
                       [c] "r"((const char *)c + length), [s] "m"(factors)
                     : "cc", "memory", "xmm0", "xmm1");
}

#else

void *kw_loads(void *start, uint64_t blocks) {
    void *volatile *p = start;
    for (uint64_t i = 0; i < blocks * KW_LOADS; i++) p = *p;
    return (void *)p;
}

void kw_triad(float *a, const float *b, const float *c, float s, uint64_t blocks) {
    for (uint64_t i = 0; i < blocks * (KW_LINE / sizeof(float)); i++) a[i] = b[i] + s * c[i];
    __asm__ volatile("" : : "r"(a) : "memory");
}

#endif

void *kw_map(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
#if defined(MADV_HUGEPAGE)
    // Without huge pages, walks of the page table would add accesses of their own. A refusal costs only that.
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

void kw_unmap(void *memory, size_t bytes) { munmap(memory, bytes); }

int32_t kw_touch_pages(uint64_t count) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, count * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return -errno;
#if defined(MADV_NOHUGEPAGE)
    // One fault would bring 512 pages. EINVAL: this kernel has no huge pages to forbid.
    if (madvise(memory, count * page, MADV_NOHUGEPAGE) != 0 && errno != EINVAL) {
        int error = errno;
        munmap(memory, count * page);
        return -error;
    }
#endif
    for (uint64_t i = 0; i < count; i++) ((volatile char *)memory)[i * page] = 1;
    munmap(memory, count * page);
    return 0;
}
