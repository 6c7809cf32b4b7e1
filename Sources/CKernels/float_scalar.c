// Float kernels in portable C.
#include <string.h>

#include "float_rows.h"
#include "tables.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static inline float clamp(float x, float lower, float upper) { return x < lower ? lower : x > upper ? upper : x; }

// 4×16 tile; panel [tap][k][16].
static void tile_4x16(const ck_float_rows *t) {
    float acc[4][16] = {{0}};
    for (size_t r = 0; r < t->rows; r++) memcpy(acc[r], t->start + r * t->start_stride, t->columns * sizeof(float));
    const float *w = t->w;
    for (size_t tap = 0; tap < t->taps; tap++)
        for (size_t k = 0; k < t->depth; k++, w += 16)
            for (size_t r = 0; r < t->rows; r++) {
                const float a = t->a[tap * 4 + r][t->first + k];
                for (size_t c = 0; c < 16; c++) acc[r][c] += a * w[c];
            }
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++) {
            const float y = clamp(acc[r][c], t->lower, t->upper);
            t->out[r * t->out_stride + c] =
                t->addend ? clamp(y + t->addend[r * t->addend_stride + c], t->sum_lower, t->sum_upper) : y;
        }
}
CK_FLOAT_ROWS(gemm_4x16, tile_4x16, 4)

static void depthwise(const ck_float_depthwise *d) {
    for (size_t p = 0; p < d->pixels; p++)
        for (size_t c = 0; c < d->channels; c++) {
            float sum = d->bias[c];
            for (size_t tap = 0; tap < d->taps; tap++) sum += d->a[p * d->taps + tap][c] * d->w[tap * d->channels + c];
            d->out[p * d->out_stride + c] = clamp(sum, d->lower, d->upper);
        }
}

static void add(size_t count, const float *a, const float *b, float *out, float lower, float upper) {
    for (size_t i = 0; i < count; i++) out[i] = clamp(a[i] + b[i], lower, upper);
}

#if defined(__x86_64__)
// SSE's mulps and addps, 4 MACs a pair: the baseline has no fused multiply-add.
static uint64_t ceiling(uint64_t iterations) {
    __m128 acc[12];
    for (int i = 0; i < 12; i++) acc[i] = _mm_setzero_ps();
    __m128 a = _mm_set1_ps(1.5f), w = _mm_set1_ps(0.5f);
    for (uint64_t n = 0; n < iterations; n++) {
        CK_UNROLL for (int i = 0; i < 12; i++) {
            __asm__ volatile("" : "+x"(a), "+x"(w));  // twelve products, not one
            acc[i] = _mm_add_ps(acc[i], _mm_mul_ps(a, w));
        }
    }
    for (int i = 0; i < 12; i++) __asm__ volatile("" : : "x"(acc[i]));
    return iterations * 12 * 4;
}
#else
static uint64_t ceiling(uint64_t iterations) {
    float acc[16] = {0};
    float a = 1.5f, w = 0.5f;
    for (uint64_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+r"(a), "+r"(w));
        for (int i = 0; i < 16; i++) acc[i] += a * w;
        __asm__ volatile("" : : "r"(acc) : "memory");
    }
    return iterations * 16;
}
#endif

const ck_kernel ck_float_scalar[] = {
    {.name = "f32_gemm_4x16__scalar", .kind = CK_FLOAT_GEMM, .isa = CK_ISA_SCALAR, .rows = 4, .columns = 16,
     .vector = 16, .depth_unit = 1, .weight_bytes = 4, .float_gemm = gemm_4x16},
    {.name = "f32_depthwise__scalar", .kind = CK_FLOAT_DEPTHWISE, .isa = CK_ISA_SCALAR, .weight_bytes = 4,
     .float_depthwise = depthwise},
    {.name = "f32_add__scalar", .kind = CK_FLOAT_ADD, .isa = CK_ISA_SCALAR, .float_add = add},
    {.name = "ceiling_f32__scalar", .kind = CK_FLOAT_CEILING, .isa = CK_ISA_SCALAR, .ceiling = ceiling},
};
const size_t ck_float_scalar_count = sizeof ck_float_scalar / sizeof *ck_float_scalar;
