// Integer kernels for AVX512-VNNI. vpdpbusd adds four u8×s8 products to each of 16 int32 lanes, without saturation.
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#define DPBUSD256(acc, a, w) _mm256_dpbusd_epi32(acc, a, w)
#include "int_vnni256.h"
#include "narrow_avx512.h"

enum { ROWS = 6, COLUMNS = 64 };

// rows × 16·vectors. Registers: rows·vectors accumulators (24), vectors weights (4), 1 broadcast, 1 flip.
//   acc[r][v] += dot4(a[r][k…k+3], w[v][16 columns][4])
// Panel: [tap][four of k][16·vectors columns][4] int8. `flips` is a constant: uint8 activations pay nothing for it.
static inline __attribute__((always_inline)) void tile(
    const ck_int_tile *t, const int rows, const int vectors, const int flips) {
    __m512i acc[ROWS][4];
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_setzero_si512();
    const int8_t *w = t->w;
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    for (size_t tap = 0; tap < t->taps; tap++) {
        const uint8_t *a[ROWS];
        CK_UNROLL for (int r = 0; r < rows; r++) a[r] = t->a[tap * ROWS + (size_t)r];
        size_t k = 0;
        for (; k + 4 <= t->depth; k += 4, w += 64 * vectors) {
            __m512i b[4];
            CK_UNROLL for (int v = 0; v < vectors; v++) b[v] = _mm512_loadu_si512(w + 64 * v);
            CK_UNROLL for (int r = 0; r < rows; r++) {
                int32_t word;
                memcpy(&word, a[r] + k, 4);
                __m512i x = _mm512_set1_epi32(word);
                if (flips) x = _mm512_xor_si512(x, flip);
                CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, b[v]);
            }
        }
        if (k < t->depth) {  // 1…3 bytes are left, and not one more may be read
            CK_UNROLL for (int r = 0; r < rows; r++) {
                __m512i x = _mm512_set1_epi32(load_rest_256(a[r] + k, t->depth - k));
                if (flips) x = _mm512_xor_si512(x, flip);
                CK_UNROLL for (int v = 0; v < vectors; v++)
                    acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, _mm512_loadu_si512(w + 64 * v));
            }
            w += 64 * vectors;
        }
    }
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++) _mm512_storeu_si512(t->acc + r * COLUMNS + 16 * v, acc[r][v]);
}

#define ROWS_CASES(V, F) \
    switch (t->rows) { \
    case 1: tile(t, 1, V, F); break; \
    case 2: tile(t, 2, V, F); break; \
    case 3: tile(t, 3, V, F); break; \
    case 4: tile(t, 4, V, F); break; \
    case 5: tile(t, 5, V, F); break; \
    default: tile(t, 6, V, F); break; \
    }
#define COLUMN_CASES(F) \
    switch ((t->columns + 15) / 16) { \
    case 1: ROWS_CASES(1, F) break; \
    case 2: ROWS_CASES(2, F) break; \
    case 3: ROWS_CASES(3, F) break; \
    default: ROWS_CASES(4, F) break; \
    }

static void gemm_6x64c4(const ck_int_tile *t) {
    if (t->flip) { COLUMN_CASES(1) } else { COLUMN_CASES(0) }
}

// Adds the taps of the pixel whose pointers are `a` to acc: the body that the kernels with and without an output stage
// share. Reads their d, w, taps, groups, flips, flip and present.
#define DEPTHWISE_SUM(VECTOR, P, LOAD, ZERO, XOR, LANES) \
    CK_UNROLL_SMALL for (size_t g = 0; g < groups; g++) { \
        VECTOR t[4], u[4]; \
        CK_UNROLL for (size_t i = 0; i < 4; i++) { \
            t[i] = ZERO(); \
            if (4 * g + i < taps) { \
                t[i] = LOAD(present, a[4 * g + i] + d->first); \
                if (flips) t[i] = XOR(t[i], flip); \
            } \
        } \
        const VECTOR low01 = P##_unpacklo_epi8(t[0], t[1]), high01 = P##_unpackhi_epi8(t[0], t[1]); \
        const VECTOR low23 = P##_unpacklo_epi8(t[2], t[3]), high23 = P##_unpackhi_epi8(t[2], t[3]); \
        memcpy(u, w + g * 64 * LANES, sizeof u); \
        acc[0] = P##_dpbusd_epi32(acc[0], P##_unpacklo_epi16(low01, low23), u[0]); \
        acc[1] = P##_dpbusd_epi32(acc[1], P##_unpackhi_epi16(low01, low23), u[1]); \
        acc[2] = P##_dpbusd_epi32(acc[2], P##_unpacklo_epi16(high01, high23), u[2]); \
        acc[3] = P##_dpbusd_epi32(acc[3], P##_unpackhi_epi16(high01, high23), u[3]); \
    }

// Blocks of up to 64 channels, in one register of 64, 32 or 16 bytes. Four taps' bytes are interleaved by two levels of
// unpacking, so that one vpdpbusd does four taps: vector q holds in 128-bit lane L the channels 16L + 4q + 0…3.
// Weights: [block][four of taps][q][L][channel][4] int8; a block has as many lanes as its register.
// With a constant number of taps (3×3) the weights stay in registers while the pixels pass: 12 of them, beside 4
// accumulators and 4 taps.
#define DEPTHWISE(NAME, VECTOR, P, LOAD, ZERO, XOR, LANES, STORE) \
    static inline __attribute__((always_inline)) void NAME(const ck_int_depthwise *d, const size_t taps, const int flips) { \
        const size_t groups = (taps + 3) / 4; \
        const int8_t *w = (const int8_t *)d->w + d->first * groups * 4; \
        const VECTOR flip = P##_set1_epi8((char)0x80); \
        const uint64_t present = d->channels == 64 ? ~0ull : (1ull << d->channels) - 1; \
        for (size_t p = 0; p < d->pixels; p++) { \
            const uint8_t *const *a = d->a + p * taps; \
            VECTOR acc[4] = {ZERO(), ZERO(), ZERO(), ZERO()}; \
            DEPTHWISE_SUM(VECTOR, P, LOAD, ZERO, XOR, LANES) \
            STORE(d->acc + p * 64, acc); \
        } \
    }

#define LOAD_512(m, p) _mm512_maskz_loadu_epi8((__mmask64)(m), p)
#define LOAD_256(m, p) _mm256_maskz_loadu_epi8((__mmask32)(m), p)
#define LOAD_128(m, p) _mm_maskz_loadu_epi8((__mmask16)(m), p)

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

DEPTHWISE(depthwise_64, __m512i, _mm512, LOAD_512, _mm512_setzero_si512, _mm512_xor_si512, 4, store_64)
DEPTHWISE(depthwise_32, __m256i, _mm256, LOAD_256, _mm256_setzero_si256, _mm256_xor_si256, 2, store_32)
DEPTHWISE(depthwise_16, __m128i, _mm, LOAD_128, _mm_setzero_si128, _mm_xor_si128, 1, store_16)

#define DEPTHWISE_CASE(NAME) \
    if (d->taps == 9 && d->flip) NAME(d, 9, 1); \
    else if (d->taps == 9) NAME(d, 9, 0); \
    else NAME(d, d->taps, d->flip != 0);

static void depthwise_64c4(const ck_int_depthwise *d) {
    if (d->channels > 32) { DEPTHWISE_CASE(depthwise_64) }
    else if (d->channels > 16) { DEPTHWISE_CASE(depthwise_32) }
    else { DEPTHWISE_CASE(depthwise_16) }
}

static size_t block_lanes(size_t channels) { return channels > 32 ? 4 : channels > 16 ? 2 : 1; }

static size_t depthwise_bytes(size_t channels, size_t taps) {
    const size_t rest = channels % 64, lanes = channels / 64 * 4 + (rest ? block_lanes(rest) : 0);
    return lanes * 64 * ((taps + 3) / 4);
}

static void depthwise_pack(size_t channels, size_t taps, const int16_t *w, void *out) {
    int8_t *o = out;
    memset(out, 0, depthwise_bytes(channels, taps));
    for (size_t block = 0; block < channels; block += 64) {
        const size_t lanes = channels - block >= 64 ? 4 : block_lanes(channels - block);
        for (size_t group = 0; group < (taps + 3) / 4; group++)
            for (size_t q = 0; q < 4; q++)
                for (size_t i = 0; i < 4 * lanes; i++) {
                    const size_t channel = block + (i / 4) * 16 + 4 * q + i % 4;
                    for (size_t s = 0; s < 4; s++, o++)
                        if (channel < channels && 4 * group + s < taps)
                            *o = (int8_t)w[(4 * group + s) * channels + channel];
                }
    }
}

// The constants of the fused stage in the order of the accumulators: per block and q [bias][m][right] int32, [even][odd]
// nudges int64, each a vector of the block's lanes.
enum { STAGE_BYTES_PER_LANE = 4 * 5 * 16 };

static size_t stage_bytes(size_t channels) {
    const size_t rest = channels % 64, lanes = channels / 64 * 4 + (rest ? block_lanes(rest) : 0);
    return lanes * STAGE_BYTES_PER_LANE;
}

static void stage_pack(size_t channels, const ck_output_stage *s, void *out) {
    uint8_t *o = out;
    for (size_t block = 0; block < channels; block += 64) {
        const size_t lanes = channels - block >= 64 ? 4 : block_lanes(channels - block), width = 4 * lanes;
        for (size_t q = 0; q < 4; q++, o += 20 * width) {
            int32_t *words = (int32_t *)o;
            int64_t *nudges = (int64_t *)(o + 12 * width);
            for (size_t i = 0; i < width; i++) {
                const size_t channel = block + (i / 4) * 16 + 4 * q + i % 4;
                const int present = channel < channels;
                const int32_t right = present ? s->right[channel] : 1;
                words[i] = present ? s->bias[channel] : 0;
                words[width + i] = present ? s->multiplier[channel] : 0;
                words[2 * width + i] = right;
                nudges[(i % 2) * (width / 2) + i / 2] = (1ll << 31) + (1ll << (31 + right));
            }
        }
    }
}

// As DEPTHWISE, with the output stage in registers. packs works inside 128-bit lanes, and so do the unpacks before it:
// the channels come out in order by themselves.
#define DEPTHWISE_FUSED(NAME, VECTOR, P, LOAD, ZERO, XOR, LOADU, STOREU, LANES) \
    static inline __attribute__((always_inline)) void NAME( \
        const ck_int_depthwise *d, const ck_output_stage *s, const void *constants, uint8_t *out, size_t out_stride, \
        const size_t taps, const int flips) { \
        const size_t groups = (taps + 3) / 4; \
        const int8_t *w = (const int8_t *)d->w + d->first * groups * 4; \
        const uint8_t *k = (const uint8_t *)constants + d->first / 16 * STAGE_BYTES_PER_LANE; \
        const VECTOR flip = P##_set1_epi8((char)0x80); \
        const uint64_t present = d->channels == 64 ? ~0ull : (1ull << d->channels) - 1; \
        const VECTOR zero = P##_set1_epi16((int16_t)s->zero_point); \
        const VECTOR lower = P##_set1_epi8((char)s->lower), upper = P##_set1_epi8((char)s->upper); \
        VECTOR bias[4], m[4], right[4], even[4], odd[4]; \
        CK_UNROLL for (int q = 0; q < 4; q++) { \
            const uint8_t *c = k + q * 80 * LANES; \
            bias[q] = LOADU(c); \
            m[q] = LOADU(c + 16 * LANES); \
            right[q] = LOADU(c + 32 * LANES); \
            even[q] = LOADU(c + 48 * LANES); \
            odd[q] = LOADU(c + 64 * LANES); \
        } \
        for (size_t p = 0; p < d->pixels; p++) { \
            const uint8_t *const *a = d->a + p * taps; \
            VECTOR acc[4]; \
            CK_UNROLL for (int q = 0; q < 4; q++) acc[q] = bias[q]; \
            DEPTHWISE_SUM(VECTOR, P, LOAD, ZERO, XOR, LANES) \
            CK_UNROLL for (int q = 0; q < 4; q++) \
                acc[q] = CK_REQUANTIZE_NARROW(P, VECTOR, acc[q], m[q], right[q], even[q], odd[q]); \
            const VECTOR low = P##_adds_epi16(P##_packs_epi32(acc[0], acc[1]), zero); \
            const VECTOR high = P##_adds_epi16(P##_packs_epi32(acc[2], acc[3]), zero); \
            VECTOR y; \
            if (s->lower < 0) y = P##_min_epi8(P##_max_epi8(P##_packs_epi16(low, high), lower), upper); \
            else y = P##_min_epu8(P##_max_epu8(P##_packus_epi16(low, high), lower), upper); \
            if (d->channels == 16 * LANES) STOREU(out + p * out_stride, y); \
            else P##_mask_storeu_epi8(out + p * out_stride, present, y); \
        } \
    }

#define LOADU_512(p) _mm512_loadu_si512(p)
#define LOADU_256(p) _mm256_loadu_si256((const __m256i *)(p))
#define LOADU_128(p) _mm_loadu_si128((const __m128i *)(p))
#define STOREU_512(p, v) _mm512_storeu_si512(p, v)
#define STOREU_256(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define STOREU_128(p, v) _mm_storeu_si128((__m128i *)(p), v)

DEPTHWISE_FUSED(
    fused_64, __m512i, _mm512, LOAD_512, _mm512_setzero_si512, _mm512_xor_si512, LOADU_512, STOREU_512, 4)
DEPTHWISE_FUSED(
    fused_32, __m256i, _mm256, LOAD_256, _mm256_setzero_si256, _mm256_xor_si256, LOADU_256, STOREU_256, 2)
DEPTHWISE_FUSED(fused_16, __m128i, _mm, LOAD_128, _mm_setzero_si128, _mm_xor_si128, LOADU_128, STOREU_128, 1)

#define FUSED_CASE(NAME) \
    if (d->taps == 9 && d->flip) NAME(d, s, constants, out, out_stride, 9, 1); \
    else if (d->taps == 9) NAME(d, s, constants, out, out_stride, 9, 0); \
    else NAME(d, s, constants, out, out_stride, d->taps, d->flip != 0);

static void depthwise_64c4_fused(
    const ck_int_depthwise *d, const ck_output_stage *s, const void *constants, uint8_t *out, size_t out_stride) {
    if (d->channels > 32) { FUSED_CASE(fused_64) }
    else if (d->channels > 16) { FUSED_CASE(fused_32) }
    else { FUSED_CASE(fused_16) }
}

// 12 independent chains of 64 MACs each.
static uint64_t ceiling(uint64_t iterations) {
    __m512i acc[12];
    for (int i = 0; i < 12; i++) acc[i] = _mm512_setzero_si512();
    __m512i a = _mm512_set1_epi8(3), w = _mm512_set1_epi8(5);
    for (uint64_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+v"(a), "+v"(w));
        for (int i = 0; i < 12; i++) acc[i] = _mm512_dpbusd_epi32(acc[i], a, w);
    }
    for (int i = 0; i < 12; i++) __asm__ volatile("" : : "v"(acc[i]));
    return iterations * 12 * 64;
}
#pragma clang attribute pop

const ck_kernel ck_int_avx512vnni[] = {
    {.name = "u8s8_gemm_6x16c4__avx512vnni", .kind = CK_INT_GEMM, .isa = CK_ISA_AVX512VNNI, .rows = ROWS_256,
     .columns = COLUMNS_256, .vector = 8, .depth_unit = 4, .weight_bytes = 1, .int_gemm = gemm_6x16c4_256},
    {.name = "u8s8_gemm_6x64c4__avx512vnni", .kind = CK_INT_GEMM, .isa = CK_ISA_AVX512VNNI, .rows = ROWS,
     .columns = COLUMNS, .vector = 16, .depth_unit = 4, .weight_bytes = 1, .int_gemm = gemm_6x64c4},
    {.name = "u8s8_depthwise_32c4__avx512vnni", .kind = CK_INT_DEPTHWISE, .isa = CK_ISA_AVX512VNNI, .columns = 32,
     .weight_bytes = 1, .int_depthwise = depthwise_32_256, .int_depthwise_pack = depthwise_pack_256,
     .pack_bytes = depthwise_bytes_256},
    {.name = "u8s8_depthwise_64c4__avx512vnni", .kind = CK_INT_DEPTHWISE, .isa = CK_ISA_AVX512VNNI, .columns = 64,
     .weight_bytes = 1, .int_depthwise = depthwise_64c4, .int_depthwise_pack = depthwise_pack,
     .pack_bytes = depthwise_bytes, .int_depthwise_fused = depthwise_64c4_fused, .stage_bytes = stage_bytes,
     .stage_pack = stage_pack},
    {.name = "ceiling_int__avx512vnni", .kind = CK_INT_CEILING, .isa = CK_ISA_AVX512VNNI, .ceiling = ceiling},
};
const size_t ck_int_avx512vnni_count = sizeof ck_int_avx512vnni / sizeof *ck_int_avx512vnni;
#else
const ck_kernel ck_int_avx512vnni[] = {{0}};
const size_t ck_int_avx512vnni_count = 0;
#endif
