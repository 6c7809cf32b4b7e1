// Float kernels of training: one table per instruction set, chosen once at run time. Called by the target `Training`.
// Tensors are NHWC, matrices row-major with their leading dimension in floats. No intrinsics in this header.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A sliding window over images of `channels` channels: extents in pixels, padding at the top and left edge.
typedef struct ck_training_window {
    int64_t in_height, in_width, channels;
    int64_t out_height, out_width;
    int64_t height, width, stride, top, left;
} ck_training_window;

/// C[m×n] = A·B, or C += A·B with `accumulate`. A(i,k) = a[i·row_step + k·column_step], so that a
/// transposed A needs no copy.
typedef void (*ck_training_gemm)(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t row_step, int64_t column_step, const float *b, int64_t ldb,
    float *c, int64_t ldc, int32_t accumulate);

/// As gemm with A(i,k) = a[rows[i] + k]: the rows of A stand anywhere, and may overlap.
typedef void (*ck_training_gemm_listed_a)(
    int64_t m, int64_t n, int64_t k, const float *a, const int64_t *rows, const float *b, int64_t ldb, float *c,
    int64_t ldc, int32_t accumulate);
/// As gemm with B(k,j) = b[rows[k] + j].
typedef void (*ck_training_gemm_listed_b)(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t row_step, int64_t column_step, const float *b,
    const int64_t *rows, float *c, int64_t ldc, int32_t accumulate);

/// y[columns×rows] = x[rows×columns] transposed.
typedef void (*ck_training_transpose)(int64_t rows, int64_t columns, const float *x, float *y);

/// Depthwise convolution of `images` images with HWC weights: y = x∗w.
typedef void (*ck_training_depthwise)(
    int64_t images, const ck_training_window *window, const float *x, const float *w, float *y);
/// Gradient by the input: dx = (or += with `accumulate`) the transposed convolution of dy.
typedef void (*ck_training_depthwise_input)(
    int64_t images, const ck_training_window *window, const float *dy, const float *w, float *dx, int32_t accumulate);
/// Gradient by the weights, added to dw.
typedef void (*ck_training_depthwise_weights)(
    int64_t images, const ck_training_window *window, const float *x, const float *dy, float *dw);

/// y = an image of `rows` × `columns` pixels with x, of height × width, at (top, left), zero elsewhere; what of x lies
/// beyond y's last row or column is left out.
typedef void (*ck_training_pad)(
    int64_t height, int64_t width, int64_t channels, int64_t top, int64_t left, int64_t rows, int64_t columns,
    const float *x, float *y);
/// Rows of `height·width·channels` floats, one per output pixel, zero outside the image (order: OHWI without O).
typedef void (*ck_training_im2col)(int64_t images, const ck_training_window *window, const float *x, float *columns);
/// The adjoint of im2col: adds every element of `columns` to the pixel of dx that it was copied from.
typedef void (*ck_training_col2im)(int64_t images, const ck_training_window *window, const float *columns, float *dx);

/// Merges `rows` rows into the running mean and sum of squared deviations of `count` earlier rows (Chan et al. 1979).
typedef void (*ck_training_moments)(
    int64_t rows, int64_t channels, const float *x, double count, double *mean, double *m2);
/// y = min(max(z·scale + shift, lower), upper) per channel.
typedef void (*ck_training_normalise)(
    int64_t rows, int64_t channels, const float *z, const float *scale, const float *shift, float lower, float upper,
    float *y);

/// What the backward pass of normalisation and activation needs, per channel: u = z·scale + shift is the activation's
/// input, and its gradient passes where lower < u < upper.
typedef struct ck_training_affine {
    const float *scale, *shift, *mean;
    float lower, upper;
} ck_training_affine;

/// With g = dy where the activation passes, else 0: sum_g += Σ g, sum_gx += Σ g·(z − mean).
typedef void (*ck_training_normalise_sums)(
    int64_t rows, int64_t channels, const float *dy, const float *z, const ck_training_affine *affine, double *sum_g,
    double *sum_gx);
/// In place: dy ← scale·g + slope·(z − mean) + offset.
typedef void (*ck_training_normalise_back)(
    int64_t rows, int64_t channels, float *dy, const float *z, const ck_training_affine *affine, const float *slope,
    const float *offset);

/// y = min(max(a + b, lower), upper).
typedef void (*ck_training_add)(int64_t count, const float *a, const float *b, float lower, float upper, float *y);
/// dx = (or +=) dy where lower < a + b < upper, else 0.
typedef void (*ck_training_pass)(
    int64_t count, const float *a, const float *b, const float *dy, float lower, float upper, float *dx,
    int32_t accumulate);
/// y = (or +=) x for `columns` floats of each of `rows` rows.
typedef void (*ck_training_copy)(
    int64_t rows, int64_t columns, const float *x, int64_t ldx, float *y, int64_t ldy, int32_t accumulate);

/// Pools over the pixels inside the image (padding is not counted).
typedef void (*ck_training_pool)(int64_t images, const ck_training_window *window, const float *x, float *y);
/// Adds the pool's gradient to dx. The maximum's goes to the first pixel of the window that equals it.
typedef void (*ck_training_pool_back)(
    int64_t images, const ck_training_window *window, const float *x, const float *y, const float *dy, float *dx);

/// One step of stochastic gradient descent: g = Σ_t gradients[t·stride] + decay·w; v = momentum·v + g;
/// w −= rate·(nesterov ? g + momentum·v : v).
typedef void (*ck_training_descend)(
    int64_t count, int64_t threads, const float *gradients, int64_t stride, float *w, float *v, float rate,
    float momentum, float decay, int32_t nesterov);

/// Fake quantization of an activation: v ← step·round(min(max(v·inverse, lowest), highest)), inverse = 1/step, the bounds
/// whole numbers. Where it is not enabled, values stay as they are.
typedef struct ck_training_fake {
    float inverse, lowest, highest, step;
    int32_t enabled;
} ck_training_fake;

/// As normalise, then fake quantization of y. extremes[0] and [1], unless NULL, are widened to the smallest and largest
/// value before it, and to 0.
typedef void (*ck_training_normalise_fake)(
    int64_t rows, int64_t channels, const float *z, const float *scale, const float *shift, float lower, float upper,
    const ck_training_fake *fake, float *extremes, float *y);
/// Fake quantization in place; extremes as above.
typedef void (*ck_training_fake_quantize)(int64_t count, float *y, const ck_training_fake *fake, float *extremes);

/// The gradient by `step` of a range that grows with it, v being the values before fake quantization: Σ dy · (round(v/step) − v/step
/// inside, lowest or highest outside) (LSQ, arXiv:1902.08153).
typedef double (*ck_training_fake_step)(int64_t count, const float *dy, const float *v, const ck_training_fake *fake);

/// Fake quantization of one channel's weights, folded by batch norm's factor: with u = float(w·fold), a weight becomes
/// scale·q/fold, q = min(max(round(u/scale), lowest), highest), half away from zero. fold is not 0.
typedef struct ck_training_weight_fake {
    double fold, scale, lowest, highest;
} ck_training_weight_fake;

/// Widens [low, high] to the channel's float(w·fold); its `count` weights are `step` apart.
typedef void (*ck_training_weight_range)(
    int64_t count, int64_t step, const float *w, double fold, float *low, float *high);
/// y = the channel's weights, fake-quantized.
typedef void (*ck_training_weight_fake_quantize)(
    int64_t count, int64_t step, const float *w, const ck_training_weight_fake *fake, float *y);
/// The straight-through gradient: 0 where u lies outside of the range. Returns the gradient by `scale` of a range that
/// grows with it, Σ gradient/fold · (round(u/scale) − u/scale inside, lowest or highest outside) (LSQ, arXiv:1902.08153).
typedef double (*ck_training_weight_back)(
    int64_t count, int64_t step, const float *w, const ck_training_weight_fake *fake, float *gradient);

typedef struct ck_training_table {
    int32_t level;
    const char *name;
    ck_training_gemm gemm;
    ck_training_gemm_listed_a gemm_listed_a;
    ck_training_gemm_listed_b gemm_listed_b;
    ck_training_transpose transpose;
    ck_training_depthwise depthwise;
    ck_training_depthwise_input depthwise_input;
    ck_training_depthwise_weights depthwise_weights;
    ck_training_pad pad;
    ck_training_im2col im2col;
    ck_training_col2im col2im;
    ck_training_moments moments;
    ck_training_normalise normalise;
    ck_training_normalise_sums normalise_sums;
    ck_training_normalise_back normalise_back;
    ck_training_add add;
    ck_training_pass pass;
    ck_training_copy copy;
    ck_training_pool average_pool, max_pool;
    ck_training_pool_back average_pool_back, max_pool_back;
    ck_training_descend descend;
    ck_training_normalise_fake normalise_fake;
    ck_training_fake_quantize fake_quantize;
    ck_training_fake_step fake_step;
    ck_training_weight_range weight_range;
    ck_training_weight_fake_quantize weight_fake;
    ck_training_weight_back weight_back;
} ck_training_table;

/// The best table that this processor runs and whose level is at most `level`: 0 baseline, 1 AVX2 + FMA, 2 AVX-512.
const ck_training_table *ck_training_kernels(int32_t level);

#ifdef __cplusplus
}
#endif
