// Addition in float32; the output may be an input.
#pragma once
#include "CKernels.h"

// As for CK_FLOAT_DEPTHWISE_ROW.
#define CK_FLOAT_ADD(NAME, VECTOR, P, LANES, MASK, MASK_OF, LOAD, STORE) \
    static void NAME(size_t count, const float *a, const float *b, float *out, float lower, float upper) { \
        const VECTOR low = P##_set1_ps(lower), high = P##_set1_ps(upper); \
        size_t i = 0; \
        for (; i + LANES <= count; i += LANES) { \
            const VECTOR sum = P##_add_ps(P##_loadu_ps(a + i), P##_loadu_ps(b + i)); \
            P##_storeu_ps(out + i, P##_min_ps(P##_max_ps(sum, low), high)); \
        } \
        if (i < count) { \
            const MASK present = MASK_OF(count - i); \
            const VECTOR sum = P##_add_ps(LOAD(a + i, present), LOAD(b + i, present)); \
            STORE(out + i, present, P##_min_ps(P##_max_ps(sum, low), high)); \
        } \
    }
