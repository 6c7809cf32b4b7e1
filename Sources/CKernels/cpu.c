// Detection, once, in one place.
#include "CKernels.h"

#if defined(__x86_64__)
#include <cpuid.h>

// State that the operating system saves: bits 1–2 SSE and AVX, 5–7 AVX-512.
static uint64_t saved_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

uint32_t ck_cpu_features(void) {
    uint32_t features = 1u << CK_ISA_SCALAR;
    uint32_t a, b, c, d;
    if (!__get_cpuid_count(1, 0, &a, &b, &c, &d) || !(c & (1u << 27))) return features;
    const int fma = (c >> 12) & 1;
    const uint64_t state = saved_state();
    if ((state & 0x6) != 0x6) return features;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
    const int avx2 = (b >> 5) & 1;
    const int avx512 = ((b >> 16) & 1) && ((b >> 17) & 1) && ((b >> 30) & 1) && ((b >> 31) & 1);
    const int vnni512 = (c >> 11) & 1, ifma512 = (b >> 21) & 1;
    if (avx2 && fma) features |= 1u << CK_ISA_AVX2;
    if (avx2 && fma && avx512 && (state & 0xe6) == 0xe6) {
        features |= 1u << CK_ISA_AVX512;
        if (vnni512) features |= 1u << CK_ISA_AVX512VNNI;
        if (ifma512) features |= 1u << CK_FEATURE_IFMA;
    }
    if (avx2 && fma && __get_cpuid_count(7, 1, &a, &b, &c, &d) && ((a >> 4) & 1)) features |= 1u << CK_ISA_AVXVNNI;
    return features;
}
#else
uint32_t ck_cpu_features(void) { return 1u << CK_ISA_SCALAR; }
#endif
