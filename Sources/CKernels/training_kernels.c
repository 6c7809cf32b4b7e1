// The float kernels of training, instantiated per instruction set from one text (training_kernels.inc.h), and their
// choice at run time. An instance defines:
//   LANES          floats per vector
//   LOAD_N(p, n)   vector of p[0..n), zeros behind, 0 < n < LANES; reads nothing else
//   STORE_N(p, v, n)
//   ROWS_1..ROWS_4 rows of the matrix product's register tile for 1..4 vectors of columns
//   TILE_VECTORS   most vectors of columns in a tile: ROWS_n·n accumulators + n + 1 must fit the registers
//   NAME(x), LEVEL, LEVEL_NAME
#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

// The kernel taps [*first, *last) that fall inside an extent of `in` when output `out` is computed.
static inline void taps(
    int64_t out, int64_t stride, int64_t lead, int64_t in, int64_t size, int64_t *first, int64_t *last) {
    int64_t origin = out * stride - lead;
    *first = max64(0, -origin);
    *last = min64(size, in - origin);
}

// Baseline: four lanes, what every 64-bit processor of today has.
#define LANES 4
#define NAME(x) x##_baseline
#define LEVEL 0
#define LEVEL_NAME "baseline"
#define TILE_VECTORS 2
#define ROWS_1 8
#define ROWS_2 4
#define ROWS_3 1
#define ROWS_4 1
#define LOAD_N(p, n) NAME(load_n)(p, n)
#define STORE_N(p, v, n) NAME(store_n)(p, v, n)
#define GENERIC_TAIL 1
#include "training_kernels.inc.h"
#include "training_undefine.inc.h"

#if defined(__x86_64__)

static const int32_t avx2_masks[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define NAME(x) x##_avx2
#define LEVEL 1
#define LEVEL_NAME "avx2"
#define TILE_VECTORS 2
#define ROWS_1 8
#define ROWS_2 6
#define ROWS_3 1
#define ROWS_4 1
#define AVX2_MASK(n) _mm256_loadu_si256((const __m256i *)(avx2_masks + 8 - (n)))
#define LOAD_N(p, n) ((NAME(vector))_mm256_maskload_ps(p, AVX2_MASK(n)))
#define STORE_N(p, v, n) _mm256_maskstore_ps(p, AVX2_MASK(n), (__m256)(v))
#include "training_kernels.inc.h"
#include "training_undefine.inc.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#define LANES 16
#define NAME(x) x##_avx512
#define LEVEL 2
#define LEVEL_NAME "avx512"
#define TILE_VECTORS 4
#define ROWS_1 8
#define ROWS_2 8
#define ROWS_3 8
#define ROWS_4 6
#define AVX512_MASK(n) ((__mmask16)((1u << (n)) - 1))
#define LOAD_N(p, n) ((NAME(vector))_mm512_maskz_loadu_ps(AVX512_MASK(n), p))
#define STORE_N(p, v, n) _mm512_mask_storeu_ps(p, AVX512_MASK(n), (__m512)(v))
#include "training_kernels.inc.h"
#include "training_undefine.inc.h"
#pragma clang attribute pop

#endif

const ck_training_table *ck_training_kernels(int32_t level) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (level >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma"))
        return &table_avx512;
    if (level >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &table_avx2;
#endif
    (void)level;
    return &table_baseline;
}
