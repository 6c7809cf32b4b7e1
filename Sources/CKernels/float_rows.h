// NAME(t): any number of rows by TILE(t), which takes R of them at most and fetches nothing ahead.
#pragma once
#include "CKernels.h"

#define CK_FLOAT_ROWS(NAME, TILE, R) \
    static void NAME(const ck_float_rows *t) { \
        ck_float_rows tile_ = *t; \
        for (size_t left = t->rows; left > 0; left -= tile_.rows) { \
            tile_.rows = left < R ? left : R; \
            TILE(&tile_); \
            tile_.a += t->a_step; \
            tile_.start += R * t->start_stride; \
            tile_.out += R * t->out_stride; \
            if (t->addend) tile_.addend += R * t->addend_stride; \
        } \
    }
