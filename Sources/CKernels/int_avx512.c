// Integer kernels for AVX-512 without VNNI: the output stage. Products come from AVX2's table there.
#include "requantize.h"
#include "scalar.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

// (a·b + 2^30) >> 31 in 16 lanes: even and odd products apart, since they are 64 bits wide.
static inline __m512i srdhm(__m512i a, __m512i b_even, __m512i b_odd) {
    const __m512i nudge = _mm512_set1_epi64(1ll << 30);
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(a, b_even), nudge);
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(a, 32), b_odd), nudge);
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}

// x / 2^e, ties away from zero.
static inline __m512i rdbpot(__m512i x, __m512i e, __m512i mask, __m512i half) {
    const __m512i threshold = _mm512_add_epi32(half, _mm512_srli_epi32(x, 31));
    const __mmask16 more = _mm512_cmpgt_epi32_mask(_mm512_and_epi32(x, mask), threshold);
    const __m512i shifted = _mm512_srav_epi32(x, e);
    return _mm512_mask_sub_epi32(shifted, more, shifted, _mm512_set1_epi32(-1));
}

// x·2^left, saturated to int32: where shifting back does not give x, the end of the range on x's side.
static inline __m512i shift_left(__m512i x, __m512i left) {
    const __m512i y = _mm512_sllv_epi32(x, left);
    const __mmask16 lost = _mm512_cmpneq_epi32_mask(_mm512_srav_epi32(y, left), x);
    return _mm512_mask_xor_epi32(y, lost, _mm512_srai_epi32(x, 31), _mm512_set1_epi32(INT32_MAX));
}

// `mode` and `lefts` (some M ≥ 1) are constants.
static inline __attribute__((always_inline)) void output(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride, const int mode, const int lefts) {
    const __m512i lower = _mm512_set1_epi32(s->lower - s->zero_point);
    const __m512i upper = _mm512_set1_epi32(s->upper - s->zero_point);
    const __m512i zero_point = _mm512_set1_epi32(s->zero_point);
    const __m512i one = _mm512_set1_epi32(1);
    for (size_t c = 0; c < columns; c += 16) {
        const size_t k = channel + c;
        const __mmask16 present = columns - c < 16 ? (__mmask16)((1u << (columns - c)) - 1) : 0xffff;
        const __m512i bias = _mm512_loadu_si512(s->bias + k);
        const __m512i m = _mm512_loadu_si512(s->multiplier + k), m_odd = _mm512_srli_epi64(m, 32);
        const __m512i right = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_loadu_si512(s->shift + k));
        const __m512i e = lefts ? _mm512_max_epi32(right, _mm512_setzero_si512()) : right;
        const __m512i left = _mm512_max_epi32(_mm512_loadu_si512(s->shift + k), _mm512_setzero_si512());
        const __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, e), one), half = _mm512_srli_epi32(mask, 1);
        const __m512 real = mode == CK_ROUND_FP32 ? _mm512_loadu_ps(s->real_multiplier + k) : _mm512_setzero_ps();
        const __m512i zero = s->weight_zero ? _mm512_loadu_si512(s->weight_zero + k) : _mm512_setzero_si512();
        // 31 − shift for the even and odd lanes, and half of the last place.
        const __m512i base = _mm512_set1_epi64(31), one64 = _mm512_set1_epi64(1);
        const __m512i e0 = _mm512_add_epi64(_mm512_srai_epi64(_mm512_slli_epi64(right, 32), 32), base);
        const __m512i e1 = _mm512_add_epi64(_mm512_srai_epi64(right, 32), base);
        const __m512i h0 = _mm512_sllv_epi64(one64, _mm512_sub_epi64(e0, one64));
        const __m512i h1 = _mm512_sllv_epi64(one64, _mm512_sub_epi64(e1, one64));
        for (size_t r = 0; r < rows; r++) {
            __m512i x = _mm512_add_epi32(_mm512_loadu_si512(acc + r * acc_stride + c), bias);
            if (s->weight_zero) x = _mm512_sub_epi32(x, _mm512_mullo_epi32(zero, _mm512_set1_epi32(row_sums[r])));
            if (lefts && (mode == CK_ROUND_GEMMLOWP || mode == CK_ROUND_RUY)) x = shift_left(x, left);
            if (mode == CK_ROUND_GEMMLOWP) x = rdbpot(srdhm(x, m, m_odd), e, mask, half);
            if (mode == CK_ROUND_RUY) {
                x = srdhm(x, m, m_odd);
                const __m512i last = _mm512_and_epi32(_mm512_srav_epi32(x, _mm512_sub_epi32(e, one)), one);
                x = _mm512_srav_epi32(x, e);
                x = _mm512_mask_add_epi32(x, _mm512_test_epi32_mask(e, e), x, last);  // ties up
            }
            if (mode == CK_ROUND_SINGLE) {
                __m512i even = _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(x, m), h0), e0);
                const __m512i product = _mm512_mul_epi32(_mm512_srli_epi64(x, 32), m_odd);
                __m512i odd = _mm512_srav_epi64(_mm512_add_epi64(product, h1), e1);
                if (lefts) {
                    const __m512i low = _mm512_set1_epi64(INT32_MIN), high = _mm512_set1_epi64(INT32_MAX);
                    even = _mm512_min_epi64(_mm512_max_epi64(even, low), high);
                    odd = _mm512_min_epi64(_mm512_max_epi64(odd, low), high);
                }
                x = _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
            }
            if (mode == CK_ROUND_FP32) {
                // Clamped before the conversion: out of range it would yield INT32_MIN.
                const __m512 limit = _mm512_set1_ps(2147483520.0f);
                __m512 y = _mm512_mul_ps(_mm512_cvtepi32_ps(x), real);
                y = _mm512_max_ps(_mm512_min_ps(y, limit), _mm512_sub_ps(_mm512_setzero_ps(), limit));
                x = _mm512_cvtps_epi32(y);
            }
            x = _mm512_add_epi32(_mm512_min_epi32(_mm512_max_epi32(x, lower), upper), zero_point);
            _mm_mask_storeu_epi8(out + r * out_stride + c, present, _mm512_cvtepi32_epi8(x));
        }
    }
}

// The one mode that is not integer-only, apart from the others: the object code shows it.
static __attribute__((noinline)) void output_16_fp32(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride) {
    output(rows, columns, acc, acc_stride, row_sums, s, channel, out, out_stride, CK_ROUND_FP32, 0);
}

static void output_16(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride) {
    #define OUTPUT(MODE, LEFTS) output(rows, columns, acc, acc_stride, row_sums, s, channel, out, out_stride, MODE, LEFTS)
    #define EITHER(MODE) \
        if (s->left_shift) OUTPUT(MODE, 1); \
        else OUTPUT(MODE, 0);
    switch (s->rounding) {
    case CK_ROUND_SINGLE: EITHER(CK_ROUND_SINGLE) break;
    case CK_ROUND_RUY: EITHER(CK_ROUND_RUY) break;
    case CK_ROUND_FP32: output_16_fp32(rows, columns, acc, acc_stride, row_sums, s, channel, out, out_stride); break;
    default: EITHER(CK_ROUND_GEMMLOWP) break;
    }
    #undef EITHER
    #undef OUTPUT
}
#pragma clang attribute pop

const ck_kernel ck_int_avx512[] = {
    {.name = "output_16__avx512", .kind = CK_INT_OUTPUT, .isa = CK_ISA_AVX512, .output = output_16},
};
const size_t ck_int_avx512_count = sizeof ck_int_avx512 / sizeof *ck_int_avx512;
#else
const ck_kernel ck_int_avx512[] = {{0}};
const size_t ck_int_avx512_count = 0;
#endif
