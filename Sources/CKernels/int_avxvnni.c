// Integer kernels for AVX-VNNI: 256 bits, VEX coding.
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#define DPBUSD256(acc, a, w) _mm256_dpbusd_avx_epi32(acc, a, w)
#include "depthwise_vnni256.h"
#include "int_vnni256.h"

// 12 independent chains of 32 MACs each.
static uint64_t ceiling(uint64_t iterations) {
    __m256i acc[12];
    for (int i = 0; i < 12; i++) acc[i] = _mm256_setzero_si256();
    __m256i a = _mm256_set1_epi8(3), w = _mm256_set1_epi8(5);
    for (uint64_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+x"(a), "+x"(w));
        for (int i = 0; i < 12; i++) acc[i] = DPBUSD256(acc[i], a, w);
    }
    for (int i = 0; i < 12; i++) __asm__ volatile("" : : "x"(acc[i]));
    return iterations * 12 * 32;
}
#pragma clang attribute pop

const ck_kernel ck_int_avxvnni[] = {
    {.name = "u8s8_gemm_6x16c4__avxvnni", .kind = CK_INT_GEMM, .isa = CK_ISA_AVXVNNI, .rows = ROWS_256,
     .columns = COLUMNS_256, .vector = 8, .depth_unit = 4, .weight_bytes = 1, .int_gemm = gemm_6x16c4_256,
     .int_gemm_fused = gemm_6x16c4_fused_256, .stage_bytes = stage_bytes_256, .stage_pack = stage_pack_256},
    {.name = "u8s8_depthwise_32c4__avxvnni", .kind = CK_INT_DEPTHWISE, .isa = CK_ISA_AVXVNNI, .columns = 32,
     .weight_bytes = 1, .int_depthwise = depthwise_32_256, .int_depthwise_pack = depthwise_pack_256,
     .pack_bytes = depthwise_bytes_256, .int_depthwise_row = depthwise_row_32c4_256,
     .int_depthwise_row_pack = depthwise_row_pack_256, .stage_bytes = depthwise_stage_bytes_256,
     .stage_pack = depthwise_stage_pack_256},
    {.name = "ceiling_int__avxvnni", .kind = CK_INT_CEILING, .isa = CK_ISA_AVXVNNI, .ceiling = ceiling},
};
const size_t ck_int_avxvnni_count = sizeof ck_int_avxvnni / sizeof *ck_int_avxvnni;
#else
const ck_kernel ck_int_avxvnni[] = {{0}};
const size_t ck_int_avxvnni_count = 0;
#endif
