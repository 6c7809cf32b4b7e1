// The 256-bit VNNI kernels, written once: AVX-VNNI and AVX512-VNNI (VL) instantiate them with their own coding of
// vpdpbusd, DPBUSD256(acc, u8, s8). vpdpbusd adds four u8×s8 products to an int32 lane and does not saturate.
#include <immintrin.h>
#include <string.h>

#include "fused_256.h"

enum { ROWS_256 = 6, COLUMNS_256 = 16 };

// The last 1…3 bytes of a row as the low bytes of a word: nothing is read behind them.
static inline int32_t load_rest_256(const uint8_t *p, size_t n) {
    uint32_t x = p[0];
    if (n > 1) x |= (uint32_t)p[1] << 8;
    if (n > 2) x |= (uint32_t)p[2] << 16;
    return (int32_t)x;
}

// One step of four depths: rows·vectors vpdpbusd.
static inline __attribute__((always_inline)) void step_256(
    __m256i acc[ROWS_256][2], const int32_t *words, const int8_t *w, __m256i flip, const int rows, const int vectors) {
    __m256i b[2];
    CK_UNROLL for (int v = 0; v < vectors; v++) b[v] = _mm256_loadu_si256((const __m256i *)(w + 32 * v));
    CK_UNROLL for (int r = 0; r < rows; r++) {
        const __m256i a = _mm256_xor_si256(_mm256_set1_epi32(words[r]), flip);
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = DPBUSD256(acc[r][v], a, b[v]);
    }
}

// Adds a tile's products. Panel: [tap][four of k][8·vectors columns][4] int8.
static inline __attribute__((always_inline)) void products_256(
    __m256i acc[ROWS_256][2], const uint8_t *const *a, const int8_t *w, const size_t taps, const size_t depth,
    const int32_t flip, const int rows, const int vectors) {
    const __m256i flips = _mm256_set1_epi8((char)flip);
    for (size_t tap = 0; tap < taps; tap++, a += ROWS_256) {
        int32_t words[ROWS_256];
        size_t k = 0;
        for (; k + 4 <= depth; k += 4, w += 32 * vectors) {
            CK_UNROLL for (int r = 0; r < rows; r++) memcpy(&words[r], a[r] + k, 4);
            step_256(acc, words, w, flips, rows, vectors);
        }
        if (k < depth) {
            CK_UNROLL for (int r = 0; r < rows; r++) words[r] = load_rest_256(a[r] + k, depth - k);
            step_256(acc, words, w, flips, rows, vectors);
            w += 32 * vectors;
        }
    }
}

static inline __attribute__((always_inline)) void tile_256(const ck_int_tile *t, const int rows, const int vectors) {
    __m256i acc[ROWS_256][2];
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm256_setzero_si256();
    products_256(acc, t->a, t->w, t->taps, t->depth, t->flip, rows, vectors);
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++)
            _mm256_storeu_si256((__m256i *)(t->acc + r * COLUMNS_256 + 8 * v), acc[r][v]);
}

#define ROWS_CASES_256(V) \
    switch (t->rows) { \
    case 1: tile_256(t, 1, V); break; \
    case 2: tile_256(t, 2, V); break; \
    case 3: tile_256(t, 3, V); break; \
    case 4: tile_256(t, 4, V); break; \
    case 5: tile_256(t, 5, V); break; \
    default: tile_256(t, 6, V); break; \
    }

static void gemm_6x16c4_256(const ck_int_tile *t) {
    if (t->columns <= 8) { ROWS_CASES_256(1) } else { ROWS_CASES_256(2) }
}

#define PRODUCTS_256(acc, a, t, rows, vectors) \
    products_256(acc, a, (t)->w, (t)->taps, (t)->depth, (t)->flip, rows, vectors)
CK_FUSED_GEMM_256(gemm_6x16c4_fused_256, PRODUCTS_256)
