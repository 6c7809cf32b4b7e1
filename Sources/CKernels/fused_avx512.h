// The output stage of fused_stage.h on AVX-512.
#pragma once
#include "fused_stage.h"

// For vectors of any width: P is their intrinsics' prefix, `shifts` the mask of the lanes with e > 0. The result holds Z3.
#define CK_REQUANTIZE_FUSED(P, VECTOR, x, m, e, even, odd, sign, shifts) \
    ({ \
        const VECTOR even_ = P##_add_epi64(P##_mul_epu32(x, m), even); \
        const VECTOR odd_ = P##_add_epi64(P##_mul_epu32(P##_srli_epi64(x, 32), P##_srli_epi64(m, 32)), odd); \
        VECTOR y_ = P##_mask_shuffle_epi32(odd_, 0x5555 & ((1 << (sizeof(VECTOR) / 4)) - 1), even_, 0xf5); \
        if (sign) y_ = P##_mask_add_epi32(y_, shifts, y_, P##_srli_epi32(x, 30)); \
        P##_srav_epi32(y_, e); \
    })

// What a stored e means: how far to the right, and how far to the left.
#define CK_RIGHT(P, VECTOR, e) P##_max_epi32(e, (VECTOR){0})
#define CK_LEFT(P, VECTOR, e) P##_max_epi32(P##_sub_epi32((VECTOR){0}, e), (VECTOR){0})
