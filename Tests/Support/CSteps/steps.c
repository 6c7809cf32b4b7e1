#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CSteps.h"
#include <signal.h>
#include <string.h>

#if defined(__linux__) && defined(__x86_64__)

static _Thread_local volatile uint64_t steps;

static void count(int signal) {
    (void)signal;
    steps++;
}

int32_t steps_available(void) { return 1; }

enum { TRAP_FLAG = 0x100 };

uint64_t steps_of(void (*body)(void *), void *argument) {
    struct sigaction stepping, before;
    memset(&stepping, 0, sizeof stepping);
    stepping.sa_handler = count;
    sigaction(SIGTRAP, &stepping, &before);
    // Test runners block signals on their threads; a blocked trap ends the process.
    sigset_t trap, mask;
    sigemptyset(&trap);
    sigaddset(&trap, SIGTRAP);
    pthread_sigmask(SIG_UNBLOCK, &trap, &mask);
    steps = 0;
    // Below the red zone; the handler runs with the flag cleared, and its return sets it again.
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\torq %0, (%%rsp)\n\tpopfq\n\tleaq 128(%%rsp), %%rsp" : : "i"(TRAP_FLAG) : "cc", "memory");
    body(argument);
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\tandq %0, (%%rsp)\n\tpopfq\n\tleaq 128(%%rsp), %%rsp" : : "i"(~TRAP_FLAG) : "cc", "memory");
    uint64_t counted = steps;
    pthread_sigmask(SIG_SETMASK, &mask, 0);
    sigaction(SIGTRAP, &before, 0);
    return counted;
}

#else

int32_t steps_available(void) { return 0; }
uint64_t steps_of(void (*body)(void *), void *argument) {
    body(argument);
    return 0;
}

#endif
