// Sticky exception flags of the SSE unit: bits 0…5 of MXCSR.
#include "CPlatform.h"

#if defined(__x86_64__)

enum { ALL_FLAGS = 0x3f };

int32_t cp_fp_flags(void) {
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr) : : "memory");
    return (int32_t)(mxcsr & ALL_FLAGS);
}

int32_t cp_fp_clear_flags(void) {
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr) : : "memory");
    uint32_t cleared = mxcsr & ~(uint32_t)ALL_FLAGS;
    __asm__ volatile("ldmxcsr %0" : : "m"(cleared) : "memory");
    return (int32_t)(mxcsr & ALL_FLAGS);
}

#else

int32_t cp_fp_flags(void) { return -1; }
int32_t cp_fp_clear_flags(void) { return -1; }

#endif
