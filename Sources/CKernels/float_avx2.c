// Float kernels for AVX2 with FMA.
#include "float_add.h"
#include "float_depthwise.h"
#include "float_rows.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

enum { ROWS = 6, COLUMNS = 16 };

static inline __m256i lanes(size_t n) {  // a mask of the first n of 8 lanes
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// rows × 8·vectors. Registers: rows·vectors accumulators (12), vectors weights (2), 1 broadcast.
static inline __attribute__((always_inline)) void tile(const ck_float_rows *t, const int rows, const int vectors) {
    __m256 acc[ROWS][2];
    CK_UNROLL for (int v = 0; v < vectors; v++) {
        const __m256i present = lanes(t->columns - 8 * (size_t)v);
        CK_UNROLL for (int r = 0; r < rows; r++)
            acc[r][v] = _mm256_maskload_ps(t->start + (size_t)r * t->start_stride + 8 * v, present);
    }
    const float *w = t->w;
    for (size_t tap = 0; tap < t->taps; tap++) {
        const float *a[ROWS];
        CK_UNROLL for (int r = 0; r < rows; r++) a[r] = t->a[tap * ROWS + (size_t)r] + t->first;
        for (size_t k = 0; k < t->depth; k++, w += 8 * vectors) {
            __m256 b[2];
            CK_UNROLL for (int v = 0; v < vectors; v++) b[v] = _mm256_loadu_ps(w + 8 * v);
            CK_UNROLL for (int r = 0; r < rows; r++) {
                const __m256 x = _mm256_broadcast_ss(a[r] + k);
                CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm256_fmadd_ps(x, b[v], acc[r][v]);
            }
        }
    }
    __m256 lower = _mm256_set1_ps(t->lower), upper = _mm256_set1_ps(t->upper);
    if (t->addend) {
        CK_UNROLL for (int v = 0; v < vectors; v++) {
            const __m256i present = lanes(t->columns - 8 * (size_t)v);
            CK_UNROLL for (int r = 0; r < rows; r++)
                acc[r][v] = _mm256_add_ps(
                    _mm256_min_ps(_mm256_max_ps(acc[r][v], lower), upper),
                    _mm256_maskload_ps(t->addend + (size_t)r * t->addend_stride + 8 * v, present));
        }
        lower = _mm256_set1_ps(t->sum_lower);
        upper = _mm256_set1_ps(t->sum_upper);
    }
    CK_UNROLL for (int v = 0; v < vectors; v++) {
        const size_t left = t->columns - 8 * (size_t)v;
        CK_UNROLL for (int r = 0; r < rows; r++) {
            float *out = t->out + (size_t)r * t->out_stride + 8 * v;
            const __m256 y = _mm256_min_ps(_mm256_max_ps(acc[r][v], lower), upper);
            if (left >= 8) _mm256_storeu_ps(out, y);  // stores under a mask take many cycles on some processors
            else _mm256_maskstore_ps(out, lanes(left), y);
        }
    }
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

static void tile_6x16(const ck_float_rows *t) {
    if (t->columns <= 8) { ROWS_CASES(1) } else { ROWS_CASES(2) }
}
CK_FLOAT_ROWS(gemm_6x16, tile_6x16, ROWS)

static void depthwise(const ck_float_depthwise *d) {
    const size_t taps = d->taps;
    const __m256 lower = _mm256_set1_ps(d->lower), upper = _mm256_set1_ps(d->upper);
    for (size_t p = 0; p < d->pixels; p++) {
        const float *const *a = d->a + p * taps;
        float *out = d->out + p * d->out_stride;
        for (size_t c = 0; c < d->channels; c += 8) {
            const __m256i present = lanes(d->channels - c);
            __m256 sum = _mm256_maskload_ps(d->bias + c, present);
            for (size_t tap = 0; tap < taps; tap++)
                sum = _mm256_fmadd_ps(
                    _mm256_maskload_ps(a[tap] + c, present),
                    _mm256_maskload_ps(d->w + tap * d->channels + c, present), sum);
            _mm256_maskstore_ps(out + c, present, _mm256_min_ps(_mm256_max_ps(sum, lower), upper));
        }
    }
}

CK_FLOAT_DEPTHWISE_ROW(
    depthwise_row, __m256, _mm256, 8, __m256i, lanes, _mm256_maskload_ps, _mm256_maskstore_ps)
CK_FLOAT_ADD(add, __m256, _mm256, 8, __m256i, lanes, _mm256_maskload_ps, _mm256_maskstore_ps)

// 12 independent chains of 8 MACs each.
static uint64_t ceiling(uint64_t iterations) {
    __m256 acc[12];
    for (int i = 0; i < 12; i++) acc[i] = _mm256_setzero_ps();
    __m256 a = _mm256_set1_ps(1.5f), w = _mm256_set1_ps(0.5f);
    for (uint64_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+x"(a), "+x"(w));
        for (int i = 0; i < 12; i++) acc[i] = _mm256_fmadd_ps(a, w, acc[i]);
    }
    for (int i = 0; i < 12; i++) __asm__ volatile("" : : "x"(acc[i]));
    return iterations * 12 * 8;
}
#pragma clang attribute pop

const ck_kernel ck_float_avx2[] = {
    {.name = "f32_gemm_6x16__avx2", .kind = CK_FLOAT_GEMM, .isa = CK_ISA_AVX2, .rows = ROWS, .columns = COLUMNS,
     .vector = 8, .depth_unit = 1, .weight_bytes = 4, .float_gemm = gemm_6x16},
    {.name = "f32_depthwise_8__avx2", .kind = CK_FLOAT_DEPTHWISE, .isa = CK_ISA_AVX2, .columns = 64, .weight_bytes = 4,
     .float_depthwise = depthwise, .float_depthwise_row = depthwise_row},
    {.name = "f32_add_8__avx2", .kind = CK_FLOAT_ADD, .isa = CK_ISA_AVX2, .float_add = add},
    {.name = "ceiling_f32__avx2", .kind = CK_FLOAT_CEILING, .isa = CK_ISA_AVX2, .ceiling = ceiling},
};
const size_t ck_float_avx2_count = sizeof ck_float_avx2 / sizeof *ck_float_avx2;
#else
const ck_kernel ck_float_avx2[] = {{0}};
const size_t ck_float_avx2_count = 0;
#endif
