// The output stage in registers, for the fused kernels: three integer roundings as one chain of 7 or 9 vector operations.
//
//   SRDHM(x, m) = floor((x·m + 2^30) / 2^31)                       half up
//   gemmlowp:   floor((SRDHM + 2^(e−1) − [x < 0]) / 2^e)            half away from zero
//   ruy:        floor((SRDHM + 2^(e−1)) / 2^e)                      half up
//   single:     floor((x·m + 2^(30+e)) / 2^(31+e))
//
// Nested floors of a sum are one floor. With x' = x + 2^30, which is never negative and stands in the accumulator from the
// start (its bias is 2^30 larger), everything but the sign is one product and one constant:
//
//   y  = floor((x'·2m + C) / 2^32)     C = −2^31·m + [not single]·2^31 + 2^(31+e) + Z3·2^(32+e)
//   out = (y − [x < 0]) >> e           [x < 0] = 1 − (x' >> 30), its 1 being in C
//
// The sign is needed by gemmlowp alone, and there only where a negative x survives the clamp: it gives at most Z3 in either
// rounding, so a rectifier (lower = Z3) does not see it.
//
// e = 0 (½ ≤ M < 1) has no second rounding: C is without its 2^(31+e), except in `single`, and the sign is not taken, which a mask of
// the lanes with e > 0 says. M ≥ 1 shifts to the left first, by −e: x' = (x + 2^(30−s)) << s stands for x·2^s + 2^30.
//
// ck_output_stage.fusable says that |x·2^s| < 2^30 and −22 ≤ e ≤ 22, so that nothing overflows.
//
// Where the sign is not taken and M < 1, AVX512-IFMA has product, constant and shift in one instruction, whose constant counts whole
// outputs only. OutputLine.swift looks for a d in [2^30, 3·2^30) that makes the other constants a whole number of outputs, too, for all
// the sums at which a byte changes:
//
//   out = floor((x + d)·b / 2^52) + c           b = m·2^(21−e)     c = Z3 − j
#pragma once
#include <immintrin.h>
#include <string.h>

#include "CKernels.h"

// Which of the chains a stage takes: a constant of every instance of a kernel.
enum { STAGE_CHAIN = 0, STAGE_SIGN = 1, STAGE_LINE = 2 };

static inline int stage_sees_sign(const ck_output_stage *s) {
    return s->rounding == CK_ROUND_GEMMLOWP && s->lower < s->zero_point;
}

static inline int stage_kind(const ck_output_stage *s) {
    return s->line ? STAGE_LINE : stage_sees_sign(s) ? STAGE_SIGN : STAGE_CHAIN;
}

// int8 outputs are computed as uint8 ones, 128 larger.
static inline int32_t stage_lift(const ck_output_stage *s) { return s->lower < 0 ? 128 : 0; }

// Whether packing to uint8 with saturation is not the whole clamp.
static inline int stage_clamps(const ck_output_stage *s) { return s->lower != 0 || s->upper != 255; }

// C, less 2^32 where the sign is taken.
static inline int64_t fused_constant(int64_t m, int32_t e, int64_t zero, int32_t rounding, const int sign) {
    const int64_t first = rounding == CK_ROUND_SINGLE ? 0 : 1ll << 31;
    const int64_t second = e > 0 || rounding == CK_ROUND_SINGLE ? 1ll << (31 + e) : 0;
    return -(m << 31) + first + second + zero * (1ll << (32 + e)) - (sign && e > 0 ? 1ll << 32 : 0);
}

// The constants of `width` channels (a multiple of 2) at `out`: [x' at the start][2m][e, or −s] 32 bits each, [C of the even
// ones][C of the odd ones] 64 bits. channel[i] < 0 stands for none.
enum { FUSED_BYTES_PER_CHANNEL = 20 };

typedef void (*stage_pack_fn)(const ck_output_stage *s, size_t width, const ptrdiff_t *channel, void *out);

static inline void pack_fused(const ck_output_stage *s, size_t width, const ptrdiff_t *channel, void *out) {
    int32_t *words = out;
    int64_t *constants = (int64_t *)((uint8_t *)out + 12 * width);
    const int64_t zero = s->zero_point + stage_lift(s);
    for (size_t i = 0; i < width; i++) {
        const ptrdiff_t c = channel[i];
        const int64_t m = c < 0 ? 0 : s->multiplier[c];
        const int32_t e = c < 0 ? 1 : s->right[c];
        // The bias alone may be far outside: zero points' corrections are in it. Sums are exact modulo 2^32.
        words[i] = (int32_t)((uint32_t)(c < 0 ? 0 : s->bias[c]) + (1u << (e < 0 ? 30 + e : 30)));
        words[width + i] = (int32_t)(uint32_t)(2 * m);
        words[2 * width + i] = e;
        constants[(i % 2) * (width / 2) + i / 2] = fused_constant(m, e < 0 ? 0 : e, zero, s->rounding, stage_sees_sign(s));
    }
}

// The same for the line: [x + d at the start] 32 bits each, [b of the even ones][b of the odd ones][c …][c …] 64 bits.
static inline void pack_line(const ck_output_stage *s, size_t width, const ptrdiff_t *channel, void *out) {
    int32_t *starts = out;
    int64_t *factors = (int64_t *)((uint8_t *)out + 4 * width), *constants = factors + width;
    for (size_t i = 0; i < width; i++) {
        const ptrdiff_t c = channel[i];
        const size_t lane = (i % 2) * (width / 2) + i / 2;
        starts[i] = c < 0 ? 0 : (int32_t)((uint32_t)s->bias[c] + (uint32_t)s->line_offset[c]);
        factors[lane] = c < 0 ? 0 : (int64_t)s->multiplier[c] << (21 - s->right[c]);
        constants[lane] = s->zero_point + stage_lift(s) - (c < 0 ? 0 : s->line_steps[c]);
    }
}

// The constants of `width` channels as a kernel with all three chains wants them.
static inline void pack_stage(const ck_output_stage *s, size_t width, const ptrdiff_t *channel, void *out) {
    if (s->line) pack_line(s, width, channel, out);
    else pack_fused(s, width, channel, out);
}
