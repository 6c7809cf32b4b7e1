// Integer kernels for AVX512-VNNI. vpdpbusd adds four u8×s8 products to each of 16 int32 lanes, without saturation.
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#define DPBUSD256(acc, a, w) _mm256_dpbusd_epi32(acc, a, w)
#include "depthwise_vnni256.h"
#include "int_vnni256.h"
#include "gemm_avx512vnni.h"
#include "fused_gemm_avx512vnni.h"
#include "depthwise_avx512vnni.h"

// 12 independent chains of 64 MACs each.
static uint64_t ceiling(uint64_t iterations) {
    __m512i acc[12];
    for (int i = 0; i < 12; i++) acc[i] = _mm512_setzero_si512();
    __m512i a = _mm512_set1_epi8(3), w = _mm512_set1_epi8(5);
    for (uint64_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+v"(a), "+v"(w));
        for (int i = 0; i < 12; i++) acc[i] = _mm512_dpbusd_epi32(acc[i], a, w);
    }
    for (int i = 0; i < 12; i++) __asm__ volatile("" : : "v"(acc[i]));
    return iterations * 12 * 64;
}
#pragma clang attribute pop

const ck_kernel ck_int_avx512vnni[] = {
    {.name = "u8s8_gemm_6x16c4__avx512vnni", .kind = CK_INT_GEMM, .isa = CK_ISA_AVX512VNNI, .rows = ROWS_256,
     .columns = COLUMNS_256, .vector = 8, .depth_unit = 4, .weight_bytes = 1, .int_gemm = gemm_6x16c4_256,
     .int_gemm_fused = gemm_6x16c4_fused_256, .stage_bytes = stage_bytes_256, .stage_pack = stage_pack_256},
    {.name = "u8s8_gemm_6x64c4__avx512vnni", .kind = CK_INT_GEMM, .isa = CK_ISA_AVX512VNNI, .rows = ROWS,
     .columns = COLUMNS, .vector = 16, .depth_unit = 4, .weight_bytes = 1, .int_gemm = gemm_6x64c4,
     .int_gemm_fused = gemm_6x64c4_fused, .fuses_add = 1, .row_sums = row_sums, .stage_bytes = gemm_stage_bytes,
     .stage_pack = gemm_stage_pack},
    {.name = "u8s8_depthwise_32c4__avx512vnni", .kind = CK_INT_DEPTHWISE, .isa = CK_ISA_AVX512VNNI, .columns = 32,
     .weight_bytes = 1, .int_depthwise = depthwise_32_256, .int_depthwise_pack = depthwise_pack_256,
     .pack_bytes = depthwise_bytes_256, .int_depthwise_row = depthwise_row_32c4_256,
     .int_depthwise_row_pack = depthwise_row_pack_256, .stage_bytes = depthwise_stage_bytes_256,
     .stage_pack = depthwise_stage_pack_256},
    {.name = "u8s8_depthwise_64c4__avx512vnni", .kind = CK_INT_DEPTHWISE, .isa = CK_ISA_AVX512VNNI, .columns = 64,
     .weight_bytes = 1, .int_depthwise = depthwise_64c4, .int_depthwise_pack = depthwise_pack,
     .pack_bytes = depthwise_bytes, .int_depthwise_row = depthwise_row_64c4, .int_depthwise_row_pack = depthwise_row_pack,
     .stage_bytes = depthwise_stage_bytes, .stage_pack = depthwise_stage_pack},
    {.name = "ceiling_int__avx512vnni", .kind = CK_INT_CEILING, .isa = CK_ISA_AVX512VNNI, .ceiling = ceiling},
};
const size_t ck_int_avx512vnni_count = sizeof ck_int_avx512vnni / sizeof *ck_int_avx512vnni;
#else
const ck_kernel ck_int_avx512vnni[] = {{0}};
const size_t ck_int_avx512vnni_count = 0;
#endif
