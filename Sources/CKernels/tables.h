// The list of tables: one line per file of kernels.
#pragma once
#include "CKernels.h"

// Loops over a tile's rows and vectors are unrolled wholly, so that the accumulators are registers and not an array: one
// loop left over costs a store per multiply-accumulate.
#define CK_UNROLL _Pragma("clang loop unroll(full)")
// A loop that is constant in some instances of its function only.
#define CK_UNROLL_SMALL _Pragma("clang loop unroll_count(3)")
// A loop that the compiler would make longer than it is worth: a tail, or one that the decoder limits.
#define CK_PLAIN_LOOP _Pragma("clang loop vectorize(disable) unroll(disable)")

// A pointer that the compiler knows nothing of, so that it does not keep in registers what stands there.
#define CK_OPAQUE(pointer) \
    ({ \
        __typeof__(pointer) opaque_ = pointer; \
        __asm__ volatile("" : "+r"(opaque_)); \
        opaque_; \
    })

// How far a pointer to `lines` lines of 64 bytes moves with each of `steps` steps, so that all are touched, or a line with each step.
static inline size_t ahead_step(size_t lines, size_t steps) {
    return steps <= lines ? lines ? 64 : 0 : (lines * 64 + steps - 1) / steps;
}

#define CK_TABLES(X) \
    X(ck_int_scalar) \
    X(ck_float_scalar) \
    X(ck_int_avx2) \
    X(ck_float_avx2) \
    X(ck_int_avxvnni) \
    X(ck_int_avx512) \
    X(ck_float_avx512) \
    X(ck_int_avx512vnni)

#define CK_DECLARE(name) \
    extern const ck_kernel name[]; \
    extern const size_t name##_count;
CK_TABLES(CK_DECLARE)
#undef CK_DECLARE
