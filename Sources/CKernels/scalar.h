// The portable kernels, which every instruction set may fall back to.
#pragma once
#include "CKernels.h"

void ck_output_scalar(
    size_t rows, size_t columns, const int32_t *acc, size_t acc_stride, const int32_t *row_sums,
    const ck_output_stage *stage, size_t channel, uint8_t *out, size_t out_stride);
