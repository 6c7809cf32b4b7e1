// CPlatform: the small things that only C can say.
#pragma once
#include <stdint.h>

/// Optimisation barrier: the compiler must assume that `p`'s pointee was read and written.
static inline void cp_clobber(const void *p) { __asm__ volatile("" : : "r"(p) : "memory"); }
