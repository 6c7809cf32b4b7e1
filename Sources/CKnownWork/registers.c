// Loops on registers: additions, branches, dot products. CKnownWork.h has the numbers, which change together with these texts.
#include "CKnownWork.h"

#define TWICE(text) text text
#define TIMES8(text) TWICE(TWICE(TWICE(text)))
#define TIMES64(text) TIMES8(TIMES8(text))

#if defined(__x86_64__)

uint64_t kw_additions(uint64_t blocks, uint64_t step) {
    uint64_t sum = 0;
    if (blocks == 0) return 0;
    // Register to register: some processors fold additions of small constants without executing them.
    __asm__ volatile("1:\n\t" TIMES64("addq %[step], %[sum]\n\t")
                     "decq %[blocks]\n\t"
                     "jnz 1b"
                     : [sum] "+r"(sum), [blocks] "+r"(blocks)
                     : [step] "r"(step)
                     : "cc");
    return sum;
}

uint64_t kw_branches(uint64_t blocks, uint64_t *state) {
    uint64_t x = *state, shifted, fallen = 0;
    if (blocks == 0) return 0;
    __asm__ volatile("1:\n\t"
                     "movq %[x], %[t]\n\t"
                     "shlq $13, %[t]\n\t"
                     "xorq %[t], %[x]\n\t"
                     "movq %[x], %[t]\n\t"
                     "shrq $7, %[t]\n\t"
                     "xorq %[t], %[x]\n\t"
                     "movq %[x], %[t]\n\t"
                     "shlq $17, %[t]\n\t"
                     "xorq %[t], %[x]\n\t"
                     "testb $1, %b[x]\n\t"
                     "jz 2f\n\t"
                     "incq %[fallen]\n"  // the one instruction more
                     "2:\n\t"
                     "decq %[blocks]\n\t"
                     "jnz 1b"
                     : [x] "+r"(x), [t] "=&r"(shifted), [fallen] "+r"(fallen), [blocks] "+r"(blocks)
                     :
                     : "cc");
    *state = x;
    return fallen;
}

// Eight accumulators, so that no instruction waits for the one before it.
#define ON_8_REGISTERS(op, r)                                                                                 \
    op " %%" r "0, %%" r "0, %%" r "0\n\t" op " %%" r "1, %%" r "1, %%" r "1\n\t"                              \
    op " %%" r "2, %%" r "2, %%" r "2\n\t" op " %%" r "3, %%" r "3, %%" r "3\n\t"                              \
    op " %%" r "4, %%" r "4, %%" r "4\n\t" op " %%" r "5, %%" r "5, %%" r "5\n\t"                              \
    op " %%" r "6, %%" r "6, %%" r "6\n\t" op " %%" r "7, %%" r "7, %%" r "7\n\t"
#define PMADDWD_8                                                                                              \
    "pmaddwd %%xmm0, %%xmm0\n\tpmaddwd %%xmm1, %%xmm1\n\tpmaddwd %%xmm2, %%xmm2\n\tpmaddwd %%xmm3, %%xmm3\n\t" \
    "pmaddwd %%xmm4, %%xmm4\n\tpmaddwd %%xmm5, %%xmm5\n\tpmaddwd %%xmm6, %%xmm6\n\tpmaddwd %%xmm7, %%xmm7\n\t"
#define LOOP_OF_32(body, end)                                                                  \
    __asm__ volatile("1:\n\t" TWICE(TWICE(body)) "decq %[blocks]\n\t"                          \
                     "jnz 1b\n\t" end                                                          \
                     : [blocks] "+r"(blocks)                                                   \
                     :                                                                         \
                     : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7")

typedef enum { PMADDWD_XMM, PMADDWD_YMM, DPBUSD_YMM, DPBUSD_ZMM } dot_product;

static dot_product best_dot_product(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512vnni")) return DPBUSD_ZMM;
    if (__builtin_cpu_supports("avxvnni")) return DPBUSD_YMM;
    if (__builtin_cpu_supports("avx2")) return PMADDWD_YMM;
    return PMADDWD_XMM;
}

void kw_dot_products(uint64_t blocks) {
    if (blocks == 0) return;
    switch (best_dot_product()) {
    case DPBUSD_ZMM: LOOP_OF_32(ON_8_REGISTERS("vpdpbusd", "zmm"), "vzeroupper"); break;
    case DPBUSD_YMM: LOOP_OF_32(ON_8_REGISTERS("%{vex%} vpdpbusd", "ymm"), "vzeroupper"); break;
    case PMADDWD_YMM: LOOP_OF_32(ON_8_REGISTERS("vpmaddwd", "ymm"), "vzeroupper"); break;
    case PMADDWD_XMM: LOOP_OF_32(PMADDWD_8, ""); break;
    }
}

const char *kw_dot_product_name(void) {
    switch (best_dot_product()) {
    case DPBUSD_ZMM: return "vpdpbusd zmm";
    case DPBUSD_YMM: return "vpdpbusd ymm";
    case PMADDWD_YMM: return "vpmaddwd ymm";
    case PMADDWD_XMM: return "pmaddwd xmm";
    }
}

uint32_t kw_dot_product_macs(void) {
    switch (best_dot_product()) {
    case DPBUSD_ZMM: return 64;
    case DPBUSD_YMM: return 32;
    case PMADDWD_YMM: return 16;
    case PMADDWD_XMM: return 8;
    }
}

#else

uint64_t kw_additions(uint64_t blocks, uint64_t step) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < blocks * KW_ADDITIONS; i++) {
        sum += step;
        __asm__ volatile("" : "+r"(sum));
    }
    return sum;
}

uint64_t kw_branches(uint64_t blocks, uint64_t *state) {
    uint64_t x = *state, fallen = 0;
    for (uint64_t i = 0; i < blocks; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        if (x & 1) __asm__ volatile("" : "+r"(fallen) : "0"(fallen + 1));
    }
    *state = x;
    return fallen;
}

void kw_dot_products(uint64_t blocks) {
    int32_t sum[8] = {0};
    for (uint64_t i = 0; i < blocks * KW_DOT_PRODUCTS; i++) {
        int32_t *own = &sum[i % 8];
        *own += *own * 3;
        __asm__ volatile("" : "+r"(*own));
    }
}

const char *kw_dot_product_name(void) { return "integer multiply-accumulate"; }
uint32_t kw_dot_product_macs(void) { return 1; }

#endif
