// Tiles of rows × 16·vectors columns on AVX512-VNNI, with and without the output stage behind them.
#pragma once
#include "fused_256.h"
#include "fused_avx512.h"
#include "tables.h"

enum { ROWS = 6, COLUMNS = 64 };

// Registers: rows·vectors accumulators (24), vectors weights (4), 1 broadcast.
//   acc[r][v] += dot4(a[r][k…k+3], w[v][16 columns][4])
// Panel: [tap][four of k][16·vectors columns][4] int8. a: [tap][ROWS].
// `flips` is a constant: with uint8 activations the word is broadcast by its load, which costs no vector operation.
static inline __attribute__((always_inline)) __m512i broadcast(const int32_t word, const int flips) {
    const __m512i x = _mm512_set1_epi32(word);
    return flips ? _mm512_xor_si512(x, _mm512_set1_epi8((char)0x80)) : x;
}

static inline __attribute__((always_inline)) void products(
    __m512i acc[ROWS][4], const uint8_t *const *pointers, const int8_t *w, const size_t taps, const size_t depth,
    const int flips, const int rows, const int vectors, const char *ahead,
    const size_t ahead_step) {
    for (size_t tap = 0; tap < taps; tap++, pointers += ROWS) {
        const uint8_t *a[ROWS];
        CK_UNROLL for (int r = 0; r < rows; r++) a[r] = pointers[r];
        size_t k = 0;
        for (; k + 4 <= depth; k += 4, w += 64 * vectors, ahead += ahead_step) {
            _mm_prefetch(ahead, _MM_HINT_T1);
            __m512i b[4];
            CK_UNROLL for (int v = 0; v < vectors; v++) b[v] = _mm512_loadu_si512(w + 64 * v);
            CK_UNROLL for (int r = 0; r < rows; r++) {
                int32_t word;
                memcpy(&word, a[r] + k, 4);
                const __m512i x = broadcast(word, flips);
                CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, b[v]);
            }
        }
        if (k < depth) {  // 1…3 bytes are left, and not one more may be read
            CK_UNROLL for (int r = 0; r < rows; r++) {
                const __m512i x = broadcast(load_rest_256(a[r] + k, depth - k), flips);
                CK_UNROLL for (int v = 0; v < vectors; v++)
                    acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, _mm512_loadu_si512(w + 64 * v));
            }
            w += 64 * vectors;
        }
    }
}

static inline __attribute__((always_inline)) void tile(
    const ck_int_tile *t, const int flips, const int rows, const int vectors) {
    __m512i acc[ROWS][4];
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_setzero_si512();
    products(acc, t->a, t->w, t->taps, t->depth, flips, rows, vectors, t->w, 0);
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++) _mm512_storeu_si512(t->acc + r * COLUMNS + 16 * v, acc[r][v]);
}

#define ROWS_CASES(RUN, V) \
    switch (rows) { \
    case 1: RUN(1, V); break; \
    case 2: RUN(2, V); break; \
    case 3: RUN(3, V); break; \
    case 4: RUN(4, V); break; \
    case 5: RUN(5, V); break; \
    default: RUN(6, V); break; \
    }

static void gemm_6x64c4(const ck_int_tile *t) {
    #define RUN(R, V) \
    if (t->flip) tile(t, 1, R, V); \
    else tile(t, 0, R, V)
    const size_t rows = t->rows;
    switch ((t->columns + 15) / 16) {
    case 1: ROWS_CASES(RUN, 1) break;
    case 2: ROWS_CASES(RUN, 2) break;
    case 3: ROWS_CASES(RUN, 3) break;
    default: ROWS_CASES(RUN, 4) break;
    }
    #undef RUN
}

// n < 64 bytes of a register.
static inline void store_some(uint8_t *out, __m512i y, size_t n) {
    if (n & 32) {
        _mm256_storeu_si256((__m256i *)out, _mm512_castsi512_si256(y));
        y = _mm512_shuffle_i32x4(y, y, 0x0e);
        out += 32;
    }
    __m128i x = _mm512_castsi512_si128(y);
    if (n & 16) {
        _mm_storeu_si128((__m128i *)out, x);
        x = _mm256_extracti128_si256(_mm512_castsi512_si256(y), 1);
        out += 16;
    }
    store_few(out, x, n & 15);
}

// A tile whose accumulators become bytes in registers. packs works inside 128-bit lanes: 32-bit group 4L + i of its
// result stands at 4i + L of the columns.
static inline __attribute__((always_inline)) void fused_tile(
    const ck_int_rows *t, const uint8_t *const *a, const int32_t *sums, uint8_t *out, const char *ahead, const __m512i lower,
    const __m512i upper, const __m512i flip_out, const int clamps, const int flips, const int rows, const int vectors, const int kind,
    const int lefts) {
    __m512i acc[ROWS][4];
    const uint8_t *constants = t->constants;
    // The lines of the output are fetched while the products are summed.
    CK_UNROLL for (int r = 0; r < rows; r++) __builtin_prefetch(out + (size_t)r * t->out_stride, 1, 3);
    CK_UNROLL for (int v = 0; v < vectors; v++) {
        const __m512i start = _mm512_loadu_si512(constants + v * 16 * FUSED_BYTES_PER_CHANNEL);
        CK_UNROLL for (int r = 0; r < rows; r++) acc[r][v] = start;
        if (t->zero) {
            const __m512i zero = _mm512_loadu_si512(t->zero + 16 * v);
            CK_UNROLL for (int r = 0; r < rows; r++)
                acc[r][v] = _mm512_sub_epi32(acc[r][v], _mm512_mullo_epi32(zero, _mm512_set1_epi32(sums[r])));
        }
    }
    products(acc, a, t->w, t->taps, t->depth, flips, rows, vectors, ahead, t->ahead_step);
    CK_UNROLL for (int v = 0; v < vectors; v++) {
        const uint8_t *c = constants + v * 16 * FUSED_BYTES_PER_CHANNEL;
        const __m512i m = _mm512_loadu_si512(c + 64), shift = _mm512_loadu_si512(c + 128);
        const __m512i even = _mm512_loadu_si512(c + 192), odd = _mm512_loadu_si512(c + 256);
        if (kind == STAGE_LINE) {  // in the same places: b and c of the even and of the odd ones
            CK_UNROLL for (int r = 0; r < rows; r++)
                acc[r][v] = CK_REQUANTIZE_LINE(_mm512, __m512i, acc[r][v], m, shift, even, odd);
            continue;
        }
        const __m512i e = CK_RIGHT(_mm512, __m512i, shift);
        const __mmask16 shifts = _mm512_test_epi32_mask(e, e);
        if (lefts) {
            const __m512i left = CK_LEFT(_mm512, __m512i, shift);
            CK_UNROLL for (int r = 0; r < rows; r++) acc[r][v] = _mm512_sllv_epi32(acc[r][v], left);
        }
        CK_UNROLL for (int r = 0; r < rows; r++)
            acc[r][v] = CK_REQUANTIZE_FUSED(_mm512, __m512i, acc[r][v], m, e, even, odd, kind == STAGE_SIGN, shifts);
    }
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const size_t columns = t->columns;
    CK_UNROLL for (int r = 0; r < rows; r++, out += t->out_stride) {
        const __m512i low = _mm512_packs_epi32(acc[r][0], acc[r][vectors > 1 ? 1 : 0]);
        const __m512i high = vectors > 2 ? _mm512_packs_epi32(acc[r][2], acc[r][vectors > 3 ? 3 : 2]) : low;
        __m512i y = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high));
        if (clamps) y = _mm512_xor_si512(_mm512_min_epu8(_mm512_max_epu8(y, lower), upper), flip_out);
        if (vectors == 4 && columns == 64) _mm512_storeu_si512(out, y);
        else if (vectors == 2 && columns == 32) _mm256_storeu_si256((__m256i *)out, _mm512_castsi512_si256(y));
        else if (vectors == 1 && columns == 16) _mm_storeu_si128((__m128i *)out, _mm512_castsi512_si128(y));
        else store_some(out, y, columns);
    }
}

static inline __attribute__((always_inline)) void fused_rows(
    const ck_int_rows *t, const ck_output_stage *s, const int flips, const int vectors, const int kind) {
    const int lift = stage_lift(s), clamps = stage_clamps(s);
    const __m512i lower = _mm512_set1_epi8((char)(s->lower + lift)), upper = _mm512_set1_epi8((char)(s->upper + lift));
    const __m512i flip_out = _mm512_set1_epi8((char)lift);
    const uint8_t *const *a = t->a;
    const int32_t *sums = t->sums;
    uint8_t *out = t->out;
    size_t left = t->rows;
    // Behind this panel lies the next one; the tiles share its lines.
    const size_t groups = t->taps * ((t->depth + 3) / 4);
    const char *ahead = (const char *)t->w + groups * 64 * (size_t)vectors;
    for (; left >= ROWS; left -= ROWS) {
        fused_tile(t, a, sums, out, ahead, lower, upper, flip_out, clamps, flips, ROWS, vectors, kind, s->left_shift);
        a += ROWS * t->taps;
        sums += t->zero ? ROWS : 0;
        out += ROWS * t->out_stride;
        ahead += groups * t->ahead_step;
    }
    #define RUN(R, V) fused_tile(t, a, sums, out, ahead, lower, upper, flip_out, clamps, flips, R, V, kind, s->left_shift)
    const size_t rows = left;
    if (rows > 0) ROWS_CASES(RUN, vectors)
    #undef RUN
}

static void gemm_6x64c4_fused(const ck_int_rows *t, const ck_output_stage *s) {
    #define EITHER(V, KIND) \
        if (t->flip) fused_rows(t, s, 1, V, KIND); \
        else fused_rows(t, s, 0, V, KIND);
    #define KINDS(V) \
        switch (stage_kind(s)) { \
        case STAGE_LINE: EITHER(V, STAGE_LINE) break; \
        case STAGE_SIGN: EITHER(V, STAGE_SIGN) break; \
        default: EITHER(V, STAGE_CHAIN) break; \
        }
    switch ((t->columns + 15) / 16) {
    case 1: KINDS(1) break;
    case 2: KINDS(2) break;
    case 3: KINDS(3) break;
    default: KINDS(4) break;
    }
    #undef KINDS
    #undef EITHER
}

// Up to 16 bytes of a row at a time in one register, then 64.
static void row_sums(
    const uint8_t *const *a, size_t rows, size_t group, size_t taps, size_t depth, int32_t flip, int32_t *sums) {
    const __m512i flips = _mm512_set1_epi8((char)flip), ones = _mm512_set1_epi8(1);
    const __mmask16 few = (__mmask16)((1u << (depth < 16 ? depth : 16)) - 1);
    const __mmask64 rest = depth % 64 ? (1ull << depth % 64) - 1 : ~0ull;
    for (size_t i = 0; i < rows; i++) {
        const uint8_t *const *pointers = a + i / group * group * taps + i % group;
        __m128i sum = _mm_setzero_si128();
        if (depth <= 16) {
            for (size_t tap = 0; tap < taps; tap++) {
                // Bytes that are not loaded must stay 0, flipped or not.
                const __m128i x = _mm_maskz_loadu_epi8(few, pointers[tap * group]);
                const __m128i y = _mm_maskz_mov_epi8(few, _mm_xor_si128(x, _mm512_castsi512_si128(flips)));
                sum = _mm_dpbusd_epi32(sum, y, _mm512_castsi512_si128(ones));
            }
        } else {
            __m512i wide = _mm512_setzero_si512();
            for (size_t tap = 0; tap < taps; tap++) {
                const uint8_t *p = pointers[tap * group];
                size_t k = 0;
                for (; k + 64 < depth; k += 64)
                    wide = _mm512_dpbusd_epi32(wide, _mm512_xor_si512(_mm512_loadu_si512(p + k), flips), ones);
                const __m512i x = _mm512_maskz_loadu_epi8(rest, p + k);
                wide = _mm512_dpbusd_epi32(wide, _mm512_maskz_mov_epi8(rest, _mm512_xor_si512(x, flips)), ones);
            }
            const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(wide), _mm512_extracti64x4_epi64(wide, 1));
            sum = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
        }
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        sums[i] = _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
    }
}

static size_t gemm_stage_bytes(size_t columns) { return (columns + 15) / 16 * 16 * FUSED_BYTES_PER_CHANNEL; }

static void gemm_stage_pack(size_t columns, const ck_output_stage *s, void *out) {
    for (size_t first = 0; first < columns; first += 16) {
        ptrdiff_t channel[16];
        for (size_t i = 0; i < 16; i++) channel[i] = first + i < columns ? (ptrdiff_t)(first + i) : -1;
        pack_stage(s, 16, channel, (uint8_t *)out + first * FUSED_BYTES_PER_CHANNEL);
    }
}
