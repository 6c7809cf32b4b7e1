// Integer kernels for AVX2 without VNNI.
//
// Exactness: vpmaddubsw adds two u8×s8 products in int16 and saturates (2·255·127 = 64770 > 32767), so it is not used.
// Activations are widened to int16 and multiplied by int16 weights with vpmaddwd, whose pair sums are int32: at most
// 2·255·255 = 130050, exact for symmetric weights and for affine ones with their zero point subtracted.
#include <string.h>

#include "requantize.h"
#include "scalar.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "add_products.h"
#include "depthwise_avx2.h"
#include "fused_256.h"

enum { ROWS = 6, COLUMNS = 16, CHUNK = 64 };

static inline void widen_16(const uint8_t *a, uint8_t flip, int16_t *out) {
    const __m256i words = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)a));
    _mm256_storeu_si256((__m256i *)out, _mm256_xor_si256(words, _mm256_set1_epi16(flip)));
}

static inline void widen_8(const uint8_t *a, uint8_t flip, int16_t *out) {
    const __m128i words = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)a));
    _mm_storeu_si128((__m128i *)out, _mm_xor_si128(words, _mm_set1_epi16(flip)));
}

// Widens n ≤ CHUNK bytes to int16, flipped, and puts a zero behind them. Nothing is read behind the row: of a tail, some bytes
// are widened twice.
static inline __attribute__((always_inline)) void widen(const uint8_t *a, const size_t n, uint8_t flip, int16_t *out) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) widen_16(a + i, flip, out + i);
    if (i == n) return;
    if (n >= 16) {
        widen_16(a + n - 16, flip, out + n - 16);
    } else if (n >= 8) {
        widen_8(a, flip, out);
        widen_8(a + n - 8, flip, out + n - 8);
    } else {
        CK_PLAIN_LOOP for (; i < n; i++) out[i] = a[i] ^ flip;
    }
    out[n] = 0;
}

// n activations of each row from `a` on, against their weights. Returns the weights behind them.
static inline __attribute__((always_inline)) const int16_t *chunk(
    __m256i acc[ROWS][2], const uint8_t *const *a, const size_t k, const size_t n, uint8_t flip, const int16_t *w,
    const int rows, const int vectors) {
    int16_t wide[ROWS][CHUNK + 16];
    CK_UNROLL for (int r = 0; r < rows; r++) widen(a[r] + k, n, flip, wide[r]);
    CK_PLAIN_LOOP for (size_t i = 0; i < n; i += 2, w += 16 * vectors) {
        __m256i b[2];
        CK_UNROLL for (int v = 0; v < vectors; v++) b[v] = _mm256_loadu_si256((const __m256i *)(w + 16 * v));
        CK_UNROLL for (int r = 0; r < rows; r++) {
            int32_t pair;
            memcpy(&pair, &wide[r][i], 4);
            const __m256i x = _mm256_set1_epi32(pair);
            CK_UNROLL for (int v = 0; v < vectors; v++)
                acc[r][v] = _mm256_add_epi32(acc[r][v], _mm256_madd_epi16(x, b[v]));
        }
    }
    return w;
}

// Adds a tile's products. Registers: rows·vectors accumulators (12), vectors weights (2), 1 broadcast.
// Panel: [tap][pair of k][8·vectors columns][2] int16.
static inline __attribute__((always_inline)) void products(
    __m256i acc[ROWS][2], const uint8_t *const *a, const int16_t *w, const size_t taps, const size_t depth, uint8_t flip,
    const int rows, const int vectors) {
    for (size_t tap = 0; tap < taps; tap++, a += ROWS) {
        size_t k = 0;
        for (; k + CHUNK <= depth; k += CHUNK) w = chunk(acc, a, k, CHUNK, flip, w, rows, vectors);
        if (k < depth) w = chunk(acc, a, k, depth - k, flip, w, rows, vectors);
    }
}

static inline __attribute__((always_inline)) void tile(const ck_int_tile *t, const int rows, const int vectors) {
    __m256i acc[ROWS][2];
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm256_setzero_si256();
    products(acc, t->a, t->w, t->taps, t->depth, (uint8_t)t->flip, rows, vectors);
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++)
            _mm256_storeu_si256((__m256i *)(t->acc + r * COLUMNS + 8 * v), acc[r][v]);
}

#define ROWS_CASES(V) \
    switch (t->rows) { \
    case 1: tile(t, 1, V); break; \
    case 2: tile(t, 2, V); break; \
    case 3: tile(t, 3, V); break; \
    case 4: tile(t, 4, V); break; \
    case 5: tile(t, 5, V); break; \
    default: tile(t, 6, V); break; \
    }

static void gemm_6x16c2(const ck_int_tile *t) {
    if (t->columns <= 8) { ROWS_CASES(1) } else { ROWS_CASES(2) }
}

#define PRODUCTS(acc, a, t, rows, vectors) \
    products(acc, a, (t)->w, (t)->taps, (t)->depth, (uint8_t)(t)->flip, rows, vectors)
CK_FUSED_GEMM_256(gemm_6x16c2_fused, PRODUCTS)

// (a·b + 2^30) >> 31 in 8 lanes: even and odd products apart, since they are 64 bits wide.
static inline __m256i srdhm(__m256i a, __m256i b) {
    const __m256i nudge = _mm256_set1_epi64x(1ll << 30);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(a, b), nudge);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), nudge);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}

// x / 2^e, ties away from zero: the remainder exceeds (2^e − 1)/2, or for negative x that and one more.
static inline __m256i rdbpot(__m256i x, __m256i e) {
    const __m256i one = _mm256_set1_epi32(1);
    const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, e), one);
    const __m256i threshold = _mm256_add_epi32(_mm256_srli_epi32(mask, 1), _mm256_srli_epi32(x, 31));
    const __m256i more = _mm256_cmpgt_epi32(_mm256_and_si256(x, mask), threshold);
    return _mm256_sub_epi32(_mm256_srav_epi32(x, e), more);
}

// x / 2^e, ties up: the last bit that falls out is added.
static inline __m256i shift_ties_up(__m256i x, __m256i e) {
    const __m256i one = _mm256_set1_epi32(1);
    const __m256i last = _mm256_and_si256(_mm256_srav_epi32(x, _mm256_sub_epi32(e, one)), one);
    // e = 0 makes the count −1, which vpsravd reads as "all sign bits": no bit falls out there.
    const __m256i none = _mm256_cmpeq_epi32(e, _mm256_setzero_si256());
    return _mm256_add_epi32(_mm256_srav_epi32(x, e), _mm256_andnot_si256(none, last));
}

// Arithmetic 64-bit shift right, which AVX2 lacks: logical on a value made unsigned by flipping its sign.
static inline __m256i srav64(__m256i x, __m256i e) {
    const __m256i sign = _mm256_set1_epi64x((long long)(1ull << 63));
    return _mm256_sub_epi64(_mm256_srlv_epi64(_mm256_xor_si256(x, sign), e), _mm256_srlv_epi64(sign, e));
}

// (x·m + 2^(30 − shift)) >> (31 − shift), right = −shift ≥ 0.
static inline __m256i single(__m256i x, __m256i m, __m256i right) {
    const __m256i low = _mm256_set1_epi64x(0xffffffff), base = _mm256_set1_epi64x(31), one = _mm256_set1_epi64x(1);
    const __m256i e0 = _mm256_add_epi64(_mm256_and_si256(right, low), base);
    const __m256i e1 = _mm256_add_epi64(_mm256_srli_epi64(right, 32), base);
    const __m256i p0 = _mm256_mul_epi32(x, m);
    const __m256i p1 = _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(m, 32));
    const __m256i q0 = srav64(_mm256_add_epi64(p0, _mm256_sllv_epi64(one, _mm256_sub_epi64(e0, one))), e0);
    const __m256i q1 = srav64(_mm256_add_epi64(p1, _mm256_sllv_epi64(one, _mm256_sub_epi64(e1, one))), e1);
    return _mm256_blend_epi32(q0, _mm256_slli_epi64(q1, 32), 0xaa);
}

// x·2^left, saturated to int32: where shifting back does not give x, the end of the range on x's side.
static inline __m256i shift_left(__m256i x, __m256i left) {
    const __m256i y = _mm256_sllv_epi32(x, left);
    const __m256i kept = _mm256_cmpeq_epi32(_mm256_srav_epi32(y, left), x);
    const __m256i limit = _mm256_xor_si256(_mm256_srai_epi32(x, 31), _mm256_set1_epi32(INT32_MAX));
    return _mm256_blendv_epi8(limit, y, kept);
}

// `mode` and `lefts` (some M ≥ 1) are constants.
static inline __attribute__((always_inline)) void output(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride, const int mode, const int lefts) {
    const __m256i lower = _mm256_set1_epi32(s->lower - s->zero_point);
    const __m256i upper = _mm256_set1_epi32(s->upper - s->zero_point);
    const __m256i zero_point = _mm256_set1_epi32(s->zero_point);
    const __m256i bytes = _mm256_setr_epi8(
        0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    for (size_t c = 0; c < columns; c += 8) {
        const size_t k = channel + c, n = columns - c < 8 ? columns - c : 8;
        const __m256i bias = _mm256_loadu_si256((const __m256i *)(s->bias + k));
        const __m256i m = _mm256_loadu_si256((const __m256i *)(s->multiplier + k));
        const __m256i shift = _mm256_loadu_si256((const __m256i *)(s->shift + k)), none = _mm256_setzero_si256();
        const __m256i left = _mm256_max_epi32(shift, none);
        const __m256i e = _mm256_max_epi32(_mm256_sub_epi32(none, shift), none);
        const __m256 real = mode == CK_ROUND_FP32 ? _mm256_loadu_ps(s->real_multiplier + k) : _mm256_setzero_ps();
        const __m256i zero =
            s->weight_zero ? _mm256_loadu_si256((const __m256i *)(s->weight_zero + k)) : _mm256_setzero_si256();
        for (size_t r = 0; r < rows; r++) {
            __m256i x = _mm256_add_epi32(_mm256_loadu_si256((const __m256i *)(acc + r * acc_stride + c)), bias);
            if (s->weight_zero) x = _mm256_sub_epi32(x, _mm256_mullo_epi32(zero, _mm256_set1_epi32(row_sums[r])));
            if (lefts && (mode == CK_ROUND_GEMMLOWP || mode == CK_ROUND_RUY)) x = shift_left(x, left);
            if (mode == CK_ROUND_GEMMLOWP) x = rdbpot(srdhm(x, m), e);
            if (mode == CK_ROUND_RUY) x = shift_ties_up(srdhm(x, m), e);
            if (mode == CK_ROUND_SINGLE) x = single(x, m, e);
            if (mode == CK_ROUND_FP32) {
                // Clamped before the conversion: out of range it would yield INT32_MIN.
                const __m256 limit = _mm256_set1_ps(2147483520.0f);
                __m256 y = _mm256_mul_ps(_mm256_cvtepi32_ps(x), real);
                y = _mm256_max_ps(_mm256_min_ps(y, limit), _mm256_sub_ps(_mm256_setzero_ps(), limit));
                x = _mm256_cvtps_epi32(y);
            }
            x = _mm256_add_epi32(_mm256_min_epi32(_mm256_max_epi32(x, lower), upper), zero_point);
            x = _mm256_shuffle_epi8(x, bytes);
            const __m128i y = _mm_unpacklo_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
            uint8_t *o = out + r * out_stride + c;
            if (n == 8) {
                _mm_storel_epi64((__m128i *)o, y);
            } else {
                uint8_t buffer[8];
                _mm_storel_epi64((__m128i *)buffer, y);
                memcpy(o, buffer, n);
            }
        }
    }
}

// The one mode that is not integer-only, apart from the others: the object code shows it.
static __attribute__((noinline)) void output_8_fp32(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride) {
    output(rows, columns, acc, acc_stride, row_sums, s, channel, out, out_stride, CK_ROUND_FP32, 0);
}

static void output_8(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride) {
    #define OUTPUT(MODE, LEFTS) output(rows, columns, acc, acc_stride, row_sums, s, channel, out, out_stride, MODE, LEFTS)
    #define EITHER(MODE) \
        if (s->left_shift) OUTPUT(MODE, 1); \
        else OUTPUT(MODE, 0);
    switch (s->rounding) {
    case CK_ROUND_SINGLE:
        // With M ≥ 1 the result may leave int32, and AVX2 has no 64-bit minimum: the portable form saturates.
        if (s->left_shift) ck_output_scalar(rows, columns, acc, acc_stride, row_sums, s, channel, out, out_stride);
        else OUTPUT(CK_ROUND_SINGLE, 0);
        break;
    case CK_ROUND_RUY: EITHER(CK_ROUND_RUY) break;
    case CK_ROUND_FP32: output_8_fp32(rows, columns, acc, acc_stride, row_sums, s, channel, out, out_stride); break;
    default: EITHER(CK_ROUND_GEMMLOWP) break;
    }
    #undef EITHER
    #undef OUTPUT
}

// 12 independent accumulators hide vpmaddwd's and vpaddd's latency: 16 MACs an instruction pair.
static uint64_t ceiling(uint64_t iterations) {
    __m256i acc[12];
    for (int i = 0; i < 12; i++) acc[i] = _mm256_setzero_si256();
    __m256i a = _mm256_set1_epi16(3), w = _mm256_set1_epi16(5);
    for (uint64_t n = 0; n < iterations; n++) {
        CK_UNROLL for (int i = 0; i < 12; i++) {
            __asm__ volatile("" : "+x"(a), "+x"(w));  // twelve products, not one
            acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(a, w));
        }
    }
    for (int i = 0; i < 12; i++) __asm__ volatile("" : : "x"(acc[i]));
    return iterations * 12 * 16;
}

static inline __m256i rescale(__m256i x, int32_t multiplier, int32_t shift) {
    return rdbpot(srdhm(x, _mm256_set1_epi32(multiplier)), _mm256_set1_epi32(-shift));
}

// Addition, 8 at a time. Both inputs' multipliers are at most 1/2; the output's may shift left, which the portable form
// saturates.
static void add_8(size_t count, const uint8_t *a, const uint8_t *b, uint8_t *out, const ck_int_add *p) {
    const __m256i lower = _mm256_set1_epi32(p->lower - p->zero_out), upper = _mm256_set1_epi32(p->upper - p->zero_out);
    const __m256i bytes = _mm256_setr_epi8(
        0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    for (size_t i = 0; i < count; i += 8) {
        const size_t n = count - i < 8 ? count - i : 8;
        uint8_t left[8] = {0}, right[8] = {0}, result[8];
        memcpy(left, a + i, n);
        memcpy(right, b + i, n);
        const __m128i u = _mm_loadl_epi64((const __m128i *)left), v = _mm_loadl_epi64((const __m128i *)right);
        __m256i x = p->is_signed ? _mm256_cvtepi8_epi32(u) : _mm256_cvtepu8_epi32(u);
        __m256i y = p->is_signed ? _mm256_cvtepi8_epi32(v) : _mm256_cvtepu8_epi32(v);
        x = _mm256_slli_epi32(_mm256_sub_epi32(x, _mm256_set1_epi32(p->zero_a)), 20);
        y = _mm256_slli_epi32(_mm256_sub_epi32(y, _mm256_set1_epi32(p->zero_b)), 20);
        __m256i z = _mm256_add_epi32(
            rescale(x, p->multiplier_a, p->shift_a), rescale(y, p->multiplier_b, p->shift_b));
        if (p->shift_out > 0) {
            int32_t lanes[8];
            _mm256_storeu_si256((__m256i *)lanes, z);
            for (int j = 0; j < 8; j++)
                lanes[j] = ck_requantize(lanes[j], p->multiplier_out, p->shift_out, 0, CK_ROUND_GEMMLOWP);
            z = _mm256_loadu_si256((const __m256i *)lanes);
        } else {
            z = rescale(z, p->multiplier_out, p->shift_out);
        }
        z = _mm256_add_epi32(_mm256_min_epi32(_mm256_max_epi32(z, lower), upper), _mm256_set1_epi32(p->zero_out));
        z = _mm256_shuffle_epi8(z, bytes);
        _mm_storel_epi64(
            (__m128i *)result, _mm_unpacklo_epi32(_mm256_castsi256_si128(z), _mm256_extracti128_si256(z, 1)));
        memcpy(out + i, result, n);
    }
}

CK_ADD_PRODUCTS(add_products_32, __m256i, _mm256, 256)
#pragma clang attribute pop

const ck_kernel ck_int_avx2[] = {
    {.name = "u8s16_gemm_6x16c2__avx2", .kind = CK_INT_GEMM, .isa = CK_ISA_AVX2, .rows = ROWS, .columns = COLUMNS,
     .vector = 8, .depth_unit = 2, .weight_bytes = 2, .int_gemm = gemm_6x16c2, .int_gemm_fused = gemm_6x16c2_fused,
     .stage_bytes = stage_bytes_256, .stage_pack = stage_pack_256},
    {.name = "u8s16_depthwise_16c2__avx2", .kind = CK_INT_DEPTHWISE, .isa = CK_ISA_AVX2, .columns = 16,
     .weight_bytes = 2, .int_depthwise = depthwise_16, .int_depthwise_pack = depthwise_pack,
     .pack_bytes = depthwise_bytes, .int_depthwise_row = depthwise_row_16c2,
     .int_depthwise_row_pack = depthwise_row_pack, .stage_bytes = stage_bytes_256, .stage_pack = depthwise_stage_pack},
    {.name = "output_8__avx2", .kind = CK_INT_OUTPUT, .isa = CK_ISA_AVX2, .output = output_8},
    {.name = "add_8__avx2", .kind = CK_INT_ADD, .isa = CK_ISA_AVX2, .int_add = add_8},
    {.name = "add_products_32__avx2", .kind = CK_INT_ADD, .isa = CK_ISA_AVX2, .int_add = add_products_32,
     .int_add_takes = add_products_takes},
    {.name = "ceiling_int__avx2", .kind = CK_INT_CEILING, .isa = CK_ISA_AVX2, .ceiling = ceiling},
};
const size_t ck_int_avx2_count = sizeof ck_int_avx2 / sizeof *ck_int_avx2;
#else
const ck_kernel ck_int_avx2[] = {{0}};
const size_t ck_int_avx2_count = 0;
#endif
