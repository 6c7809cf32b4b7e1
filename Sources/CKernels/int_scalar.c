// Integer kernels in portable C.
#include <string.h>

#include "requantize.h"
#include "scalar.h"
#include "tables.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

void ck_output_scalar(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *s, size_t channel, uint8_t *out, size_t out_stride) {
    // Clamping before Z3 is added cannot overflow; clamping after it could.
    const int32_t lower = s->lower - s->zero_point, upper = s->upper - s->zero_point;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            const size_t k = channel + c;
            uint32_t x = (uint32_t)acc[r * acc_stride + c] + (uint32_t)s->bias[k];
            if (s->weight_zero) x -= (uint32_t)s->weight_zero[k] * (uint32_t)row_sums[r];
            int32_t y = ck_requantize(
                (int32_t)x, s->multiplier[k], s->shift[k], s->real_multiplier ? s->real_multiplier[k] : 0, s->rounding);
            y = y < lower ? lower : y > upper ? upper : y;
            out[r * out_stride + c] = (uint8_t)(y + s->zero_point);
        }
    }
}

// 4×16 tile, int16 weights [tap][k][16]: int16 holds w − Z2 for affine weights, too.
static void gemm_4x16(const ck_int_tile *t) {
    uint32_t acc[4][16];  // unsigned: partial sums may wrap, the final one is exact modulo 2^32
    memset(acc, 0, sizeof acc);
    const int16_t *w = t->w;
    for (size_t tap = 0; tap < t->taps; tap++) {
        for (size_t k = 0; k < t->depth; k++, w += 16) {
            for (size_t r = 0; r < t->rows; r++) {
                const int32_t a = (uint8_t)(t->a[tap * 4 + r][k] ^ t->flip);
                for (size_t c = 0; c < 16; c++) acc[r][c] += (uint32_t)(a * w[c]);
            }
        }
    }
    memcpy(t->acc, acc, t->rows * 16 * sizeof(int32_t));
}

static void depthwise_16(const ck_int_depthwise *d) {
    const int16_t *w = (const int16_t *)d->w + d->first;
    for (size_t p = 0; p < d->pixels; p++) {
        int32_t *acc = d->acc + p * 16;
        for (size_t c = 0; c < 16; c++) acc[c] = 0;
        for (size_t tap = 0; tap < d->taps; tap++) {
            const uint8_t *a = d->a[p * d->taps + tap] + d->first;
            const int16_t *v = w + tap * d->total;
            for (size_t c = 0; c < d->channels; c++) acc[c] += (uint8_t)(a[c] ^ d->flip) * (int32_t)v[c];
        }
    }
}

static size_t depthwise_bytes(size_t channels, size_t taps) { return channels * taps * sizeof(int16_t); }

static void depthwise_pack(size_t channels, size_t taps, const int16_t *w, void *out) {
    memcpy(out, w, depthwise_bytes(channels, taps));
}

// TFLite's addition: both inputs at scale twice_max·2^−20, then the output's scale; gemmlowp rounding throughout.
static void add(size_t count, const uint8_t *a, const uint8_t *b, uint8_t *out, const ck_int_add *p) {
    for (size_t i = 0; i < count; i++) {
        const int32_t x = (p->is_signed ? (int8_t)a[i] : a[i]) - p->zero_a;
        const int32_t y = (p->is_signed ? (int8_t)b[i] : b[i]) - p->zero_b;
        const int32_t u = ck_requantize(x * (1 << 20), p->multiplier_a, p->shift_a, 0, CK_ROUND_GEMMLOWP);
        const int32_t v = ck_requantize(y * (1 << 20), p->multiplier_b, p->shift_b, 0, CK_ROUND_GEMMLOWP);
        const int32_t lower = p->lower - p->zero_out, upper = p->upper - p->zero_out;
        int32_t z = ck_requantize(u + v, p->multiplier_out, p->shift_out, 0, CK_ROUND_GEMMLOWP);
        z = z < lower ? lower : z > upper ? upper : z;
        out[i] = (uint8_t)(z + p->zero_out);
    }
}

#if defined(__x86_64__)
// The portable kernels are compiled for x86-64's baseline, SSE2, whose best is pmaddwd and paddd: 8 MACs a pair. 12
// independent accumulators hide their latency.
static uint64_t ceiling(uint64_t iterations) {
    __m128i acc[12];
    for (int i = 0; i < 12; i++) acc[i] = _mm_setzero_si128();
    __m128i a = _mm_set1_epi16(3), w = _mm_set1_epi16(5);
    for (uint64_t n = 0; n < iterations; n++) {
        CK_UNROLL for (int i = 0; i < 12; i++) {
            __asm__ volatile("" : "+x"(a), "+x"(w));  // twelve products, not one
            acc[i] = _mm_add_epi32(acc[i], _mm_madd_epi16(a, w));
        }
    }
    for (int i = 0; i < 12; i++) __asm__ volatile("" : : "x"(acc[i]));
    return iterations * 12 * 8;
}
#else
// 8 int32 accumulators per step; the barrier keeps the compiler from folding the loop away.
static uint64_t ceiling(uint64_t iterations) {
    int32_t acc[8] = {0};
    int32_t a = 3, w = 5;
    for (uint64_t i = 0; i < iterations; i++) {
        __asm__ volatile("" : "+r"(a), "+r"(w));
        for (int j = 0; j < 8; j++) acc[j] += a * w;
        __asm__ volatile("" : : "r"(acc) : "memory");
    }
    return iterations * 8;
}
#endif

void ck_row_sums(
    const uint8_t *const *a, size_t rows, size_t group, size_t taps, size_t depth, int32_t flip, int32_t *sums) {
    for (size_t i = 0; i < rows; i++) {
        const uint8_t *const *pointers = a + i / group * group * taps + i % group;
        int32_t sum = 0;
        for (size_t tap = 0; tap < taps; tap++)
            for (size_t k = 0; k < depth; k++) sum += (uint8_t)(pointers[tap * group][k] ^ flip);
        sums[i] = sum;
    }
}

const ck_kernel ck_int_scalar[] = {
    {.name = "u8s16_gemm_4x16__scalar", .kind = CK_INT_GEMM, .isa = CK_ISA_SCALAR, .rows = 4, .columns = 16,
     .vector = 16, .depth_unit = 1, .weight_bytes = 2, .int_gemm = gemm_4x16},
    {.name = "u8s16_depthwise_16__scalar", .kind = CK_INT_DEPTHWISE, .isa = CK_ISA_SCALAR, .columns = 16,
     .weight_bytes = 2, .int_depthwise = depthwise_16, .int_depthwise_pack = depthwise_pack,
     .pack_bytes = depthwise_bytes},
    {.name = "output__scalar", .kind = CK_INT_OUTPUT, .isa = CK_ISA_SCALAR, .output = ck_output_scalar},
    {.name = "add__scalar", .kind = CK_INT_ADD, .isa = CK_ISA_SCALAR, .int_add = add},
    {.name = "ceiling_int__scalar", .kind = CK_INT_CEILING, .isa = CK_ISA_SCALAR, .ceiling = ceiling},
};
const size_t ck_int_scalar_count = sizeof ck_int_scalar / sizeof *ck_int_scalar;
