// Depthwise convolution on AVX2 without VNNI: blocks of 16 channels. Two taps are interleaved as int16 pairs, whose weighted sum is
// one vpmaddwd: the low half holds channels 0–3 and 8–11, the high half 4–7 and 12–15.
#pragma once
#include <string.h>

#include "depthwise_row.h"
#include "fused_256.h"

// 16 channels of n ≤ 16 as bytes; nothing is read behind them.
static inline __m128i load_channels(const uint8_t *p, size_t n) {
    if (n >= 16) return _mm_loadu_si128((const __m128i *)p);
    uint8_t bytes[16] = {0};
    memcpy(bytes, p, n);
    return _mm_loadu_si128((const __m128i *)bytes);
}

// Any window, its pixels reached through pointers; accumulators go to memory, in order.
// Weights: [block][pair of taps][low 8 pairs, high 8 pairs] int16.
static void depthwise_16(const ck_int_depthwise *d) {
    const size_t pairs = (d->taps + 1) / 2;
    const int16_t *w = (const int16_t *)d->w + d->first * pairs * 2;
    const __m128i flip = _mm_set1_epi8((char)d->flip);
    for (size_t p = 0; p < d->pixels; p++) {
        const uint8_t *const *a = d->a + p * d->taps;
        __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
        for (size_t i = 0; i < pairs; i++) {
            const size_t second = 2 * i + 1 < d->taps ? 2 * i + 1 : 2 * i;  // its weight is 0 where there is none
            const __m256i x = _mm256_cvtepu8_epi16(_mm_xor_si128(load_channels(a[2 * i] + d->first, d->channels), flip));
            const __m256i y = _mm256_cvtepu8_epi16(_mm_xor_si128(load_channels(a[second] + d->first, d->channels), flip));
            const __m256i u = _mm256_loadu_si256((const __m256i *)(w + i * 32));
            const __m256i v = _mm256_loadu_si256((const __m256i *)(w + i * 32 + 16));
            low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), u));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), v));
        }
        _mm256_storeu_si256((__m256i *)(d->acc + p * 16), _mm256_permute2x128_si256(low, high, 0x20));
        _mm256_storeu_si256((__m256i *)(d->acc + p * 16 + 8), _mm256_permute2x128_si256(low, high, 0x31));
    }
}

static size_t depthwise_bytes(size_t channels, size_t taps) {
    return (channels + 15) / 16 * ((taps + 1) / 2) * 32 * sizeof(int16_t);
}

static const depthwise_block block_16 = {.vectors = 2, .lanes = 8, .unit = 8};

static void depthwise_pack(size_t channels, size_t taps, const int16_t *w, void *out) {
    for (size_t first = 0; first < channels; first += 16) out = pack_block(&block_16, channels, first, taps, 2, NULL, w, 2, out);
}

// A row of a 3×3 window, output stage included. A column of the window is two pairs, of its first two pixels and of its third and a
// zero, interleaved once for every window that it belongs to.
// Weights: [block][column][pair][low 8 pairs, high 8 pairs] int16; constants: [block][low 8, high 8] as pack_fused has them.

typedef struct {
    __m256i low[2], high[2];  // [pair]
} column_16;

static inline __attribute__((always_inline)) column_16 load_column(
    const ck_int_depthwise_row *d, ptrdiff_t x, __m256i flip, const int full) {
    __m256i t[3];
    const column_rows rows = rows_of_column(d, x);
    CK_UNROLL for (int r = 0; r < 3; r++) {
        const uint8_t *p = rows.row[r];
        const __m128i bytes = full ? _mm_loadu_si128((const __m128i *)p) : load_channels(p, d->channels);
        t[r] = _mm256_xor_si256(_mm256_cvtepu8_epi16(bytes), flip);
    }
    const __m256i none = _mm256_setzero_si256();
    return (column_16){
        {_mm256_unpacklo_epi16(t[0], t[1]), _mm256_unpacklo_epi16(t[2], none)},
        {_mm256_unpackhi_epi16(t[0], t[1]), _mm256_unpackhi_epi16(t[2], none)}};
}

// `count` neighbouring pixels (1 or 2) share the loads of weights and constants.
static inline __attribute__((always_inline)) void depthwise_pixels(
    const ck_int_depthwise_row *d, const uint8_t *constants, const int16_t *w, const column_16 *u, const clamp_32 *clamp,
    uint8_t *out, const int count, const int stride, const int sign, const int full, const int lefts) {
    __m256i x[2][2];  // [pixel][low, high]
    CK_UNROLL for (int half = 0; half < 2; half++, constants += 8 * FUSED_BYTES_PER_CHANNEL) {
        const __m256i start = load_256(constants);
        CK_UNROLL for (int p = 0; p < count; p++) x[p][half] = start;
        CK_UNROLL for (int c = 0; c < 3; c++) {
            CK_UNROLL for (int pair = 0; pair < 2; pair++) {
                const __m256i weights = load_256(w + 64 * c + 32 * pair + 16 * half);
                CK_UNROLL for (int p = 0; p < count; p++) {
                    const column_16 *v = &u[p * stride + c];
                    x[p][half] = _mm256_add_epi32(x[p][half], _mm256_madd_epi16(half ? v->high[pair] : v->low[pair], weights));
                }
            }
        }
        const stage_8 stage = load_stage_8(constants + 32);
        CK_UNROLL for (int p = 0; p < count; p++) x[p][half] = requantize_8(x[p][half], &stage, sign, lefts);
    }
    // packs puts the two halves' channels in order; packus has those of two pixels side by side in each 128-bit lane.
    const __m256i first = _mm256_packs_epi32(x[0][0], x[0][1]);
    const __m256i second = count == 2 ? _mm256_packs_epi32(x[1][0], x[1][1]) : first;
    const __m256i y = clamp_bytes(_mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xd8), clamp);
    CK_UNROLL for (int p = 0; p < count; p++, out += d->out_stride) {
        const __m128i bytes = p == 0 ? _mm256_castsi256_si128(y) : _mm256_extracti128_si256(y, 1);
        if (full) _mm_storeu_si128((__m128i *)out, bytes);
        else store_few(out, bytes, d->channels);
    }
}

static inline __attribute__((always_inline)) void depthwise_row(
    const ck_int_depthwise_row *d, const ck_output_stage *s, const int stride, const int sign, const int full) {
    const int16_t *w = (const int16_t *)d->w + d->first * 12;
    const uint8_t *constants = (const uint8_t *)d->constants + d->first * FUSED_BYTES_PER_CHANNEL;
    const __m256i flip = _mm256_set1_epi16((uint8_t)d->flip);
    const clamp_32 clamp = load_clamp_32(s);
    CK_SLIDE(
        d, stride, column_16, load_column(d, x, flip, full),
        depthwise_pixels(d, constants, w, u, &clamp, out, count, stride, sign, full, s->left_shift));
}

static void depthwise_row_16c2(const ck_int_depthwise_row *d, const ck_output_stage *s) {
    CK_ROW_CHAINS(depthwise_row, d, s, d->channels == 16);
}

static void depthwise_row_pack(size_t channels, const int16_t *w, void *out) {
    for (size_t first = 0; first < channels; first += 16)
        out = pack_block(&block_16, channels, first, ROW_SLOTS, 2, row_slots, w, 2, out);
}

static void depthwise_stage_pack(size_t channels, const ck_output_stage *s, void *out) {
    for (size_t first = 0; first < channels; first += 16) out = pack_block_stage(&block_16, channels, first, s, pack_fused, out);
}
