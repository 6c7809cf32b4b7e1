// CKernels: the SIMD micro-kernels and the one table of all of them. Bottom floor: QuantKernels packs, partitions and
// calls; nothing here allocates, threads or knows a layer. No intrinsics in this header: the Swift importer does not
// survive them.
//
// Names: u8s8_gemm_6x64c4__avx512vnni is an integer product of uint8 activations and int8 weights, tiles of 6 rows by
// 64 columns, depth taken 4 at a time, on AVX512-VNNI. docs/kernels.md decodes all of them.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "CKernelsTraining.h"

// Instruction sets, one bit each in a feature mask. A wider one does not imply that the narrower are there.
enum {
    CK_ISA_SCALAR = 0,
    CK_ISA_AVX2 = 1,        // AVX2 and FMA
    CK_ISA_AVXVNNI = 2,     // VEX-coded vpdpbusd, 256 bits
    CK_ISA_AVX512 = 3,      // F, BW, DQ, VL
    CK_ISA_AVX512VNNI = 4,  // and vpdpbusd, 512 bits
    CK_ISA_COUNT = 5,
};

// Beside them in the mask: what kernels use where it is there, and which is no path of its own.
enum { CK_FEATURE_IFMA = 16 };  // AVX512-IFMA: multiplication of 52-bit integers

// Features of this processor (and of the operating system's saved state): bit i stands for the CK_ISA of value i.
uint32_t ck_cpu_features(void);

// A hint to the processor inside a spinning wait.
static inline void ck_relax(void) {
#if defined(__x86_64__)
    __asm__ volatile("pause");
#else
    __asm__ volatile("");
#endif
}

// Adds to a counter that other threads add to, too. Relaxed: a count orders nothing.
static inline void ck_count(int64_t *counter, int64_t amount) {
    __atomic_fetch_add(counter, amount, __ATOMIC_RELAXED);
}

// How x·M is rounded (design: quantization.md). The values stand in Swift's RoundingMode, too.
enum { CK_ROUND_GEMMLOWP = 0, CK_ROUND_SINGLE = 1, CK_ROUND_RUY = 2, CK_ROUND_FP32 = 3 };

// The fused output stage: out = clamp(requantize(acc + bias − weight_zero·row_sum) + zero_point, lower, upper).
// The arrays have one entry per output channel and are readable up to the next multiple of 64.
typedef struct ck_output_stage {
    const int32_t *bias;           // with −Z1·Σw and K·Z1·Z2 folded in
    const int32_t *multiplier;     // M0 as Q31, in [2^30, 2^31), or 0
    const int32_t *shift;          // M = M0·2^(shift − 31); negative shifts right
    const float *real_multiplier;  // M itself, for CK_ROUND_FP32
    const int32_t *weight_zero;    // Z2, or NULL where all are 0
    const int32_t *right;          // −shift, and 1 for a multiplier of 0: read only if narrow or fusable
    const int64_t *nudge;          // 2^31 + 2^(31 + right), per 16 channels the 8 even ones, then the 8 odd ones
    const int64_t *line_offset;    // d and j of fused_stage.h's line: read only if line, and only by stage_pack
    const int64_t *line_steps;
    int32_t zero_point;            // Z3
    int32_t lower, upper;          // of the output's range, the activation's clamp included
    int32_t rounding;              // CK_ROUND_*
    int32_t left_shift;            // 1 if some shift is positive (M ≥ 1)
    int32_t fusable;               // 1 if the fused kernels may take it: see fused_stage.h
    int32_t line;                  // 1 if the processor has AVX512-IFMA and every channel a line: see fused_stage.h
    int32_t narrow;                // 1 if gemmlowp's rounding may take the short way: see narrow_avx512.h
} ck_output_stage;

// Requantizes a tile: rows × columns accumulators, row stride acc_stride; channel is the first column's.
// row_sums[r] is Σ of the row's activations; read only if weight_zero is set.
typedef void (*ck_output_fn)(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *stage, size_t channel, uint8_t *out, size_t out_stride);

// acc[r][c] = Σ over taps and depth of (a[tap·R + r][k] xor flip)·w, R the kernel's rows: flip 0x80 turns int8 activations into
// uint8 ones, 128 larger. Rows are read exactly: nothing beyond depth bytes.
typedef struct ck_int_tile {
    size_t rows, columns;     // of this tile, at most the kernel's
    size_t taps, depth;       // pointers per row; bytes behind each
    const uint8_t *const *a;  // [taps][kernel's rows]
    const void *w;            // the packed panel
    int32_t *acc;             // [kernel's rows][kernel's columns]: row stride is the kernel's columns
    int32_t flip;             // 0 or 0x80
} ck_int_tile;
typedef void (*ck_int_gemm_fn)(const ck_int_tile *);

// acc[p][c] = Σ over taps of (a[p·taps + tap][c] xor flip)·w[tap][c], for channels first ..< first + channels.
typedef struct ck_int_depthwise {
    size_t pixels, channels, taps;
    size_t first;             // a multiple of the kernel's columns
    size_t total;             // channels of the tensor
    const uint8_t *const *a;  // [pixels][taps]
    const void *w;            // packed
    int32_t *acc;             // [pixels][kernel's columns]
    int32_t flip;
} ck_int_depthwise;
typedef void (*ck_int_depthwise_fn)(const ck_int_depthwise *);
// Weights [taps][channels] to the kernel's order; `out` has ck_kernel.pack_bytes(channels, taps) bytes.
typedef void (*ck_int_depthwise_pack_fn)(size_t channels, size_t taps, const int16_t *w, void *out);
typedef size_t (*ck_pack_bytes_fn)(size_t channels, size_t taps);

// Rescaled addition (TFLite's, left shift 20): int_scalar.c has its definition.
typedef struct ck_int_add {
    int32_t zero_a, zero_b, zero_out;
    int32_t multiplier_a, shift_a, multiplier_b, shift_b, multiplier_out, shift_out;
    int32_t lower, upper;
    int32_t is_signed;  // of the three tensors
    int32_t by_products;  // 1 if two products give the same for all pairs: then the rest is set, as add_products.h has it
    int32_t low, high;    // the factors of a, and of b in the upper 16 bits
    int32_t start_low, start_high;
    int32_t shift;
} ck_int_add;

// Products with the output stage behind them, accumulators never leaving registers; for stages that are `fusable`.
// The kernel cuts the rows into tiles of its R rows; the last one may have fewer.
typedef struct ck_int_rows {
    size_t rows, columns;     // any number; of this panel
    size_t taps, depth;
    const uint8_t *const *a;  // [⌈rows/R⌉][taps][R]
    const void *w;            // the packed panel
    const void *constants;    // this panel's, as stage_pack wrote them
    const int32_t *zero;      // Z2 of this panel's columns, readable to whole vectors, or NULL where all are 0
    const int32_t *sums;      // with zero: Σ of each row's activations, as ck_row_sums has them
    uint8_t *out;
    size_t out_stride;
    const uint8_t *addend;    // or NULL: added to the rows, by sum's products; of out's stride, and out may be the addend
    const ck_int_add *sum;
    int32_t flip;
    const char *ahead;        // lines of 64 bytes from here on are fetched into the second-level cache meanwhile, by kernels that do
    size_t ahead_lines;
} ck_int_rows;
typedef void (*ck_int_gemm_fused_fn)(const ck_int_rows *, const ck_output_stage *);

// sums[i] = Σ over taps and depth of (a[i/R·R·taps + tap·R + i mod R][k] xor flip), for `rows` rows in groups of R.
typedef void (*ck_row_sums_fn)(
    const uint8_t *const *a, size_t rows, size_t group, size_t taps, size_t depth, int32_t flip, int32_t *sums);

// A 3×3 window that slides along one row of output pixels, with stride 1 or 2. Bytes, whatever an element is.
typedef struct ck_row_window {
    size_t pixels;
    const uint8_t *row[3];   // the window's rows at x = 0; a row outside the image is `padding`
    size_t step[3];          // bytes from x to x + 1: 0 outside the image
    ptrdiff_t left;          // x of the first window's left column, below 0 in the padding
    size_t input_width, stride;
    const uint8_t *padding;  // a pixel of zero points
} ck_row_window;

// Output pixels of one row of a depthwise convolution, output stage included; for stages that are `fusable`.
typedef struct ck_int_depthwise_row {
    ck_row_window window;
    size_t channels;
    size_t first;            // channel: a multiple of the kernel's columns
    const void *w;           // of all channels, as int_depthwise_row_pack wrote them
    const void *w_halves;    // of the same form, or NULL: weights of nine bits are w + 2·w_halves
    const void *constants;   // of all channels, as stage_pack wrote them
    uint8_t *out;            // of the first pixel's first channel
    size_t out_stride;
    int32_t flip;
} ck_int_depthwise_row;
typedef void (*ck_int_depthwise_row_fn)(const ck_int_depthwise_row *, const ck_output_stage *);
// Weights [9][channels] to the row kernel's order; pack_bytes(channels, 12) bytes.
typedef void (*ck_int_depthwise_row_pack_fn)(size_t channels, const int16_t *w, void *out);

typedef size_t (*ck_stage_bytes_fn)(size_t channels);
typedef void (*ck_stage_pack_fn)(size_t channels, const ck_output_stage *stage, void *out);

// out[r][c] = clamp(start[r][c] + Σ a[tile·a_step + tap·R + r][first + k]·w[...]), R the kernel's rows: the panel w holds, for each tap and k, its
// columns padded to whole vectors. A long sum may be made in pieces, each of which starts from what the one before has left. With an
// addend, that is added then, and the sum clamped in its turn; out may be the addend.
typedef struct ck_float_rows {
    size_t rows, columns;  // any number; of this panel
    size_t taps, depth, first;
    const float *const *a;  // [⌈rows/R⌉][at least taps][R]
    size_t a_step;          // pointers from tile to tile
    const float *w;
    const float *start;   // of this panel's first column
    size_t start_stride;  // from row to row; 0 for biases
    float *out;
    size_t out_stride;
    float lower, upper;
    const float *addend;  // of this panel's first column, or NULL
    size_t addend_stride;
    float sum_lower, sum_upper;
    const char *ahead;  // as in ck_int_rows
    size_t ahead_lines;
} ck_float_rows;
typedef void (*ck_float_gemm_fn)(const ck_float_rows *);

// out[p][c] = clamp(bias[c] + Σ over taps of a[p·taps + tap][c]·w[tap][c])
typedef struct ck_float_depthwise {
    size_t pixels, channels, taps;
    const float *const *a;  // [pixels][taps]
    const float *w;         // [taps][channels]
    const float *bias;
    float *out;
    size_t out_stride;
    float lower, upper;
} ck_float_depthwise;
typedef void (*ck_float_depthwise_fn)(const ck_float_depthwise *);

// The same for output pixels of one row.
typedef struct ck_float_depthwise_row {
    ck_row_window window;
    size_t channels, first;  // channels first ..< first + channels, first a multiple of the kernel's columns
    size_t total;            // channels of the tensor
    const float *w;          // [9][total]
    const float *bias;       // [total]
    float *out;              // of the first pixel's channel 0
    size_t out_stride;
    float lower, upper;
} ck_float_depthwise_row;
typedef void (*ck_float_depthwise_row_fn)(const ck_float_depthwise_row *);

typedef void (*ck_int_add_fn)(size_t count, const uint8_t *a, const uint8_t *b, uint8_t *out, const ck_int_add *);
// Whether a kernel takes these scales.
typedef int (*ck_int_add_takes_fn)(const ck_int_add *);

// out[i] = clamp(a[i] + b[i]); out may be a or b.
typedef void (*ck_float_add_fn)(size_t count, const float *a, const float *b, float *out, float lower, float upper);

// A loop of independent multiply-accumulates in registers; returns how many were done.
typedef uint64_t (*ck_ceiling_fn)(uint64_t iterations);

enum {
    CK_INT_GEMM = 0,
    CK_INT_DEPTHWISE = 1,
    CK_INT_OUTPUT = 2,
    CK_INT_ADD = 3,
    CK_FLOAT_GEMM = 4,
    CK_FLOAT_DEPTHWISE = 5,
    CK_INT_CEILING = 6,
    CK_FLOAT_CEILING = 7,
    CK_FLOAT_ADD = 8,
};

// One micro-kernel. Only the function of its kind is set.
typedef struct ck_kernel {
    const char *name;
    int32_t kind;
    int32_t isa;
    size_t rows, columns;    // the tile
    size_t vector;           // a panel is padded to a multiple of this many columns
    size_t depth_unit;       // depth is packed in groups of this many
    size_t weight_bytes;     // of a packed weight: 1 int8, 2 int16, 4 float32
    ck_int_gemm_fn int_gemm;
    ck_int_depthwise_fn int_depthwise;
    ck_int_depthwise_pack_fn int_depthwise_pack;
    ck_pack_bytes_fn pack_bytes;
    ck_int_gemm_fused_fn int_gemm_fused;  // or NULL, as the five behind fuses_add
    int32_t fuses_add;                    // 1 if int_gemm_fused takes an addend
    ck_row_sums_fn row_sums;
    ck_int_depthwise_row_fn int_depthwise_row;
    ck_int_depthwise_row_pack_fn int_depthwise_row_pack;
    ck_stage_bytes_fn stage_bytes;
    ck_stage_pack_fn stage_pack;
    ck_output_fn output;
    ck_int_add_fn int_add;
    ck_int_add_takes_fn int_add_takes;  // NULL: all
    ck_float_gemm_fn float_gemm;
    ck_float_depthwise_fn float_depthwise;
    ck_float_depthwise_row_fn float_depthwise_row;  // or NULL
    ck_float_add_fn float_add;
    ck_ceiling_fn ceiling;
} ck_kernel;

// The table of all micro-kernels of this build, better ones of a kind later.
const ck_kernel *ck_kernels(size_t *count);

// Largest `rows`, `columns` of any tile: the size of the scratch that a driver needs.
enum { CK_MAX_ROWS = 8, CK_MAX_COLUMNS = 64 };

// A sliding window over NHWC images: a pixel is pixel_bytes long.
typedef struct ck_window {
    size_t input_height, input_width, pixel_bytes;
    size_t kernel_height, kernel_width, stride, pad_top, pad_left;
    size_t output_height, output_width;
} ck_window;

// Pointers to the pixels that output positions first ..< first + count read, as [groups][tap][group]: for group 1
// [position][tap]. A tap outside the image points to `padding`.
void ck_window_pointers(
    const ck_window *w, size_t first, size_t count, const uint8_t *input, const uint8_t *padding, size_t group,
    const uint8_t **out);

// Pointers to the window's rows, kernel_width pixels that lie side by side, as [groups][kernel_height][group]. A row that
// leaves the image at its left or right side is put together in `patches` ([count][kernel_height][read_bytes]), as is one
// behind which fewer than read_bytes are left of the input; a row above or below the image points to `padding`, which is
// kernel_width pixels long and readable for read_bytes. No window lies wholly beside the image.
void ck_window_rows(
    const ck_window *w, size_t first, size_t count, const uint8_t *input, size_t input_bytes, const uint8_t *padding,
    size_t read_bytes, size_t group, uint8_t *patches, const uint8_t **out);

// The largest element of each channel in a window of `rows` × `columns` pixels, the steps between which are counted in elements. `flip`
// is 0x80 for int8 elements.
void ck_maximum_u8(
    const uint8_t *pixel, size_t row_step, size_t rows, size_t pixel_step, size_t columns, size_t channels, uint8_t flip,
    uint8_t *out);
// NaNs are passed over.
void ck_maximum_f32(
    const float *pixel, size_t row_step, size_t rows, size_t pixel_step, size_t columns, size_t channels, float *out);

// Reads n / 64 * 64 bytes once and returns their sum as 64-bit numbers: the ceilings of memory and caches.
uint64_t ck_read_stream(const uint8_t *p, size_t n);
// The portable ck_row_sums_fn.
void ck_row_sums(
    const uint8_t *const *a, size_t rows, size_t group, size_t taps, size_t depth, int32_t flip, int32_t *sums);
