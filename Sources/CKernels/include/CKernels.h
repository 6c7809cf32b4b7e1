// CKernels: the SIMD micro-kernels and the one table of all of them. No intrinsics in this header: the Swift importer
// does not survive them.
#pragma once
#include <stdint.h>
#include <stddef.h>

#include "CKernelsTraining.h"
