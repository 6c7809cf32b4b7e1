// Depthwise 3×3 windows of stride 1 and 2 in float32, a row of output pixels at a time: the columns of the window slide through
// registers, so that every input element is loaded once per row of windows, whatever sets of the cache its channels share.
#pragma once
#include "CKernels.h"

// P: prefix of the intrinsics; LANES: channels of a vector; MASK, MASK_OF, LOAD and STORE: a mask of the first n lanes, and memory
// under it. Two neighbouring pixels are summed together: nine dependent additions leave room for others.
#define CK_FLOAT_DEPTHWISE_ROW(NAME, VECTOR, P, LANES, MASK, MASK_OF, LOAD, STORE) \
    static inline __attribute__((always_inline)) void NAME##_column( \
        const ck_row_window *d, ptrdiff_t x, size_t c, MASK present, VECTOR u[3], const int full) { \
        const int inside = x >= 0 && x < (ptrdiff_t)d->input_width; \
        CK_UNROLL for (int r = 0; r < 3; r++) { \
            const uint8_t *p = inside ? d->row[r] + x * (ptrdiff_t)d->step[r] : d->padding; \
            u[r] = full ? P##_loadu_ps((const float *)p + c) : LOAD((const float *)p + c, present); \
        } \
    } \
    static inline __attribute__((always_inline)) void NAME##_store( \
        float *out, VECTOR value, MASK present, const int full) { \
        if (full) P##_storeu_ps(out, value); \
        else STORE(out, present, value); \
    } \
    static inline __attribute__((always_inline)) void NAME##_block( \
        const ck_float_depthwise_row *d, size_t c, size_t count, const int stride, const int full) { \
        enum { PAIR = 2 }; \
        const ck_row_window *window = &d->window; \
        const MASK present = MASK_OF(count); \
        const VECTOR lower = P##_set1_ps(d->lower), upper = P##_set1_ps(d->upper); \
        const VECTOR bias = LOAD(d->bias + c, present); \
        VECTOR w[9], u[2 * PAIR + 1][3]; \
        CK_UNROLL for (int tap = 0; tap < 9; tap++) w[tap] = LOAD(d->w + (size_t)tap * d->total + c, present); \
        ptrdiff_t x = window->left; \
        float *out = d->out + c; \
        CK_UNROLL for (int i = 0; i < 3 - stride; i++) NAME##_column(window, x + i, c, present, u[i], full); \
        size_t left = window->pixels; \
        for (; left >= PAIR; left -= PAIR, x += PAIR * stride, out += PAIR * d->out_stride) { \
            CK_UNROLL for (int i = 3 - stride; i < 3 + (PAIR - 1) * stride; i++) \
                NAME##_column(window, x + i, c, present, u[i], full); \
            VECTOR sum[PAIR] = {bias, bias}; \
            CK_UNROLL for (int tap = 0; tap < 9; tap++) \
                CK_UNROLL for (int p = 0; p < PAIR; p++) \
                    sum[p] = P##_fmadd_ps(u[p * stride + tap % 3][tap / 3], w[tap], sum[p]); \
            CK_UNROLL for (int p = 0; p < PAIR; p++) \
                NAME##_store(out + (size_t)p * d->out_stride, P##_min_ps(P##_max_ps(sum[p], lower), upper), present, full); \
            CK_UNROLL for (int i = 0; i < 3 - stride; i++) \
                CK_UNROLL for (int r = 0; r < 3; r++) u[i][r] = u[i + PAIR * stride][r]; \
        } \
        if (left > 0) { \
            CK_UNROLL for (int i = 3 - stride; i < 3; i++) NAME##_column(window, x + i, c, present, u[i], full); \
            VECTOR sum = bias; \
            CK_UNROLL for (int tap = 0; tap < 9; tap++) sum = P##_fmadd_ps(u[tap % 3][tap / 3], w[tap], sum); \
            NAME##_store(out, P##_min_ps(P##_max_ps(sum, lower), upper), present, full); \
        } \
    } \
    static void NAME(const ck_float_depthwise_row *d) { \
        const size_t end = d->first + d->channels; \
        for (size_t c = d->first; c < end; c += LANES) { \
            const size_t count = end - c < LANES ? end - c : LANES; \
            if (d->window.stride == 1 && count == LANES) NAME##_block(d, c, count, 1, 1); \
            else if (d->window.stride == 1) NAME##_block(d, c, count, 1, 0); \
            else if (count == LANES) NAME##_block(d, c, count, 2, 1); \
            else NAME##_block(d, c, count, 2, 0); \
        } \
    }
