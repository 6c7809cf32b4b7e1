// Float kernels for AVX-512.
#include "float_add.h"
#include "float_depthwise.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

static inline __mmask16 lanes(size_t n) { return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1); }
#include "float_gemm_avx512.h"

static void depthwise(const ck_float_depthwise *d) {
    const size_t taps = d->taps;
    const __m512 lower = _mm512_set1_ps(d->lower), upper = _mm512_set1_ps(d->upper);
    for (size_t p = 0; p < d->pixels; p++) {
        const float *const *a = d->a + p * taps;
        float *out = d->out + p * d->out_stride;
        for (size_t c = 0; c < d->channels; c += 16) {
            const __mmask16 present = lanes(d->channels - c);
            __m512 sum = _mm512_maskz_loadu_ps(present, d->bias + c);
            for (size_t tap = 0; tap < taps; tap++)
                sum = _mm512_fmadd_ps(
                    _mm512_maskz_loadu_ps(present, a[tap] + c),
                    _mm512_maskz_loadu_ps(present, d->w + tap * d->channels + c), sum);
            _mm512_mask_storeu_ps(out + c, present, _mm512_min_ps(_mm512_max_ps(sum, lower), upper));
        }
    }
}

#define LOAD_LANES(p, present) _mm512_maskz_loadu_ps(present, p)
#define STORE_LANES(p, present, v) _mm512_mask_storeu_ps(p, present, v)
CK_FLOAT_DEPTHWISE_ROW(
    depthwise_row, __m512, _mm512, 16, __mmask16, lanes, LOAD_LANES, STORE_LANES)
CK_FLOAT_ADD(add, __m512, _mm512, 16, __mmask16, lanes, LOAD_LANES, STORE_LANES)

// 12 independent chains of 16 MACs each.
static uint64_t ceiling(uint64_t iterations) {
    __m512 acc[12];
    for (int i = 0; i < 12; i++) acc[i] = _mm512_setzero_ps();
    __m512 a = _mm512_set1_ps(1.5f), w = _mm512_set1_ps(0.5f);
    for (uint64_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+v"(a), "+v"(w));
        for (int i = 0; i < 12; i++) acc[i] = _mm512_fmadd_ps(a, w, acc[i]);
    }
    for (int i = 0; i < 12; i++) __asm__ volatile("" : : "v"(acc[i]));
    return iterations * 12 * 16;
}
#pragma clang attribute pop

const ck_kernel ck_float_avx512[] = {
    {.name = "f32_gemm_6x64__avx512", .kind = CK_FLOAT_GEMM, .isa = CK_ISA_AVX512, .rows = ROWS, .columns = COLUMNS,
     .vector = 16, .depth_unit = 1, .weight_bytes = 4, .float_gemm = gemm_6x64},
    {.name = "f32_depthwise_16__avx512", .kind = CK_FLOAT_DEPTHWISE, .isa = CK_ISA_AVX512, .columns = 64, .weight_bytes = 4,
     .float_depthwise = depthwise, .float_depthwise_row = depthwise_row},
    {.name = "f32_add_16__avx512", .kind = CK_FLOAT_ADD, .isa = CK_ISA_AVX512, .float_add = add},
    {.name = "ceiling_f32__avx512", .kind = CK_FLOAT_CEILING, .isa = CK_ISA_AVX512, .ceiling = ceiling},
};
const size_t ck_float_avx512_count = sizeof ck_float_avx512 / sizeof *ck_float_avx512;
#else
const ck_kernel ck_float_avx512[] = {{0}};
const size_t ck_float_avx512_count = 0;
#endif
