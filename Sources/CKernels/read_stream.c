// Reading as fast as loads go: four sums, so that no addition waits for the one before, and vectors as wide as there are.
#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static uint64_t read_avx512(const uint8_t *p, size_t n) {
    __m512i sum[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    size_t i = 0;
    for (; i + 256 <= n; i += 256)
        for (size_t j = 0; j < 4; j++) sum[j] = _mm512_add_epi64(sum[j], _mm512_loadu_si512(p + i + 64 * j));
    for (; i + 64 <= n; i += 64) sum[0] = _mm512_add_epi64(sum[0], _mm512_loadu_si512(p + i));
    return (uint64_t)_mm512_reduce_add_epi64(
        _mm512_add_epi64(_mm512_add_epi64(sum[0], sum[1]), _mm512_add_epi64(sum[2], sum[3])));
}

__attribute__((target("avx2"))) static uint64_t read_avx2(const uint8_t *p, size_t n) {
    __m256i sum[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    size_t i = 0;
    for (; i + 128 <= n; i += 128)
        for (size_t j = 0; j < 4; j++)
            sum[j] = _mm256_add_epi64(sum[j], _mm256_loadu_si256((const __m256i *)(p + i + 32 * j)));
    for (; i + 64 <= n; i += 64)
        for (size_t j = 0; j < 2; j++)
            sum[j] = _mm256_add_epi64(sum[j], _mm256_loadu_si256((const __m256i *)(p + i + 32 * j)));
    uint64_t lanes[4];
    const __m256i all = _mm256_add_epi64(_mm256_add_epi64(sum[0], sum[1]), _mm256_add_epi64(sum[2], sum[3]));
    memcpy(lanes, &all, sizeof lanes);
    return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}
#endif

static uint64_t read_portable(const uint8_t *p, size_t n) {
    uint64_t sum[8] = {0};
    for (size_t i = 0; i + 64 <= n; i += 64) {
        uint64_t v[8];
        memcpy(v, p + i, 64);
        for (int j = 0; j < 8; j++) sum[j] += v[j];
    }
    return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}

uint64_t ck_read_stream(const uint8_t *p, size_t n) {
#if defined(__x86_64__)
    // Asking the processor is slow in a virtual machine: once. Two threads that both ask get the same answer.
    static uint32_t known;
    uint32_t features = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!features) {
        features = ck_cpu_features();
        __atomic_store_n(&known, features, __ATOMIC_RELAXED);
    }
    if (features & (1u << CK_ISA_AVX512)) return read_avx512(p, n);
    if (features & (1u << CK_ISA_AVX2)) return read_avx2(p, n);
#endif
    return read_portable(p, n);
}
