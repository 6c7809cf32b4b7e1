// The output stage of fused_stage.h in 256-bit registers, with AVX2's instructions alone, and tiles of 6 rows × 16 columns whose
// accumulators become bytes in registers.
#pragma once
#include "fused_stage.h"
#include "tables.h"

// The constants of 8 channels.
typedef struct {
    __m256i m, m_odd;
    __m256i right, left;  // e, or how far x' is shifted to the left first; one of them 0
    __m256i shifts;       // the lanes with e > 0
    __m256i even, odd;    // C
} stage_8;

static inline __attribute__((always_inline)) __m256i load_256(const void *p) { return _mm256_loadu_si256(p); }

// `c`: the constants behind the 8 starts.
static inline __attribute__((always_inline)) stage_8 load_stage_8(const uint8_t *c) {
    const __m256i m = load_256(c), shift = load_256(c + 32), none = _mm256_setzero_si256();
    const __m256i right = _mm256_max_epi32(shift, none), left = _mm256_max_epi32(_mm256_sub_epi32(none, shift), none);
    return (stage_8){m, _mm256_srli_epi64(m, 32), right, left, _mm256_cmpgt_epi32(right, none), load_256(c + 64), load_256(c + 96)};
}

// x' to the output, which holds Z3 and is not clamped yet.
static inline __attribute__((always_inline)) __m256i requantize_8(
    __m256i x, const stage_8 *p, const int sign, const int lefts) {
    if (lefts) x = _mm256_sllv_epi32(x, p->left);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epu32(x, p->m), p->even);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(x, 32), p->m_odd), p->odd);
    __m256i y = _mm256_blend_epi32(_mm256_shuffle_epi32(even, 0xf5), odd, 0xaa);
    if (sign) y = _mm256_add_epi32(y, _mm256_and_si256(_mm256_srli_epi32(x, 30), p->shifts));
    return _mm256_srav_epi32(y, p->right);
}

// The clamp, on bytes: int8 outputs are computed as uint8 ones, 128 larger.
typedef struct {
    __m256i lower, upper, flip;
} clamp_32;

static inline clamp_32 load_clamp_32(const ck_output_stage *s) {
    const int lift = stage_lift(s);
    return (clamp_32){
        _mm256_set1_epi8((char)(s->lower + lift)), _mm256_set1_epi8((char)(s->upper + lift)), _mm256_set1_epi8((char)lift)};
}

static inline __attribute__((always_inline)) __m256i clamp_bytes(__m256i y, const clamp_32 *c) {
    return _mm256_xor_si256(_mm256_min_epu8(_mm256_max_epu8(y, c->lower), c->upper), c->flip);
}

// n < 16 bytes of a register.
static inline void store_few(uint8_t *out, __m128i x, size_t n) {
    if (n & 8) {
        _mm_storel_epi64((__m128i *)out, x);
        x = _mm_srli_si128(x, 8);
        out += 8;
    }
    uint64_t rest = (uint64_t)_mm_cvtsi128_si64(x);
    for (size_t i = 0; i < (n & 7); i++, rest >>= 8) out[i] = (uint8_t)rest;
}

enum { FUSED_ROWS = 6, FUSED_COLUMNS = 16 };

// NAME(t, s): ck_int_gemm_fused_fn. PRODUCTS(acc, a, t, rows, vectors) adds a tile's products to acc[rows][vectors], whose row r and
// vector v hold columns 8v … 8v + 7.
#define CK_FUSED_GEMM_256(NAME, PRODUCTS) \
    static inline __attribute__((always_inline)) void NAME##_tile( \
        const ck_int_rows *t, const uint8_t *const *a, const int32_t *sums, uint8_t *out, const clamp_32 *clamp, const int rows, \
        const int vectors, const int sign, const int lefts) { \
        __m256i acc[FUSED_ROWS][2]; \
        const uint8_t *constants = t->constants; \
        CK_UNROLL for (int v = 0; v < vectors; v++) { \
            const __m256i start = load_256(constants + v * 8 * FUSED_BYTES_PER_CHANNEL); \
            CK_UNROLL for (int r = 0; r < rows; r++) acc[r][v] = start; \
            if (t->zero) { \
                const __m256i zero = load_256(t->zero + 8 * v); \
                CK_UNROLL for (int r = 0; r < rows; r++) \
                    acc[r][v] = _mm256_sub_epi32(acc[r][v], _mm256_mullo_epi32(zero, _mm256_set1_epi32(sums[r]))); \
            } \
        } \
        PRODUCTS(acc, a, t, rows, vectors); \
        CK_UNROLL for (int v = 0; v < vectors; v++) { \
            const stage_8 p = load_stage_8(constants + v * 8 * FUSED_BYTES_PER_CHANNEL + 32); \
            CK_UNROLL for (int r = 0; r < rows; r++) acc[r][v] = requantize_8(acc[r][v], &p, sign, lefts); \
        } \
        CK_UNROLL for (int r = 0; r < rows; r++, out += t->out_stride) { \
            /* packs works inside 128-bit lanes: their 64-bit halves are put in order between its two steps. */ \
            const __m256i words = \
                _mm256_permute4x64_epi64(_mm256_packs_epi32(acc[r][0], acc[r][vectors - 1]), 0xd8); \
            const __m256i bytes = clamp_bytes(_mm256_packus_epi16(words, _mm256_permute2x128_si256(words, words, 0x11)), clamp); \
            if (t->columns == 16) _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(bytes)); \
            else store_few(out, _mm256_castsi256_si128(bytes), t->columns); \
        } \
    } \
    static inline __attribute__((always_inline)) void NAME##_rows( \
        const ck_int_rows *t, const ck_output_stage *s, const int vectors, const int sign) { \
        const clamp_32 clamp = load_clamp_32(s); \
        const uint8_t *const *a = t->a; \
        const int32_t *sums = t->sums; \
        uint8_t *out = t->out; \
        size_t left = t->rows; \
        for (; left >= FUSED_ROWS; left -= FUSED_ROWS) { \
            NAME##_tile(t, a, sums, out, &clamp, FUSED_ROWS, vectors, sign, s->left_shift); \
            a += FUSED_ROWS * t->taps; \
            sums += t->zero ? FUSED_ROWS : 0; \
            out += FUSED_ROWS * t->out_stride; \
        } \
        switch (left) { \
        case 0: break; \
        case 1: NAME##_tile(t, a, sums, out, &clamp, 1, vectors, sign, s->left_shift); break; \
        case 2: NAME##_tile(t, a, sums, out, &clamp, 2, vectors, sign, s->left_shift); break; \
        case 3: NAME##_tile(t, a, sums, out, &clamp, 3, vectors, sign, s->left_shift); break; \
        case 4: NAME##_tile(t, a, sums, out, &clamp, 4, vectors, sign, s->left_shift); break; \
        default: NAME##_tile(t, a, sums, out, &clamp, 5, vectors, sign, s->left_shift); break; \
        } \
    } \
    static void NAME(const ck_int_rows *t, const ck_output_stage *s) { \
        if (t->columns <= 8 && stage_sees_sign(s)) NAME##_rows(t, s, 1, 1); \
        else if (t->columns <= 8) NAME##_rows(t, s, 1, 0); \
        else if (stage_sees_sign(s)) NAME##_rows(t, s, 2, 1); \
        else NAME##_rows(t, s, 2, 0); \
    }

// Whole groups of 16, so that a panel's constants begin where its channels say.
static inline size_t stage_bytes_256(size_t columns) { return (columns + 15) / 16 * 16 * FUSED_BYTES_PER_CHANNEL; }

static inline void stage_pack_256(size_t columns, const ck_output_stage *s, void *out) {
    for (size_t first = 0; first < (columns + 15) / 16 * 16; first += 8) {
        ptrdiff_t channel[8];
        for (size_t i = 0; i < 8; i++) channel[i] = first + i < columns ? (ptrdiff_t)(first + i) : -1;
        pack_fused(s, 8, channel, (uint8_t *)out + first * FUSED_BYTES_PER_CHANNEL);
    }
}
