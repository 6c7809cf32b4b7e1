// Products with the output stage behind them on AVX512-VNNI: a group of rows becomes bytes while the products of the next group are
// summed.
//
// 512-bit vpdpbusd fill two of the four vector pipes of a Zen 4, and the output stage mostly wants the other two. One after the other,
// each half of the processor waits for the other: its window of some hundred instructions is shorter than a stage. So the stage is cut to
// pieces, one accumulator each, that stand between the steps of the next group's products. Both groups stay in registers:
//
//   vectors   rows of a group   accumulators   of the group before   weights   broadcast
//   3, 4            3               9, 12             9, 12            3, 4         1
//   1, 2            6               6, 12             6, 12            1, 2         1
//
// That leaves three registers or so for the stage, so that all its constants are operands in memory.
#pragma once
#include "fused_256.h"
#include "fused_avx512.h"
#include "gemm_avx512vnni.h"

// A group's sums, and where its rows go.
typedef struct group {
    __m512i x[ROWS][4];
    uint8_t *out;           // of the first row; NULL if there is no group
    const uint8_t *addend;  // or NULL
} group;

// What the rows of a call have in common.
typedef struct row_constants {
    __m512i lower, upper, flip;
    __m512i low, high, start_low, start_high, sum_lower, sum_upper;  // of the addition
    __m128i shift;
    __mmask64 present;  // columns
    int clamps;
} row_constants;

static inline __attribute__((always_inline)) row_constants prepare_rows(const ck_int_rows *t, const ck_output_stage *s) {
    const int lift = stage_lift(s);
    row_constants c = {.clamps = stage_clamps(s), .present = t->columns < 64 ? (1ull << t->columns) - 1 : ~0ull};
    c.lower = _mm512_set1_epi8((char)(s->lower + lift));
    c.upper = _mm512_set1_epi8((char)(s->upper + lift));
    c.flip = _mm512_set1_epi8((char)lift);
    if (t->addend) {
        const ck_int_add *sum = t->sum;
        c.low = _mm512_set1_epi32(sum->low);
        c.high = _mm512_set1_epi32(sum->high);
        c.start_low = _mm512_set1_epi32(sum->start_low);
        c.start_high = _mm512_set1_epi32(sum->start_high);
        c.sum_lower = _mm512_set1_epi8((char)(sum->lower + lift));
        c.sum_upper = _mm512_set1_epi8((char)(sum->upper + lift));
        c.shift = _mm_cvtsi32_si128(sum->shift);
    }
    return c;
}

// A row's outputs, which hold Z3, as bytes in x[0]. packs works inside 128-bit lanes: 32-bit group 4L + i of its result stands at 4i + L
// of the columns.
static inline __attribute__((always_inline)) void pack_row(const row_constants *c, __m512i x[4], const int vectors) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i low = _mm512_packs_epi32(x[0], x[vectors > 1 ? 1 : 0]);
    const __m512i high = vectors > 2 ? _mm512_packs_epi32(x[2], x[vectors > 3 ? 3 : 2]) : low;
    x[0] = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high));
    if (c->clamps) x[0] = _mm512_min_epu8(_mm512_max_epu8(x[0], c->lower), c->upper);
}

static inline __attribute__((always_inline)) void store_row(
    const ck_int_rows *t, const row_constants *c, const __m512i y, uint8_t *out, const int vectors) {
    const __m512i bytes = _mm512_xor_si512(y, c->flip);
    if (vectors == 4 && t->columns == 64) _mm512_storeu_si512(out, bytes);
    else if (vectors == 2 && t->columns == 32) _mm256_storeu_si256((__m256i *)out, _mm512_castsi512_si256(bytes));
    else if (vectors == 1 && t->columns == 16) _mm_storeu_si128((__m128i *)out, _mm512_castsi512_si128(bytes));
    else _mm512_mask_storeu_epi8(out, c->present, bytes);
}

// Half of add_products.h on the bytes that a tile has made, in two calls: x[0] + x[2] to words in x[1], then to bytes in x[0]. vpdpwssd
// adds a product to what it starts from.
static inline __attribute__((always_inline)) void add_half(const row_constants *c, __m512i x[4], const uint8_t *addend, const int half) {
    const __m512i zero = _mm512_setzero_si512();
    if (!half) x[2] = _mm512_xor_si512(_mm512_maskz_loadu_epi8(c->present, addend), c->flip);
    const __m512i pairs = half ? _mm512_unpackhi_epi8(x[0], x[2]) : _mm512_unpacklo_epi8(x[0], x[2]);
    __m512i sums[2];
    CK_UNROLL for (int q = 0; q < 2; q++) {
        const __m512i ab = q ? _mm512_unpackhi_epi8(pairs, zero) : _mm512_unpacklo_epi8(pairs, zero);
        const __m512i fine = _mm512_dpwssd_epi32(c->start_low, ab, c->low);
        const __m512i coarse = _mm512_dpwssd_epi32(c->start_high, ab, c->high);
        sums[q] = _mm512_sra_epi32(_mm512_add_epi32(coarse, _mm512_srai_epi32(fine, 15)), c->shift);
    }
    const __m512i words = _mm512_packs_epi32(sums[0], sums[1]);
    if (half) x[0] = _mm512_min_epu8(_mm512_max_epu8(_mm512_packus_epi16(x[1], words), c->sum_lower), c->sum_upper);
    else x[1] = words;
}

// The two calls, the second of which stores the row.
static inline __attribute__((always_inline)) void add_row(
    const ck_int_rows *t, const row_constants *c, group *g, const int r, const int vectors, const int half) {
    add_half(c, g->x[r], g->addend + (size_t)r * t->out_stride, half);
    if (half) store_row(t, c, g->x[r][0], g->out + (size_t)r * t->out_stride, vectors);
}

// The output stage of one vector; c are its constants.
static inline __attribute__((always_inline)) __m512i requantize(
    __m512i x, const uint8_t *c, const int kind, const int lefts, const __mmask16 shifts) {
    const __m512i even = _mm512_loadu_si512(c + 192), odd = _mm512_loadu_si512(c + 256), m = _mm512_loadu_si512(c + 64);
    __m512i e = _mm512_loadu_si512(c + 128);
    // In the same places: b and c of the even and of the odd ones.
    if (kind == STAGE_LINE) return CK_REQUANTIZE_LINE(_mm512, __m512i, x, m, e, even, odd);
    if (lefts) {
        x = _mm512_sllv_epi32(x, CK_LEFT(_mm512, __m512i, e));
        e = CK_RIGHT(_mm512, __m512i, e);
    }
    // m of the odd ones by a load and not by a shift, for which fewer pipes are free.
    return CK_REQUANTIZE_FUSED(_mm512, __m512i, x, m, _mm512_loadu_si512(c + 68), e, even, odd, kind == STAGE_SIGN, shifts);
}

static inline __attribute__((always_inline)) const uint8_t *constants_of(const ck_int_rows *t, const int v) {
    return (const uint8_t *)t->constants + v * 16 * FUSED_BYTES_PER_CHANNEL;
}

// Accumulator i of a group, and with the last one of a row that row. A row is added to in halves, with the first two accumulators of the
// next row; the last one is left to finish_sum.
static inline __attribute__((always_inline)) void finish_piece(
    const ck_int_rows *t, const row_constants *constants, group *g, const int i, const int vectors, const int kind, const int lefts,
    const __mmask16 shifts[4]) {
    const int r = i / vectors, v = i % vectors;
    g->x[r][v] = requantize(g->x[r][v], CK_OPAQUE(constants_of(t, v)), kind, lefts, shifts[v]);
    const row_constants *c = CK_OPAQUE(constants);
    if (r > 0 && g->addend) {
        if (v == 0) add_row(t, c, g, r - 1, vectors, 0);
        if (v == (vectors > 1)) add_row(t, c, g, r - 1, vectors, 1);
    }
    if (v == vectors - 1) {
        pack_row(c, g->x[r], vectors);
        if (!g->addend) store_row(t, c, g->x[r][0], g->out + (size_t)r * t->out_stride, vectors);
    }
}

static inline __attribute__((always_inline)) void finish_sum(
    const ck_int_rows *t, const row_constants *c, group *g, const int rows, const int vectors) {
    if (!g->addend) return;
    add_row(t, c, g, rows - 1, vectors, 0);
    add_row(t, c, g, rows - 1, vectors, 1);
}

// A whole group, whose rows share the constants.
static inline __attribute__((always_inline)) void finish(
    const ck_int_rows *t, const row_constants *c, group *g, const int rows, const int vectors, const int kind, const int lefts,
    const __mmask16 shifts[4]) {
    CK_UNROLL for (int v = 0; v < vectors; v++)
        CK_UNROLL for (int r = 0; r < rows; r++) g->x[r][v] = requantize(g->x[r][v], constants_of(t, v), kind, lefts, shifts[v]);
    CK_UNROLL for (int r = 0; r < rows; r++) {
        pack_row(c, g->x[r], vectors);
        if (g->addend) {
            add_row(t, c, g, r, vectors, 0);
            add_row(t, c, g, r, vectors, 1);
        } else {
            store_row(t, c, g->x[r][0], g->out + (size_t)r * t->out_stride, vectors);
        }
    }
}

// The sums before the first product: the bias, less Z2·Σa. The lines of the output, and of what is added, are fetched meanwhile.
static inline __attribute__((always_inline)) void begin(
    const ck_int_rows *t, group *g, uint8_t *out, const uint8_t *addend, const int32_t *sums, const int rows, const int vectors) {
    g->out = out;
    g->addend = addend;
    CK_UNROLL for (int r = 0; r < rows; r++) {
        __builtin_prefetch(out + (size_t)r * t->out_stride, 1, 3);
        if (addend) __builtin_prefetch(addend + (size_t)r * t->out_stride, 0, 3);
    }
    CK_UNROLL for (int v = 0; v < vectors; v++) {
        const __m512i start = _mm512_loadu_si512(constants_of(t, v));
        CK_UNROLL for (int r = 0; r < rows; r++) g->x[r][v] = start;
        if (t->zero) {
            const __m512i zero = _mm512_loadu_si512(t->zero + 16 * v);
            CK_UNROLL for (int r = 0; r < rows; r++)
                g->x[r][v] = _mm512_sub_epi32(g->x[r][v], _mm512_mullo_epi32(zero, _mm512_set1_epi32(sums[r])));
        }
    }
}

// Where a call stands among its rows.
typedef struct place {
    const uint8_t *const *a;  // [tile of ROWS][tap][ROWS]
    const int32_t *sums;
    uint8_t *out;
    const uint8_t *addend;
    const char *ahead;
    size_t ahead_step;  // bytes for each step: the lines are spread over all of them
} place;

// Lanes with e > 0.
static inline __attribute__((always_inline)) __mmask16 shifting_lanes(const ck_int_rows *t, const int v) {
    const __m512i e = _mm512_loadu_si512(constants_of(t, v) + 128);
    return _mm512_cmpgt_epi32_mask(e, _mm512_setzero_si512());
}

// The last rows, fewer than a group has, of any kind.
static inline __attribute__((always_inline)) void fused_rest(
    const ck_int_rows *t, const ck_output_stage *s, const row_constants *constants, const place *p, const int rows, const int vectors) {
    const int kind = stage_kind(s);
    group g;
    begin(t, &g, p->out, p->addend, p->sums, rows, vectors);
    products(g.x, p->a, t->w, 0, t->taps, t->depth, t->flip != 0, rows, vectors, p->ahead, p->ahead_step);
    __mmask16 shifts[4];
    CK_UNROLL for (int v = 0; v < vectors; v++) shifts[v] = shifting_lanes(t, v);
    if (kind == STAGE_LINE) finish(t, constants, &g, rows, vectors, STAGE_LINE, 0, shifts);
    else if (kind == STAGE_SIGN) finish(t, constants, &g, rows, vectors, STAGE_SIGN, s->left_shift, shifts);
    else finish(t, constants, &g, rows, vectors, STAGE_CHAIN, s->left_shift, shifts);
}

#define CK_REST(V) \
    static __attribute__((noinline)) void fused_rest_##V( \
        const ck_int_rows *t, const ck_output_stage *s, const row_constants *constants, const place *p, const size_t rows) { \
        switch (rows) { \
        case 1: fused_rest(t, s, constants, p, 1, V); break; \
        case 2: fused_rest(t, s, constants, p, 2, V); break; \
        case 3: fused_rest(t, s, constants, p, 3, V); break; \
        case 4: fused_rest(t, s, constants, p, 4, V); break; \
        case 5: fused_rest(t, s, constants, p, 5, V); break; \
        } \
    }
CK_REST(1)
CK_REST(2)
CK_REST(3)
CK_REST(4)

// All rows; `pieces` of a group's stage stand behind each step of the next group's products, or none between them (0).
static inline __attribute__((always_inline)) void fused_rows(
    const ck_int_rows *t, const ck_output_stage *s, const int flips, const int vectors, const int kind, const int lefts,
    const int pieces) {
    const int rows = pieces && vectors > 2 ? ROWS / 2 : ROWS;
    const row_constants constants = prepare_rows(t, s);
    __mmask16 shifts[4] = {0};
    if (kind == STAGE_SIGN) CK_UNROLL for (int v = 0; v < vectors; v++) {
        shifts[v] = shifting_lanes(t, v);
        __asm__ volatile("" : "+k"(shifts[v]));  // the compiler would rather keep e in a register and compare it each time
    }
    const size_t steps = t->taps * ((t->depth + 3) / 4);
    place p = {t->a, t->sums, t->out, t->addend, t->ahead, ahead_step(t->ahead_lines, t->rows / (size_t)rows * steps)};
    group before = {.out = NULL};
    size_t row = 0;
    for (; row + (size_t)rows <= t->rows; row += (size_t)rows) {
        group g;
        begin(t, &g, p.out, p.addend, p.sums, rows, vectors);
        const int8_t *w = t->w;
        size_t k = 0;
        if (pieces && before.out) {
            const uint8_t *first[ROWS];
            CK_UNROLL for (int r = 0; r < rows; r++) first[r] = p.a[r];
            CK_UNROLL for (int i = 0; i < rows * vectors; i++) {
                if (i % pieces == 0) {
                    _mm_prefetch(p.ahead + k / 4 * p.ahead_step, _MM_HINT_T1);
                    step(g.x, first, k, w, flips, rows, vectors);
                    k += 4;
                    w += 64 * vectors;
                    // The order of this text is that of the instructions.
                    CK_UNROLL for (int r = 0; r < rows; r++)
                        CK_UNROLL for (int v = 0; v < vectors; v++) __asm__ volatile("" : "+v"(g.x[r][v]));
                }
                finish_piece(t, &constants, &before, i, vectors, kind, lefts, shifts);
            }
            finish_sum(t, CK_OPAQUE(&constants), &before, rows, vectors);
        }
        products(
            g.x, p.a, w, k, t->taps, t->depth, flips, rows, vectors, p.ahead + k / 4 * p.ahead_step, p.ahead_step);
        if (pieces) before = g;
        else finish(t, &constants, &g, rows, vectors, kind, lefts, shifts);
        p.a += rows == ROWS || row % ROWS ? ROWS * t->taps - row % ROWS : (size_t)rows;
        p.sums += t->zero ? rows : 0;
        p.out += (size_t)rows * t->out_stride;
        p.addend += p.addend ? (size_t)rows * t->out_stride : 0;
        p.ahead += steps * p.ahead_step;
    }
    if (pieces && before.out) finish(t, &constants, &before, rows, vectors, kind, lefts, shifts);
    if (row == t->rows) return;
    if (vectors == 1) fused_rest_1(t, s, &constants, &p, t->rows - row);
    if (vectors == 2) fused_rest_2(t, s, &constants, &p, t->rows - row);
    if (vectors == 3) fused_rest_3(t, s, &constants, &p, t->rows - row);
    if (vectors == 4) fused_rest_4(t, s, &constants, &p, t->rows - row);
}

// Deeper panels are better read once for six rows than twice for three.
enum { CK_DEEP = 768 };

// A function for each kind of call; the first tap's steps say how many pieces there are to each.
#define CK_FUSED_ROWS(NAME, FLIPS, V, KIND, LEFTS, PIECES) \
    static __attribute__((noinline)) void NAME(const ck_int_rows *t, const ck_output_stage *s) { \
        fused_rows(t, s, FLIPS, V, KIND, LEFTS, PIECES); \
    }
#define CK_FUSED_KINDS(V, FLIPS, PIECES) \
    CK_FUSED_ROWS(fused_##V##_##FLIPS##_##PIECES##_line, FLIPS, V, STAGE_LINE, 0, PIECES) \
    CK_FUSED_ROWS(fused_##V##_##FLIPS##_##PIECES##_chain, FLIPS, V, STAGE_CHAIN, 0, PIECES) \
    CK_FUSED_ROWS(fused_##V##_##FLIPS##_##PIECES##_sign, FLIPS, V, STAGE_SIGN, 0, PIECES) \
    CK_FUSED_ROWS(fused_##V##_##FLIPS##_##PIECES##_chain_left, FLIPS, V, STAGE_CHAIN, 1, PIECES) \
    CK_FUSED_ROWS(fused_##V##_##FLIPS##_##PIECES##_sign_left, FLIPS, V, STAGE_SIGN, 1, PIECES) \
    static void fused_##V##_##FLIPS##_##PIECES(const ck_int_rows *t, const ck_output_stage *s) { \
        switch (stage_kind(s)) { \
        case STAGE_LINE: fused_##V##_##FLIPS##_##PIECES##_line(t, s); break; \
        case STAGE_SIGN: \
            if (s->left_shift) fused_##V##_##FLIPS##_##PIECES##_sign_left(t, s); \
            else fused_##V##_##FLIPS##_##PIECES##_sign(t, s); \
            break; \
        default: \
            if (s->left_shift) fused_##V##_##FLIPS##_##PIECES##_chain_left(t, s); \
            else fused_##V##_##FLIPS##_##PIECES##_chain(t, s); \
            break; \
        } \
    }
#define CK_FUSED(V) \
    CK_FUSED_KINDS(V, 0, 0) \
    CK_FUSED_KINDS(V, 0, 1) \
    CK_FUSED_KINDS(V, 0, 2) \
    CK_FUSED_KINDS(V, 1, 0) \
    CK_FUSED_KINDS(V, 1, 1) \
    static void fused_##V(const ck_int_rows *t, const ck_output_stage *s) { \
        const size_t all = V > 2 ? ROWS / 2 * V : ROWS * V, steps = t->depth / 4; \
        const int between = t->taps * t->depth > CK_DEEP ? 0 : steps >= all ? 1 : steps * 3 >= all * 2 && !t->flip ? 2 : 0; \
        if (t->flip) { \
            if (between) fused_##V##_1_1(t, s); \
            else fused_##V##_1_0(t, s); \
        } \
        else if (between == 1) fused_##V##_0_1(t, s); \
        else if (between == 2) fused_##V##_0_2(t, s); \
        else fused_##V##_0_0(t, s); \
    }
CK_FUSED(1)
CK_FUSED(2)
CK_FUSED(3)
CK_FUSED(4)

static void gemm_6x64c4_fused(const ck_int_rows *t, const ck_output_stage *s) {
    switch ((t->columns + 15) / 16) {
    case 1: fused_1(t, s); break;
    case 2: fused_2(t, s); break;
    case 3: fused_3(t, s); break;
    default: fused_4(t, s); break;
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
