// Requantization of one value: the portable form of the four rounding modes. The vector forms beside it must equal it
// bit for bit.
#pragma once
#include <math.h>

#include "CKernels.h"

static inline int32_t ck_saturate(int64_t x) {
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

// SRDHM(a, b) for b ≥ 0: (a·b + 2^30) >> 31. gemmlowp truncates after a nudge that depends on the sign, which is the
// same as rounding half up.
static inline int32_t ck_srdhm(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1ll << 30)) >> 31);
}

// x / 2^e, ties away from zero.
static inline int32_t ck_rdbpot(int32_t x, int32_t e) {
    const int32_t mask = (int32_t)((1ll << e) - 1);
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> e) + ((x & mask) > threshold);
}

// Apart from the rest, so that the object code shows where floating point is: in the functions named fp32 and nowhere else.
static __attribute__((noinline, unused)) int32_t ck_requantize_fp32(int32_t x, float real) {
    const float y = (float)x * real;
    return y >= 2147483648.0f ? INT32_MAX : y <= -2147483648.0f ? INT32_MIN : (int32_t)rintf(y);
}

static inline int32_t ck_requantize(int32_t x, int32_t m, int32_t shift, float real, int32_t mode) {
    const int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
    switch (mode) {
    case CK_ROUND_SINGLE:
        return ck_saturate(((int64_t)x * m + (1ll << (30 - shift))) >> (31 - shift));
    case CK_ROUND_RUY: {
        const int32_t y = ck_srdhm(ck_saturate((int64_t)x << left), m);
        return right == 0 ? y : (y >> right) + ((y >> (right - 1)) & 1);  // ties up, without overflow
    }
    case CK_ROUND_FP32: return ck_requantize_fp32(x, real);
    default:
        return ck_rdbpot(ck_srdhm(ck_saturate((int64_t)x << left), m), right);
    }
}
