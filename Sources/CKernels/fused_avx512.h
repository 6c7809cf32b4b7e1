// The output stage of fused_stage.h on AVX-512.
#pragma once
#include "fused_stage.h"

// For vectors of any width: P is their intrinsics' prefix, m_odd holds 2m of the odd lanes in the even ones, `shifts` is the mask of the
// lanes with e > 0. The result holds Z3.
#define CK_REQUANTIZE_FUSED(P, VECTOR, x, m, m_odd, e, even, odd, sign, shifts) \
    ({ \
        const VECTOR even_ = P##_add_epi64(P##_mul_epu32(x, m), even); \
        const VECTOR odd_ = P##_add_epi64(P##_mul_epu32(P##_srli_epi64(x, 32), m_odd), odd); \
        VECTOR y_ = P##_mask_shuffle_epi32(odd_, 0x5555 & ((1 << (sizeof(VECTOR) / 4)) - 1), even_, 0xf5); \
        if (sign) y_ = P##_mask_add_epi32(y_, shifts, y_, P##_srli_epi32(x, 30)); \
        P##_srav_epi32(y_, e); \
    })

// What a stored e means: how far to the right, and how far to the left.
#define CK_RIGHT(P, VECTOR, e) P##_max_epi32(e, (VECTOR){0})
#define CK_LEFT(P, VECTOR, e) P##_max_epi32(P##_sub_epi32((VECTOR){0}, e), (VECTOR){0})

// c + floor(a·b / 2^52), a and b below 2^52. By its name, since the functions around it must run on processors without it, too.
#define CK_MADD52_HIGH(VECTOR, c, a, b) \
    ({ \
        VECTOR sum_ = c; \
        __asm__("vpmadd52huq %2, %1, %0" : "+v"(sum_) : "v"(a), "v"(b)); \
        sum_; \
    })

// The line: x holds x + d.
#define CK_REQUANTIZE_LINE(P, VECTOR, x, b_even, b_odd, c_even, c_odd) \
    ({ \
        const VECTOR low_ = P##_and_##VECTOR(x, P##_set1_epi64##VECTOR(0xffffffff)); \
        const VECTOR even_ = CK_MADD52_HIGH(VECTOR, c_even, low_, b_even); \
        const VECTOR odd_ = CK_MADD52_HIGH(VECTOR, c_odd, P##_srli_epi64(x, 32), b_odd); \
        P##_mask_shuffle_epi32(even_, 0xaaaa & ((1 << (sizeof(VECTOR) / 4)) - 1), odd_, 0xa0); \
    })
#define _mm512_and___m512i(a, b) _mm512_and_si512(a, b)
#define _mm256_and___m256i(a, b) _mm256_and_si256(a, b)
#define _mm_and___m128i(a, b) _mm_and_si128(a, b)
#define _mm512_set1_epi64__m512i(a) _mm512_set1_epi64(a)
#define _mm256_set1_epi64__m256i(a) _mm256_set1_epi64x(a)
#define _mm_set1_epi64__m128i(a) _mm_set1_epi64x(a)
