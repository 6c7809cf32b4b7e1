// Depthwise convolution on AVX512-VNNI: blocks of up to 64 channels, in one register of 64, 32 or 16 bytes. Four taps'
// bytes are interleaved by two levels of unpacking, so that one vpdpbusd does four taps: vector q holds in 128-bit lane L
// the channels 16L + 4q + 0…3.
#pragma once
#include "depthwise_row.h"
#include "fused_avx512.h"
#include "tables.h"

#define LOAD_512(m, p) _mm512_maskz_loadu_epi8((__mmask64)(m), p)
#define LOAD_256(m, p) _mm256_maskz_loadu_epi8((__mmask32)(m), p)
#define LOAD_128(m, p) _mm_maskz_loadu_epi8((__mmask16)(m), p)
#define LOADU_512(p) _mm512_loadu_si512(p)
#define LOADU_256(p) _mm256_loadu_si256((const __m256i *)(p))
#define LOADU_128(p) _mm_loadu_si128((const __m128i *)(p))
#define STOREU_512(p, v) _mm512_storeu_si512(p, v)
#define STOREU_256(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define STOREU_128(p, v) _mm_storeu_si128((__m128i *)(p), v)

// t[0…3], the bytes of four taps, to u[0…3] as above.
#define INTERLEAVE(VECTOR, P, t, u) \
    do { \
        const VECTOR low01 = P##_unpacklo_epi8(t[0], t[1]), high01 = P##_unpackhi_epi8(t[0], t[1]); \
        const VECTOR low23 = P##_unpacklo_epi8(t[2], t[3]), high23 = P##_unpackhi_epi8(t[2], t[3]); \
        u[0] = P##_unpacklo_epi16(low01, low23); \
        u[1] = P##_unpackhi_epi16(low01, low23); \
        u[2] = P##_unpacklo_epi16(high01, high23); \
        u[3] = P##_unpackhi_epi16(high01, high23); \
    } while (0)

// Any window, its pixels reached through pointers; accumulators go to memory.
// Weights: [block][four of taps][q][L][channel][4] int8; a block has as many lanes as its register.
#define DEPTHWISE(NAME, VECTOR, P, LOAD, ZERO, LOADU, LANES, STORE) \
    static void NAME(const ck_int_depthwise *d) { \
        const size_t taps = d->taps, groups = (taps + 3) / 4; \
        const int8_t *w = (const int8_t *)d->w + d->first * groups * 4; \
        const VECTOR flip = P##_set1_epi8((char)d->flip); \
        const uint64_t present = d->channels == 64 ? ~0ull : (1ull << d->channels) - 1; \
        for (size_t p = 0; p < d->pixels; p++) { \
            const uint8_t *const *a = d->a + p * taps; \
            VECTOR acc[4] = {ZERO(), ZERO(), ZERO(), ZERO()}; \
            for (size_t g = 0; g < groups; g++) { \
                VECTOR t[4], u[4]; \
                CK_UNROLL for (size_t i = 0; i < 4; i++) { \
                    t[i] = ZERO(); \
                    if (4 * g + i < taps) t[i] = P##_xor_##VECTOR(LOAD(present, a[4 * g + i] + d->first), flip); \
                } \
                INTERLEAVE(VECTOR, P, t, u); \
                CK_UNROLL for (size_t q = 0; q < 4; q++) \
                    acc[q] = P##_dpbusd_epi32(acc[q], u[q], LOADU(w + (4 * g + q) * 16 * LANES)); \
            } \
            STORE(d->acc + p * 64, acc); \
        } \
    }
#define _mm512_xor___m512i(a, b) _mm512_xor_si512(a, b)
#define _mm256_xor___m256i(a, b) _mm256_xor_si256(a, b)
#define _mm_xor___m128i(a, b) _mm_xor_si128(a, b)

static inline void store_64(int32_t *out, const __m512i acc[4]) {
    // 4×4 transposition of 128-bit lanes: out[L] = lane L of acc[0], acc[1], acc[2], acc[3].
    const __m512i a = _mm512_shuffle_i32x4(acc[0], acc[1], 0x44), b = _mm512_shuffle_i32x4(acc[0], acc[1], 0xee);
    const __m512i c = _mm512_shuffle_i32x4(acc[2], acc[3], 0x44), d = _mm512_shuffle_i32x4(acc[2], acc[3], 0xee);
    _mm512_storeu_si512(out, _mm512_shuffle_i32x4(a, c, 0x88));
    _mm512_storeu_si512(out + 16, _mm512_shuffle_i32x4(a, c, 0xdd));
    _mm512_storeu_si512(out + 32, _mm512_shuffle_i32x4(b, d, 0x88));
    _mm512_storeu_si512(out + 48, _mm512_shuffle_i32x4(b, d, 0xdd));
}
static inline void store_32(int32_t *out, const __m256i acc[4]) {
    __m256i *o = (__m256i *)out;
    _mm256_storeu_si256(o, _mm256_permute2x128_si256(acc[0], acc[1], 0x20));
    _mm256_storeu_si256(o + 1, _mm256_permute2x128_si256(acc[2], acc[3], 0x20));
    _mm256_storeu_si256(o + 2, _mm256_permute2x128_si256(acc[0], acc[1], 0x31));
    _mm256_storeu_si256(o + 3, _mm256_permute2x128_si256(acc[2], acc[3], 0x31));
}
static inline void store_16(int32_t *out, const __m128i acc[4]) { memcpy(out, acc, 64); }

DEPTHWISE(depthwise_64, __m512i, _mm512, LOAD_512, _mm512_setzero_si512, LOADU_512, 4, store_64)
DEPTHWISE(depthwise_32, __m256i, _mm256, LOAD_256, _mm256_setzero_si256, LOADU_256, 2, store_32)
DEPTHWISE(depthwise_16, __m128i, _mm, LOAD_128, _mm_setzero_si128, LOADU_128, 1, store_16)

static void depthwise_64c4(const ck_int_depthwise *d) {
    if (d->channels > 32) depthwise_64(d);
    else if (d->channels > 16) depthwise_32(d);
    else depthwise_16(d);
}

static size_t block_lanes(size_t channels) { return channels > 32 ? 4 : channels > 16 ? 2 : 1; }

// 128-bit lanes that the blocks of all channels have.
static size_t total_lanes(size_t channels) {
    const size_t rest = channels % 64;
    return channels / 64 * 4 + (rest ? block_lanes(rest) : 0);
}

static size_t depthwise_bytes(size_t channels, size_t taps) { return total_lanes(channels) * 64 * ((taps + 3) / 4); }

static inline depthwise_block block_of(size_t channels, size_t first) {
    const size_t lanes = channels - first >= 64 ? 4 : block_lanes(channels - first);
    return (depthwise_block){.vectors = 4, .lanes = 4 * lanes, .unit = 16};
}

static void depthwise_pack(size_t channels, size_t taps, const int16_t *w, void *out) {
    for (size_t first = 0; first < channels; first += 64) {
        const depthwise_block block = block_of(channels, first);
        out = pack_block(&block, channels, first, taps, 4, NULL, w, 1, out);
    }
}

// A row of a 3×3 window, output stage included. The four bytes of vpdpbusd are the three pixels of a *column* of the window
// and a zero: an interleaved column serves every window that it belongs to (three at stride 1, two of its neighbours at
// stride 2), so that each costs 8 unpacks once. packs works inside 128-bit lanes, and so do the unpacks: the channels
// come out in order by themselves.
// Weights: [block][column][q][L][channel][4]; constants: [block][q] as pack_fused has them.
#define DEPTHWISE_ROW(NAME, VECTOR, P, LOAD, ZERO, LOADU, STOREU, LANES) \
    typedef struct { \
        VECTOR q[4]; \
    } NAME##_column; \
    static inline __attribute__((always_inline)) NAME##_column NAME##_load( \
        const ck_int_depthwise_row *d, ptrdiff_t x, uint64_t present, VECTOR flip, const int full) { \
        VECTOR t[4]; \
        const column_rows rows = rows_of_column(d, x); \
        CK_UNROLL for (int r = 0; r < 3; r++) \
            t[r] = P##_xor_##VECTOR(full ? LOADU(rows.row[r]) : LOAD(present, rows.row[r]), flip); \
        t[3] = ZERO(); \
        NAME##_column column; \
        INTERLEAVE(VECTOR, P, t, column.q); \
        return column; \
    } \
    /* `count` neighbouring pixels share the loads of weights and constants. */ \
    static inline __attribute__((always_inline)) void NAME##_pixels( \
        const ck_int_depthwise_row *d, const uint8_t *constants, const int8_t *w, const int8_t *halves, const NAME##_column *u, VECTOR lower, \
        VECTOR upper, VECTOR flip_out, const int clamps, uint64_t present, uint8_t *out, const int count, const int stride, \
        const int kind, const int full, const int lefts) { \
        VECTOR x[2][4]; \
        CK_UNROLL for (int q = 0; q < 4; q++, constants += 80 * LANES, w += 16 * LANES) { \
            const VECTOR start = LOADU(constants), m = LOADU(constants + 16 * LANES); \
            const VECTOR shift = LOADU(constants + 32 * LANES), even = LOADU(constants + 48 * LANES); \
            const VECTOR odd = LOADU(constants + 64 * LANES); \
            CK_UNROLL for (int p = 0; p < count; p++) x[p][q] = start; \
            CK_UNROLL for (int c = 0; c < 3; c++) { \
                const VECTOR weights = LOADU(w + 64 * LANES * c); \
                CK_UNROLL for (int p = 0; p < count; p++) \
                    x[p][q] = P##_dpbusd_epi32(x[p][q], u[p * stride + c].q[q], weights); \
            } \
            if (halves) { \
                VECTOR half[2] = {ZERO(), ZERO()}; \
                CK_UNROLL for (int c = 0; c < 3; c++) { \
                    const VECTOR weights = LOADU(halves + 16 * LANES * q + 64 * LANES * c); \
                    CK_UNROLL for (int p = 0; p < count; p++) \
                        half[p] = P##_dpbusd_epi32(half[p], u[p * stride + c].q[q], weights); \
                } \
                CK_UNROLL for (int p = 0; p < count; p++) \
                    x[p][q] = P##_add_epi32(x[p][q], P##_slli_epi32(half[p], 1)); \
            } \
            if (kind == STAGE_LINE) { /* in the same places: b and c of the even and of the odd ones */ \
                CK_UNROLL for (int p = 0; p < count; p++) \
                    x[p][q] = CK_REQUANTIZE_LINE(P, VECTOR, x[p][q], m, shift, even, odd); \
                continue; \
            } \
            const VECTOR e = CK_RIGHT(P, VECTOR, shift); \
            const __mmask16 shifts = P##_test_epi32_mask(e, e); \
            if (lefts) { \
                const VECTOR left = CK_LEFT(P, VECTOR, shift); \
                CK_UNROLL for (int p = 0; p < count; p++) x[p][q] = P##_sllv_epi32(x[p][q], left); \
            } \
            CK_UNROLL for (int p = 0; p < count; p++) \
                x[p][q] = CK_REQUANTIZE_FUSED( \
                    P, VECTOR, x[p][q], m, P##_srli_epi64(m, 32), e, even, odd, kind == STAGE_SIGN, shifts); \
        } \
        CK_UNROLL for (int p = 0; p < count; p++, out += d->out_stride) { \
            VECTOR y = P##_packus_epi16(P##_packs_epi32(x[p][0], x[p][1]), P##_packs_epi32(x[p][2], x[p][3])); \
            if (clamps) y = P##_xor_##VECTOR(P##_min_epu8(P##_max_epu8(y, lower), upper), flip_out); \
            if (full) STOREU(out, y); \
            else P##_mask_storeu_epi8(out, present, y); \
        } \
    } \
    static inline __attribute__((always_inline)) void NAME( \
        const ck_int_depthwise_row *d, const ck_output_stage *s, const int stride, const int kind, const int full) { \
        const int8_t *w = (const int8_t *)d->w + d->first * 12; \
        const int8_t *halves = d->w_halves ? (const int8_t *)d->w_halves + d->first * 12 : NULL; \
        const uint8_t *constants = (const uint8_t *)d->constants + d->first * FUSED_BYTES_PER_CHANNEL; \
        const VECTOR flip = P##_set1_epi8((char)d->flip); \
        const uint64_t present = d->channels == 64 ? ~0ull : (1ull << d->channels) - 1; \
        const int lift = stage_lift(s), clamps = stage_clamps(s); \
        const VECTOR lower = P##_set1_epi8((char)(s->lower + lift)), upper = P##_set1_epi8((char)(s->upper + lift)); \
        const VECTOR flip_out = P##_set1_epi8((char)lift); \
        CK_SLIDE( \
            d, stride, NAME##_column, NAME##_load(d, x, present, flip, full), \
            NAME##_pixels( \
                d, constants, w, halves, u, lower, upper, flip_out, clamps, present, out, count, stride, kind, full, \
                s->left_shift)); \
    }

DEPTHWISE_ROW(row_64, __m512i, _mm512, LOAD_512, _mm512_setzero_si512, LOADU_512, STOREU_512, 4)
DEPTHWISE_ROW(row_32, __m256i, _mm256, LOAD_256, _mm256_setzero_si256, LOADU_256, STOREU_256, 2)
DEPTHWISE_ROW(row_16, __m128i, _mm, LOAD_128, _mm_setzero_si128, LOADU_128, STOREU_128, 1)

static void depthwise_row_64c4(const ck_int_depthwise_row *d, const ck_output_stage *s) {
    const int whole = d->channels % 16 == 0 && d->channels != 48;
    #define ROW_KINDS(ROW) \
        if (stage_kind(s) == STAGE_LINE) CK_ROW_CASES(ROW, d, s, whole, STAGE_LINE); \
        else CK_ROW_CHAINS(ROW, d, s, whole)
    if (d->channels > 32) {
        ROW_KINDS(row_64);
    } else if (d->channels > 16) {
        ROW_KINDS(row_32);
    } else {
        ROW_KINDS(row_16);
    }
    #undef ROW_KINDS
}

static void depthwise_row_pack(size_t channels, const int16_t *w, void *out) {
    for (size_t first = 0; first < channels; first += 64) {
        const depthwise_block block = block_of(channels, first);
        out = pack_block(&block, channels, first, ROW_SLOTS, 4, row_slots, w, 1, out);
    }
}

static size_t depthwise_stage_bytes(size_t channels) { return total_lanes(channels) * 16 * FUSED_BYTES_PER_CHANNEL; }

static void depthwise_stage_pack(size_t channels, const ck_output_stage *s, void *out) {
    for (size_t first = 0; first < channels; first += 64) {
        const depthwise_block block = block_of(channels, first);
        out = pack_block_stage(&block, channels, first, s, pack_stage, out);
    }
}
