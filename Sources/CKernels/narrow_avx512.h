// The gemmlowp rounding for AVX-512 where it is cheapest: sums below 2^30 and M below 1/2 in every channel, which
// ck_output_stage.narrow says. Two roundings collapse into one chain:
//
//   SRDHM(x, m) = floor((x·m + 2^30) / 2^31)                                        half up
//   RDBPOT(y, e) = floor((y + 2^(e−1) − [y < 0]) / 2^e)                             half away from zero
//
// 2^(e−1) goes into the first floor's nudge, 2x·m makes that floor the upper half of a 64-bit lane, and [x < 0] serves for
// [y < 0]: they differ only at y = 0, where both give 0.
#pragma once
#include <immintrin.h>

#include "CKernels.h"

// The nudges of 2x·m: 2^31 + 2^(31 + e), for the even and the odd channels.
typedef struct {
    __m512i bias, m, right, even, odd;
} narrow_16;

static inline narrow_16 load_narrow_16(const ck_output_stage *s, size_t k) {
    return (narrow_16){
        _mm512_loadu_si512(s->bias + k), _mm512_loadu_si512(s->multiplier + k), _mm512_loadu_si512(s->right + k),
        _mm512_loadu_si512(s->nudge + k), _mm512_loadu_si512(s->nudge + k + 8)};
}

// For vectors of any width: P is their intrinsics' prefix.
#define CK_REQUANTIZE_NARROW(P, VECTOR, x, m, right, nudge_even, nudge_odd) \
    ({ \
        const VECTOR twice_ = P##_add_epi32(x, x); \
        const VECTOR even_ = P##_add_epi64(P##_mul_epi32(twice_, m), nudge_even); \
        const VECTOR odd_ = \
            P##_add_epi64(P##_mul_epi32(P##_srli_epi64(twice_, 32), P##_srli_epi64(m, 32)), nudge_odd); \
        const VECTOR y_ = P##_mask_shuffle_epi32(odd_, 0x5555 & ((1 << (sizeof(VECTOR) / 4)) - 1), even_, 0xf5); \
        P##_srav_epi32(P##_add_epi32(y_, P##_srai_epi32(x, 31)), right); \
    })
