// Addition as two products of 16 bits, for scales at which AdditionByProducts.swift has shown it exact for all pairs of bytes:
//
//   out = clamp((((a·p₀ + b·q₀ + r₀) >> 15) + a·p₁ + b·q₁ + r₁) >> shift)        p = p₁·2^15 + p₀, 0 ≤ p₀ < 2^15
//
// Nested floors are one floor, so that p, q and r have 15 bits more than the products. Bytes are interleaved to pairs of int16,
// (a, b) in 32 bits; unpacking and packing work inside 128-bit lanes alike, and elements come out in order.
#pragma once
#include <immintrin.h>
#include <string.h>

#include "CKernels.h"

// P: prefix of the intrinsics; BITS: of a vector.
#define CK_ADD_PRODUCTS(NAME, VECTOR, P, BITS) \
    static void NAME(size_t count, const uint8_t *a, const uint8_t *b, uint8_t *out, const ck_int_add *s) { \
        enum { BYTES = BITS / 8 }; \
        const VECTOR flip = P##_set1_epi8(s->is_signed ? (char)0x80 : 0), zero = P##_setzero_si##BITS(); \
        const VECTOR low = P##_set1_epi32(s->low), start_low = P##_set1_epi32(s->start_low); \
        const VECTOR high = P##_set1_epi32(s->high), start_high = P##_set1_epi32(s->start_high); \
        const __m128i shift = _mm_cvtsi32_si128(s->shift); \
        const int lift = s->is_signed ? 128 : 0; \
        const VECTOR lower = P##_set1_epi8((char)(s->lower + lift)), upper = P##_set1_epi8((char)(s->upper + lift)); \
        uint8_t left[BYTES] = {0}, right[BYTES] = {0}, bytes[BYTES]; \
        for (size_t i = 0; i < count; i += BYTES, a += BYTES, b += BYTES) { \
            const size_t n = count - i < BYTES ? count - i : BYTES; \
            if (n < BYTES) { /* the last ones through buffers: nothing is read behind the tensors */ \
                memcpy(left, a, n); \
                memcpy(right, b, n); \
                a = left; \
                b = right; \
            } \
            const VECTOR u = P##_xor_si##BITS(P##_loadu_si##BITS((const VECTOR *)a), flip); \
            const VECTOR v = P##_xor_si##BITS(P##_loadu_si##BITS((const VECTOR *)b), flip); \
            const VECTOR pairs[2] = {P##_unpacklo_epi8(u, v), P##_unpackhi_epi8(u, v)}; \
            VECTOR x[4]; \
            CK_UNROLL for (int q = 0; q < 4; q++) { \
                const VECTOR ab = q % 2 ? P##_unpackhi_epi8(pairs[q / 2], zero) : P##_unpacklo_epi8(pairs[q / 2], zero); \
                const VECTOR fine = P##_srai_epi32(P##_add_epi32(P##_madd_epi16(ab, low), start_low), 15); \
                x[q] = P##_add_epi32(P##_add_epi32(P##_madd_epi16(ab, high), start_high), fine); \
                x[q] = P##_sra_epi32(x[q], shift); \
            } \
            VECTOR y = P##_packus_epi16(P##_packs_epi32(x[0], x[1]), P##_packs_epi32(x[2], x[3])); \
            y = P##_xor_si##BITS(P##_min_epu8(P##_max_epu8(y, lower), upper), flip); \
            if (n == BYTES) { \
                P##_storeu_si##BITS((VECTOR *)(out + i), y); \
            } else { \
                P##_storeu_si##BITS((VECTOR *)bytes, y); \
                memcpy(out + i, bytes, n); \
            } \
        } \
    }

static int add_products_takes(const ck_int_add *s) { return s->by_products; }
