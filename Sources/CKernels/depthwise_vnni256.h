// Depthwise convolution by 256-bit vpdpbusd, DPBUSD256(acc, u8, s8): blocks of 32 channels. Four taps' bytes are interleaved by two
// levels of unpacking, so that one vpdpbusd does four taps of 8 channels: vector q holds in 128-bit lane L the channels
// 16L + 4q + 0…3.
#pragma once
#include <string.h>

#include "depthwise_row.h"
#include "fused_256.h"

// n ≤ 32 channels as bytes.
static inline __m256i load_channels_256(const uint8_t *p, size_t n) {
    if (n >= 32) return _mm256_loadu_si256((const __m256i *)p);
    uint8_t bytes[32] = {0};
    memcpy(bytes, p, n);
    return _mm256_loadu_si256((const __m256i *)bytes);
}

// t[0…3], the bytes of four taps, to u[0…3] as above.
static inline __attribute__((always_inline)) void interleave_256(const __m256i t[4], __m256i u[4]) {
    const __m256i low01 = _mm256_unpacklo_epi8(t[0], t[1]), high01 = _mm256_unpackhi_epi8(t[0], t[1]);
    const __m256i low23 = _mm256_unpacklo_epi8(t[2], t[3]), high23 = _mm256_unpackhi_epi8(t[2], t[3]);
    u[0] = _mm256_unpacklo_epi16(low01, low23);
    u[1] = _mm256_unpackhi_epi16(low01, low23);
    u[2] = _mm256_unpacklo_epi16(high01, high23);
    u[3] = _mm256_unpackhi_epi16(high01, high23);
}

// Any window, its pixels reached through pointers; accumulators go to memory, in order.
// Weights: [block][four of taps][q][L][channel][4] int8.
static void depthwise_32_256(const ck_int_depthwise *d) {
    const size_t groups = (d->taps + 3) / 4;
    const int8_t *w = (const int8_t *)d->w + d->first * groups * 4;
    const __m256i flip = _mm256_set1_epi8((char)d->flip);
    for (size_t p = 0; p < d->pixels; p++) {
        const uint8_t *const *a = d->a + p * d->taps;
        __m256i acc[4];
        for (int q = 0; q < 4; q++) acc[q] = _mm256_setzero_si256();
        for (size_t g = 0; g < groups; g++) {
            __m256i t[4];
            for (size_t i = 0; i < 4; i++) {
                const size_t tap = 4 * g + i < d->taps ? 4 * g + i : d->taps - 1;  // its weight is 0 where there is none
                t[i] = _mm256_xor_si256(load_channels_256(a[tap] + d->first, d->channels), flip);
            }
            __m256i u[4];
            interleave_256(t, u);
            CK_UNROLL for (int q = 0; q < 4; q++) acc[q] = DPBUSD256(acc[q], u[q], load_256(w + g * 128 + 32 * q));
        }
        __m256i *out = (__m256i *)(d->acc + p * 32);
        _mm256_storeu_si256(out, _mm256_permute2x128_si256(acc[0], acc[1], 0x20));
        _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(acc[2], acc[3], 0x20));
        _mm256_storeu_si256(out + 2, _mm256_permute2x128_si256(acc[0], acc[1], 0x31));
        _mm256_storeu_si256(out + 3, _mm256_permute2x128_si256(acc[2], acc[3], 0x31));
    }
}

static size_t depthwise_bytes_256(size_t channels, size_t taps) {
    return (channels + 31) / 32 * ((taps + 3) / 4) * 128;
}

static const depthwise_block block_32 = {.vectors = 4, .lanes = 8, .unit = 16};

static void depthwise_pack_256(size_t channels, size_t taps, const int16_t *w, void *out) {
    for (size_t first = 0; first < channels; first += 32) out = pack_block(&block_32, channels, first, taps, 4, NULL, w, 1, out);
}

// A row of a 3×3 window, output stage included. The four bytes of vpdpbusd are the three pixels of a *column* of the window and a
// zero: an interleaved column serves every window that it belongs to.
// Weights: [block][column][q][L][channel][4]; constants: [block][q] as pack_fused has them.

typedef struct {
    __m256i q[4];
} column_32;

static inline __attribute__((always_inline)) column_32 load_column_256(
    const ck_int_depthwise_row *d, ptrdiff_t x, __m256i flip, const int full) {
    __m256i t[4];
    const column_rows rows = rows_of_column(d, x);
    CK_UNROLL for (int r = 0; r < 3; r++) {
        const uint8_t *p = rows.row[r];
        t[r] = _mm256_xor_si256(full ? load_256(p) : load_channels_256(p, d->channels), flip);
    }
    t[3] = _mm256_setzero_si256();
    column_32 column;
    interleave_256(t, column.q);
    return column;
}

// `count` neighbouring pixels (1 or 2) share the loads of weights and constants.
static inline __attribute__((always_inline)) void depthwise_pixels_256(
    const ck_int_depthwise_row *d, const uint8_t *constants, const int8_t *w, const int8_t *halves, const column_32 *u,
    const clamp_32 *clamp, uint8_t *out, const int count, const int stride, const int sign, const int full, const int lefts) {
    __m256i x[2][4];
    CK_UNROLL for (int q = 0; q < 4; q++, constants += 8 * FUSED_BYTES_PER_CHANNEL) {
        const __m256i start = load_256(constants);
        CK_UNROLL for (int p = 0; p < count; p++) x[p][q] = start;
        CK_UNROLL for (int c = 0; c < 3; c++) {
            const __m256i weights = load_256(w + 128 * c + 32 * q);
            CK_UNROLL for (int p = 0; p < count; p++) x[p][q] = DPBUSD256(x[p][q], u[p * stride + c].q[q], weights);
        }
        if (halves) {
            __m256i half[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
            CK_UNROLL for (int c = 0; c < 3; c++) {
                const __m256i weights = load_256(halves + 128 * c + 32 * q);
                CK_UNROLL for (int p = 0; p < count; p++) half[p] = DPBUSD256(half[p], u[p * stride + c].q[q], weights);
            }
            CK_UNROLL for (int p = 0; p < count; p++) x[p][q] = _mm256_add_epi32(x[p][q], _mm256_slli_epi32(half[p], 1));
        }
        const stage_8 stage = load_stage_8(constants + 32);
        CK_UNROLL for (int p = 0; p < count; p++) x[p][q] = requantize_8(x[p][q], &stage, sign, lefts);
    }
    // packs works inside 128-bit lanes, and so do the unpacks: the channels come out in order by themselves.
    CK_UNROLL for (int p = 0; p < count; p++, out += d->out_stride) {
        const __m256i words[2] = {_mm256_packs_epi32(x[p][0], x[p][1]), _mm256_packs_epi32(x[p][2], x[p][3])};
        const __m256i y = clamp_bytes(_mm256_packus_epi16(words[0], words[1]), clamp);
        if (full) {
            _mm256_storeu_si256((__m256i *)out, y);
        } else {
            const int wide = d->channels >= 16;
            if (wide) _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(y));
            store_few(
                out + (wide ? 16 : 0), wide ? _mm256_extracti128_si256(y, 1) : _mm256_castsi256_si128(y), d->channels & 15);
        }
    }
}

static inline __attribute__((always_inline)) void depthwise_row_256(
    const ck_int_depthwise_row *d, const ck_output_stage *s, const int stride, const int sign, const int full) {
    const int8_t *w = (const int8_t *)d->w + d->first * 12;
    const int8_t *halves = d->w_halves ? (const int8_t *)d->w_halves + d->first * 12 : NULL;
    const uint8_t *constants = (const uint8_t *)d->constants + d->first * FUSED_BYTES_PER_CHANNEL;
    const __m256i flip = _mm256_set1_epi8((char)d->flip);
    const clamp_32 clamp = load_clamp_32(s);
    CK_SLIDE(
        d, stride, column_32, load_column_256(d, x, flip, full),
        depthwise_pixels_256(d, constants, w, halves, u, &clamp, out, count, stride, sign, full, s->left_shift));
}

static void depthwise_row_32c4_256(const ck_int_depthwise_row *d, const ck_output_stage *s) {
    CK_ROW_CHAINS(depthwise_row_256, d, s, d->channels == 32);
}

static void depthwise_row_pack_256(size_t channels, const int16_t *w, void *out) {
    for (size_t first = 0; first < channels; first += 32)
        out = pack_block(&block_32, channels, first, ROW_SLOTS, 4, row_slots, w, 1, out);
}

static size_t depthwise_stage_bytes_256(size_t channels) { return (channels + 31) / 32 * 32 * FUSED_BYTES_PER_CHANNEL; }

static void depthwise_stage_pack_256(size_t channels, const ck_output_stage *s, void *out) {
    for (size_t first = 0; first < channels; first += 32) out = pack_block_stage(&block_32, channels, first, s, pack_fused, out);
}
