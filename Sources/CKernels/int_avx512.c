// Integer kernels for AVX-512 without VNNI: the output stage. Products come from AVX2's table there.
#include <string.h>

#include "requantize.h"
#include "scalar.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#include "add_products.h"
#include "fused_avx512.h"
#include "narrow_avx512.h"

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

// The constants of 16 channels.
typedef struct {
    __m512i bias, m, m_odd;
    __m512i left, right;  // shifts, one of them 0
    __m512i mask, half;   // 2^right − 1, and half of it
    __m512i zero;         // Z2 of the weights
    __m512 real;
} channels_16;

static inline channels_16 load_channels_16(const ck_output_stage *s, size_t k, const int mode, const int lefts) {
    const __m512i none = _mm512_setzero_si512(), one = _mm512_set1_epi32(1);
    const __m512i shift = _mm512_loadu_si512(s->shift + k);
    channels_16 p;
    p.bias = _mm512_loadu_si512(s->bias + k);
    p.m = _mm512_loadu_si512(s->multiplier + k);
    p.m_odd = _mm512_srli_epi64(p.m, 32);
    p.right = _mm512_sub_epi32(none, shift);
    if (lefts && mode != CK_ROUND_SINGLE) p.right = _mm512_max_epi32(p.right, none);
    p.left = _mm512_max_epi32(shift, none);
    p.mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, p.right), one);
    p.half = _mm512_srli_epi32(p.mask, 1);
    p.zero = s->weight_zero ? _mm512_loadu_si512(s->weight_zero + k) : none;
    p.real = mode == CK_ROUND_FP32 ? _mm512_loadu_ps(s->real_multiplier + k) : _mm512_setzero_ps();
    return p;
}

// (x·m + 2^(30 − shift)) >> (31 − shift) in 64 bits, saturated where it can leave int32.
static inline __m512i single(__m512i x, const channels_16 *p, const int lefts) {
    const __m512i base = _mm512_set1_epi64(31), one = _mm512_set1_epi64(1);
    const __m512i e0 = _mm512_add_epi64(_mm512_srai_epi64(_mm512_slli_epi64(p->right, 32), 32), base);
    const __m512i e1 = _mm512_add_epi64(_mm512_srai_epi64(p->right, 32), base);
    const __m512i h0 = _mm512_sllv_epi64(one, _mm512_sub_epi64(e0, one));
    const __m512i h1 = _mm512_sllv_epi64(one, _mm512_sub_epi64(e1, one));
    __m512i even = _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(x, p->m), h0), e0);
    __m512i odd = _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(x, 32), p->m_odd), h1), e1);
    if (lefts) {
        const __m512i low = _mm512_set1_epi64(INT32_MIN), high = _mm512_set1_epi64(INT32_MAX);
        even = _mm512_min_epi64(_mm512_max_epi64(even, low), high);
        odd = _mm512_min_epi64(_mm512_max_epi64(odd, low), high);
    }
    return _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
}

// 16 accumulators of one row to the output's scale, before the zero point. `mode` and `lefts` (some M ≥ 1) are constants.
static inline __attribute__((always_inline)) __m512i requantize_16(
    const int32_t *acc, const channels_16 *p, const int32_t *row_sum, const int mode, const int lefts) {
    __m512i x = _mm512_add_epi32(_mm512_loadu_si512(acc), p->bias);
    if (row_sum) x = _mm512_sub_epi32(x, _mm512_mullo_epi32(p->zero, _mm512_set1_epi32(*row_sum)));
    if (mode == CK_ROUND_SINGLE) return single(x, p, lefts);
    if (mode == CK_ROUND_FP32) {
        // Clamped before the conversion: out of range it would yield INT32_MIN.
        const __m512 limit = _mm512_set1_ps(2147483520.0f);
        const __m512 y = _mm512_mul_ps(_mm512_cvtepi32_ps(x), p->real);
        return _mm512_cvtps_epi32(_mm512_max_ps(_mm512_min_ps(y, limit), _mm512_sub_ps(_mm512_setzero_ps(), limit)));
    }
    if (lefts) x = shift_left(x, p->left);
    x = srdhm(x, p->m, p->m_odd);
    if (mode == CK_ROUND_GEMMLOWP) return rdbpot(x, p->right, p->mask, p->half);
    // ruy: ties up, by adding the last bit that falls out.
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i last = _mm512_and_epi32(_mm512_srav_epi32(x, _mm512_sub_epi32(p->right, one)), one);
    x = _mm512_srav_epi32(x, p->right);
    return _mm512_mask_add_epi32(x, _mm512_test_epi32_mask(p->right, p->right), x, last);
}

// 64 columns of a row: four vectors are packed to bytes with saturation, which is exact, since the clamp that follows is
// at least as narrow as the bytes' range; zero point and clamp then cost a quarter.
static inline void store_64(const __m512i x[4], const ck_output_stage *s, uint8_t *out) {
    // packs interleaves 128-bit lanes: 32-bit group 4L + i of the result stands at 4i + L of the columns.
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i zero = _mm512_set1_epi16((int16_t)s->zero_point);
    const __m512i lower = _mm512_set1_epi8((char)s->lower), upper = _mm512_set1_epi8((char)s->upper);
    const __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(x[0], x[1]), zero);
    const __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(x[2], x[3]), zero);
    __m512i y;
    if (s->lower < 0) y = _mm512_min_epi8(_mm512_max_epi8(_mm512_packs_epi16(low, high), lower), upper);
    else y = _mm512_min_epu8(_mm512_max_epu8(_mm512_packus_epi16(low, high), lower), upper);
    _mm512_storeu_si512(out, _mm512_permutexvar_epi32(order, y));
}

// 32 columns of a row, the same way.
static inline void store_32(const __m512i x[2], const ck_output_stage *s, uint8_t *out) {
    const __m512i order = _mm512_castsi256_si512(_mm256_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13));
    const __m512i words = _mm512_adds_epi16(_mm512_packs_epi32(x[0], x[1]), _mm512_set1_epi16((int16_t)s->zero_point));
    const __m256i lower = _mm256_set1_epi8((char)s->lower), upper = _mm256_set1_epi8((char)s->upper);
    __m256i y;
    if (s->lower < 0) {
        y = _mm512_castsi512_si256(_mm512_permutexvar_epi32(order, _mm512_packs_epi16(words, words)));
        y = _mm256_min_epi8(_mm256_max_epi8(y, lower), upper);
    } else {
        y = _mm512_castsi512_si256(_mm512_permutexvar_epi32(order, _mm512_packus_epi16(words, words)));
        y = _mm256_min_epu8(_mm256_max_epu8(y, lower), upper);
    }
    _mm256_storeu_si256((__m256i *)out, y);
}

// Up to 16 columns of a row.
static inline void store_16(__m512i x, size_t columns, const ck_output_stage *s, uint8_t *out) {
    const __m512i zero = _mm512_set1_epi32(s->zero_point);
    const __m512i lower = _mm512_set1_epi32(s->lower - s->zero_point), upper = _mm512_set1_epi32(s->upper - s->zero_point);
    x = _mm512_add_epi32(_mm512_min_epi32(_mm512_max_epi32(x, lower), upper), zero);
    const __m128i bytes = _mm512_cvtepi32_epi8(x);
    // A masked store is many times slower than a plain one on some processors.
    if (columns >= 16) _mm_storeu_si128((__m128i *)out, bytes);
    else if (columns == 8) _mm_storel_epi64((__m128i *)out, bytes);
    else _mm_mask_storeu_epi8(out, (__mmask16)((1u << columns) - 1), bytes);
}

static inline __attribute__((always_inline)) void output(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride, const int mode, const int lefts) {
    if (!s->weight_zero) row_sums = NULL;
    size_t c = 0;
    for (; c + 64 <= columns; c += 64) {
        channels_16 p[4];
        CK_UNROLL for (int v = 0; v < 4; v++) p[v] = load_channels_16(s, channel + c + 16 * (size_t)v, mode, lefts);
        for (size_t r = 0; r < rows; r++) {
            const int32_t *a = acc + r * acc_stride + c, *sum = row_sums ? row_sums + r : NULL;
            __m512i x[4];
            CK_UNROLL for (int v = 0; v < 4; v++) x[v] = requantize_16(a + 16 * v, &p[v], sum, mode, lefts);
            store_64(x, s, out + r * out_stride + c);
        }
    }
    for (; c < columns; c += 16) {
        const channels_16 p = load_channels_16(s, channel + c, mode, lefts);
        for (size_t r = 0; r < rows; r++) {
            const int32_t *sum = row_sums ? row_sums + r : NULL;
            store_16(
                requantize_16(acc + r * acc_stride + c, &p, sum, mode, lefts), columns - c, s, out + r * out_stride + c);
        }
    }
}

static inline __m512i requantize_narrow_16(
    const int32_t *acc, const narrow_16 *p, const int32_t *zero, const int32_t *row_sum) {
    __m512i x = _mm512_add_epi32(_mm512_loadu_si512(acc), p->bias);
    if (row_sum) x = _mm512_sub_epi32(x, _mm512_mullo_epi32(_mm512_loadu_si512(zero), _mm512_set1_epi32(*row_sum)));
    return CK_REQUANTIZE_NARROW(_mm512, __m512i, x, p->m, p->right, p->even, p->odd);
}

static void output_narrow(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride) {
    if (!s->weight_zero) row_sums = NULL;
    const int32_t *zero = s->weight_zero ? s->weight_zero + channel : NULL;
    size_t c = 0;
    for (; c + 64 <= columns; c += 64) {
        narrow_16 p[4];
        CK_UNROLL for (int v = 0; v < 4; v++) p[v] = load_narrow_16(s, channel + c + 16 * (size_t)v);
        for (size_t r = 0; r < rows; r++) {
            const int32_t *a = acc + r * acc_stride + c, *sum = row_sums ? row_sums + r : NULL;
            __m512i x[4];
            CK_UNROLL for (int v = 0; v < 4; v++)
                x[v] = requantize_narrow_16(a + 16 * v, &p[v], zero + c + 16 * v, sum);
            store_64(x, s, out + r * out_stride + c);
        }
    }
    if (c + 32 <= columns) {
        const narrow_16 p = load_narrow_16(s, channel + c), q = load_narrow_16(s, channel + c + 16);
        for (size_t r = 0; r < rows; r++) {
            const int32_t *a = acc + r * acc_stride + c, *sum = row_sums ? row_sums + r : NULL;
            const __m512i x[2] = {
                requantize_narrow_16(a, &p, zero + c, sum), requantize_narrow_16(a + 16, &q, zero + c + 16, sum)};
            store_32(x, s, out + r * out_stride + c);
        }
        c += 32;
    }
    for (; c < columns; c += 16) {
        const narrow_16 p = load_narrow_16(s, channel + c);
        for (size_t r = 0; r < rows; r++) {
            const int32_t *sum = row_sums ? row_sums + r : NULL;
            store_16(
                requantize_narrow_16(acc + r * acc_stride + c, &p, zero + c, sum), columns - c, s,
                out + r * out_stride + c);
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
    default:
        if (s->narrow) output_narrow(rows, columns, acc, acc_stride, row_sums, s, channel, out, out_stride);
        else EITHER(CK_ROUND_GEMMLOWP)
        break;
    }
    #undef EITHER
    #undef OUTPUT
}

// One rescaling of the addition by the chain of fused_stage.h, its constants the same in all lanes.
typedef struct {
    __m512i m, e, constant;
    int32_t shift;  // e
} add_rescale;

static inline add_rescale load_add_rescale(int32_t m, int32_t shift, int64_t zero, const int sign) {
    const int32_t e = m == 0 ? 1 : -shift;
    const int64_t constant = fused_constant(m, e < 1 ? 1 : e, zero, CK_ROUND_GEMMLOWP, sign);
    return (add_rescale){_mm512_set1_epi32((int32_t)(2 * (uint32_t)m)), _mm512_set1_epi32(e), _mm512_set1_epi64(constant), e};
}

// Two inputs to one scale, exactly as ck_requantize does it. x = q − Z times 2^20 is below 2^28; the input of the larger scale
// has M = 1/2 and no shift (`halves`), which is x·2^19.
typedef struct {
    __m512i start;  // 2^30 − Z·2^20, or −Z·2^19
    add_rescale rescale;
    int halves;
} add_input;

static inline add_input load_add_input(int32_t zero, int32_t m, int32_t shift) {
    const int halves = m == 1 << 30 && shift == 0;
    const int32_t start = halves ? -zero * (1 << 19) : (1 << 30) - zero * (1 << 20);
    return (add_input){_mm512_set1_epi32(start), load_add_rescale(m, shift, 0, 1), halves};
}

static inline __attribute__((always_inline)) __m512i rescale_input(
    const uint8_t *bytes, const add_input *p, const int halves, const int is_signed) {
    const __m128i b = _mm_loadu_si128((const __m128i *)bytes);
    const __m512i q = is_signed ? _mm512_cvtepi8_epi32(b) : _mm512_cvtepu8_epi32(b);
    if (halves) return _mm512_add_epi32(_mm512_slli_epi32(q, 19), p->start);
    const __m512i x = _mm512_add_epi32(_mm512_slli_epi32(q, 20), p->start);
    return CK_REQUANTIZE_FUSED(
        _mm512, __m512i, x, p->rescale.m, p->rescale.m, p->rescale.e, p->rescale.constant, p->rescale.constant, 1, 0xffff);
}

// a is the input of the larger scale; `halves` says that b has the same one. `sign`: a negative sum survives the clamp.
static inline __attribute__((always_inline)) void add(
    size_t count, const uint8_t *a, const uint8_t *b, uint8_t *out, const ck_int_add *s, const int halves, const int sign,
    const int is_signed) {
    const add_input p = load_add_input(s->zero_a, s->multiplier_a, s->shift_a);
    const add_input q = load_add_input(s->zero_b, s->multiplier_b, s->shift_b);
    const int lift = s->lower < 0 ? 128 : 0;
    const add_rescale last = load_add_rescale(s->multiplier_out, s->shift_out, s->zero_out + lift, sign);
    const __m512i offset = _mm512_set1_epi32(1 << 30);  // as the last rescaling wants it
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i lower = _mm512_set1_epi8((char)(s->lower + lift)), upper = _mm512_set1_epi8((char)(s->upper + lift));
    const __m512i flip = _mm512_set1_epi8((char)lift);
    uint8_t left[64] = {0}, right[64] = {0}, bytes[64];
    for (size_t i = 0; i < count; i += 64, a += 64, b += 64) {
        const size_t n = count - i < 64 ? count - i : 64;
        if (n < 64) {  // the last ones through buffers: nothing is read behind the tensors
            memcpy(left, a, n);
            memcpy(right, b, n);
            a = left;
            b = right;
        }
        __m512i x[4];
        CK_UNROLL for (int v = 0; v < 4; v++) {
            const __m512i u = rescale_input(a + 16 * v, &p, 1, is_signed);
            const __m512i sum = _mm512_add_epi32(u, rescale_input(b + 16 * v, &q, halves, is_signed));
            x[v] = CK_REQUANTIZE_FUSED(
                _mm512, __m512i, _mm512_add_epi32(sum, offset), last.m, last.m, last.e, last.constant, last.constant, sign,
                0xffff);
        }
        __m512i y = _mm512_packus_epi16(_mm512_packs_epi32(x[0], x[1]), _mm512_packs_epi32(x[2], x[3]));
        y = _mm512_permutexvar_epi32(order, _mm512_min_epu8(_mm512_max_epu8(y, lower), upper));
        y = _mm512_xor_si512(y, flip);
        if (n == 64) {
            _mm512_storeu_si512(out + i, y);
        } else {
            _mm512_storeu_si512(bytes, y);
            memcpy(out + i, bytes, n);
        }
    }
}

static int add_halves(int32_t m, int32_t shift) { return m == 1 << 30 && shift == 0; }
// Whether the chain takes this rescaling.
static int add_fits(int32_t m, int32_t shift) { return m == 0 || (shift <= -1 && shift >= -22); }

// The input of the larger scale has M = 1/2 by definition; what is left to ask are extreme ratios.
static int add_16_takes(const ck_int_add *s) {
    const int halves_a = add_halves(s->multiplier_a, s->shift_a), halves_b = add_halves(s->multiplier_b, s->shift_b);
    return (halves_a || halves_b) && (halves_a || add_fits(s->multiplier_a, s->shift_a))
        && (halves_b || add_fits(s->multiplier_b, s->shift_b)) && add_fits(s->multiplier_out, s->shift_out);
}

static void add_16(size_t count, const uint8_t *a, const uint8_t *b, uint8_t *out, const ck_int_add *given) {
    ck_int_add s = *given;
    if (!add_halves(s.multiplier_a, s.shift_a)) {  // the sum commutes
        s.zero_a = given->zero_b;
        s.multiplier_a = given->multiplier_b;
        s.shift_a = given->shift_b;
        s.zero_b = given->zero_a;
        s.multiplier_b = given->multiplier_a;
        s.shift_b = given->shift_a;
        const uint8_t *first = a;
        a = b;
        b = first;
    }
    const int halves = add_halves(s.multiplier_b, s.shift_b), sign = s.lower < s.zero_out;
    #define SIGNS(H, S) \
        if (s.is_signed) add(count, a, b, out, &s, H, S, 1); \
        else add(count, a, b, out, &s, H, S, 0);
    if (halves && sign) { SIGNS(1, 1) }
    else if (halves) { SIGNS(1, 0) }
    else if (sign) { SIGNS(0, 1) }
    else { SIGNS(0, 0) }
    #undef SIGNS
}

CK_ADD_PRODUCTS(add_products_64, __m512i, _mm512, 512)
#pragma clang attribute pop

const ck_kernel ck_int_avx512[] = {
    {.name = "add_16__avx512", .kind = CK_INT_ADD, .isa = CK_ISA_AVX512, .int_add = add_16,
     .int_add_takes = add_16_takes},
    {.name = "add_products_64__avx512", .kind = CK_INT_ADD, .isa = CK_ISA_AVX512, .int_add = add_products_64,
     .int_add_takes = add_products_takes},
    {.name = "output_16__avx512", .kind = CK_INT_OUTPUT, .isa = CK_ISA_AVX512, .output = output_16},
};
const size_t ck_int_avx512_count = sizeof ck_int_avx512 / sizeof *ck_int_avx512;
#else
const ck_kernel ck_int_avx512[] = {{0}};
const size_t ck_int_avx512_count = 0;
#endif
