// CSteps: counts the instructions of a call by letting the processor trap after each of them. Called by DoctorTests.
#pragma once
#include <stdint.h>

/// 1 where steps can be counted (Linux, x86-64), else 0.
int32_t steps_available(void);
/// Instructions of user mode that `body(argument)` executes on the calling thread, with a constant few around it; some
/// thousand times slower than without. A `rep` instruction is one step each time it repeats.
uint64_t steps_of(void (*body)(void *), void *argument);
