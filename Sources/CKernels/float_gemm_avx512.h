// Float products on AVX-512, in groups of rows × 16·vectors: while the products of a group are summed, the sums of the group before are
// clamped and stored, as in fused_gemm_avx512vnni.h, whose table of registers holds here, too.
#pragma once
#include "tables.h"

enum { ROWS = 6, COLUMNS = 64 };

typedef struct group {
    __m512 x[ROWS][4];
    float *out;           // of the first row; NULL if there is no group
    const float *addend;  // or NULL
} group;

// Where a call stands among its rows.
typedef struct place {
    const float *const *a;
    const float *start;
    float *out;
    const float *addend;
    const char *ahead;
    size_t ahead_step;  // bytes for each step: the lines are spread over all of them
} place;

static inline __attribute__((always_inline)) __mmask16 present(const ck_float_rows *t, const int v, const int vectors) {
    return v < vectors - 1 ? 0xffff : lanes(t->columns - 16 * (size_t)v);
}

// The sums before the first product. The lines of the output, and of what is added, are fetched meanwhile.
static inline __attribute__((always_inline)) void begin(
    const ck_float_rows *t, group *g, const place *p, const int rows, const int vectors) {
    g->out = p->out;
    g->addend = p->addend;
    CK_UNROLL for (int v = 0; v < vectors; v++)
        CK_UNROLL for (int r = 0; r < rows; r++) {
            g->x[r][v] = _mm512_maskz_loadu_ps(present(t, v, vectors), p->start + (size_t)r * t->start_stride + 16 * v);
            __builtin_prefetch(p->out + (size_t)r * t->out_stride + 16 * v, 1, 3);
            if (p->addend) __builtin_prefetch(p->addend + (size_t)r * t->addend_stride + 16 * v, 0, 3);
        }
}

static inline __attribute__((always_inline)) void step(
    __m512 acc[ROWS][4], const float *const a[ROWS], const size_t k, const float *w, const int rows, const int vectors) {
    __m512 b[4];
    CK_UNROLL for (int v = 0; v < vectors; v++) b[v] = _mm512_loadu_ps(w + 16 * v);
    CK_UNROLL for (int r = 0; r < rows; r++) {
        const __m512 x = _mm512_set1_ps(a[r][k]);
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_fmadd_ps(x, b[v], acc[r][v]);
    }
}

// One vector: clamped, added to where there is an addend, stored.
static inline __attribute__((always_inline)) void finish(
    const ck_float_rows *rows, const group *g, const int r, const int v, const int vectors) {
    const ck_float_rows *t = CK_OPAQUE(rows);  // its bounds are operands in memory
    const __mmask16 mask = present(t, v, vectors);
    __m512 y = _mm512_min_ps(_mm512_max_ps(g->x[r][v], _mm512_set1_ps(t->lower)), _mm512_set1_ps(t->upper));
    if (g->addend) {
        y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(mask, g->addend + (size_t)r * t->addend_stride + 16 * v));
        y = _mm512_min_ps(_mm512_max_ps(y, _mm512_set1_ps(t->sum_lower)), _mm512_set1_ps(t->sum_upper));
    }
    _mm512_mask_storeu_ps(g->out + (size_t)r * t->out_stride + 16 * v, mask, y);
}

// A group; `pieces` vectors of the one before are finished behind each of the first steps, or none (0).
static inline __attribute__((always_inline)) void run_group(
    const ck_float_rows *t, group *g, const group *before, const place *p, const int rows, const int vectors, const int pieces) {
    begin(t, g, p, rows, vectors);
    const float *w = t->w;
    const char *ahead = p->ahead;
    for (size_t tap = 0; tap < t->taps; tap++) {
        const float *a[ROWS];
        CK_UNROLL for (int r = 0; r < rows; r++) a[r] = p->a[tap * ROWS + (size_t)r] + t->first;
        size_t k = 0;
        if (pieces && tap == 0 && before->out) {
            CK_UNROLL for (int i = 0; i < rows * vectors; i++) {
                if (i % pieces == 0) {
                    _mm_prefetch(ahead, _MM_HINT_T1);
                    step(g->x, a, k, w, rows, vectors);
                    k += 1, w += 16 * vectors, ahead += p->ahead_step;
                    // The order of this text is that of the instructions.
                    CK_UNROLL for (int r = 0; r < rows; r++)
                        CK_UNROLL for (int v = 0; v < vectors; v++) __asm__ volatile("" : "+v"(g->x[r][v]));
                }
                finish(t, before, i / vectors, i % vectors, vectors);
            }
        }
        for (; k < t->depth; k++, w += 16 * vectors, ahead += p->ahead_step) {
            _mm_prefetch(ahead, _MM_HINT_T1);
            step(g->x, a, k, w, rows, vectors);
        }
    }
}

static inline __attribute__((always_inline)) void finish_group(
    const ck_float_rows *t, const group *g, const int rows, const int vectors) {
    CK_UNROLL for (int i = 0; i < rows * vectors; i++) finish(t, g, i / vectors, i % vectors, vectors);
}

static inline __attribute__((always_inline)) void rows_of(const ck_float_rows *t, const int vectors, const int pieces) {
    const int rows = pieces && vectors > 2 ? ROWS / 2 : ROWS;
    const size_t steps = t->taps * t->depth;
    place p = {t->a, t->start, t->out, t->addend, t->ahead, ahead_step(t->ahead_lines, t->rows / (size_t)rows * steps)};
    group before = {.out = NULL};
    size_t row = 0;
    for (; row + (size_t)rows <= t->rows; row += (size_t)rows) {
        group g;
        run_group(t, &g, &before, &p, rows, vectors, pieces);
        if (pieces) before = g;
        else finish_group(t, &g, rows, vectors);
        p.a += rows == ROWS || row % ROWS ? t->a_step - row % ROWS : (size_t)rows;
        p.start += (size_t)rows * t->start_stride;
        p.out += (size_t)rows * t->out_stride;
        p.addend += p.addend ? (size_t)rows * t->addend_stride : 0;
        p.ahead += steps * p.ahead_step;
    }
    if (pieces && before.out) finish_group(t, &before, rows, vectors);
    #define RUN(R) \
        run_group(t, &before, &before, &p, R, vectors, 0); \
        finish_group(t, &before, R, vectors);
    switch (t->rows - row) {
    case 0: break;
    case 1: RUN(1) break;
    case 2: RUN(2) break;
    case 3: if (rows > 3) { RUN(3) } break;
    case 4: if (rows > 4) { RUN(4) } break;
    default: if (rows > 5) { RUN(5) } break;
    }
    #undef RUN
}

// Deeper panels are better read once for six rows than twice for three.
enum { CK_DEEP = 256 };

static void gemm_6x64(const ck_float_rows *t) {
    const size_t steps = t->taps * t->depth > CK_DEEP ? 0 : t->depth;
    #define EITHER(V) \
        if (steps >= (V > 2 ? ROWS / 2 * V : ROWS * V)) rows_of(t, V, 1); \
        else if (steps * 2 >= (V > 2 ? ROWS / 2 * V : ROWS * V)) rows_of(t, V, 2); \
        else rows_of(t, V, 0);
    switch ((t->columns + 15) / 16) {
    case 1: EITHER(1) break;
    case 2: EITHER(2) break;
    case 3: EITHER(3) break;
    default: EITHER(4) break;
    }
    #undef EITHER
}
