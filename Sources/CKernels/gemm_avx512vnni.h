// Tiles of rows × 16·vectors columns on AVX512-VNNI, and the sums of rows.
#pragma once
#include "fused_256.h"
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

// One step of the depth: four of k, from the rows' k on.
static inline __attribute__((always_inline)) void step(
    __m512i acc[ROWS][4], const uint8_t *const a[ROWS], const size_t k, const int8_t *w, const int flips, const int rows,
    const int vectors) {
    __m512i b[4];
    CK_UNROLL for (int v = 0; v < vectors; v++) b[v] = _mm512_loadu_si512(w + 64 * v);
    CK_UNROLL for (int r = 0; r < rows; r++) {
        int32_t word;
        memcpy(&word, a[r] + k, 4);
        const __m512i x = broadcast(word, flips);
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, b[v]);
    }
}

// All taps, the first of them from its k on, where w stands; ahead_step bytes at `ahead` are fetched with each step.
static inline __attribute__((always_inline)) void products(
    __m512i acc[ROWS][4], const uint8_t *const *pointers, const int8_t *w, size_t k, const size_t taps, const size_t depth,
    const int flips, const int rows, const int vectors, const char *ahead, const size_t ahead_step) {
    for (size_t tap = 0; tap < taps; tap++, pointers += ROWS) {
        const uint8_t *a[ROWS];
        CK_UNROLL for (int r = 0; r < rows; r++) a[r] = pointers[r];
        for (; k + 4 <= depth; k += 4, w += 64 * vectors, ahead += ahead_step) {
            _mm_prefetch(ahead, _MM_HINT_T1);
            step(acc, a, k, w, flips, rows, vectors);
        }
        if (k < depth) {  // 1…3 bytes are left, and not one more may be read
            CK_UNROLL for (int r = 0; r < rows; r++) {
                const __m512i x = broadcast(load_rest_256(a[r] + k, depth - k), flips);
                CK_UNROLL for (int v = 0; v < vectors; v++)
                    acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, _mm512_loadu_si512(w + 64 * v));
            }
            w += 64 * vectors;
        }
        k = 0;
    }
}

static inline __attribute__((always_inline)) void tile(
    const ck_int_tile *t, const int flips, const int rows, const int vectors) {
    __m512i acc[ROWS][4];
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_setzero_si512();
    products(acc, t->a, t->w, 0, t->taps, t->depth, flips, rows, vectors, t->w, 0);
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
