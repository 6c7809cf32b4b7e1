// The script in memory, and what its events count.
#pragma once
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

enum { MAX_EVENTS = 128, MAX_VALUES = 512, NAME_LENGTH = 128, ANY_CONFIG = -1 };

typedef enum { COUNT_PER, COUNT_RATE, COUNT_VALUES, COUNT_REFUSED } count_kind;

typedef struct {
    char name[NAME_LENGTH];  // of an event of PAPI; empty for one of perf_event_open
    uint32_t perf_type;
    int64_t perf_config;
    count_kind kind;
    char counter[NAME_LENGTH];
    double factor;
    long long plus;
    long long values[MAX_VALUES];
    int value_count;
    int refusal;          // PAPI's error, or errno
    int fails_at_start;   // 0, or the round from which on
    int fails_at_stop;
    int failure;          // PAPI's error
    uint64_t cpus;        // bits
    double share;
} scripted_event;

typedef struct {
    int counters;
    char disabled[512];
    scripted_event events[MAX_EVENTS];
    int event_count;
    char file_paths[8][256];
    char file_texts[8][1024];
    int file_count;
} script;

/// The script, read at the first call; ends the process if there is none or it is not understood.
const script *the_script(void);
/// Ends the process with a message.
__attribute__((noreturn, format(printf, 1, 2))) void script_fail(const char *format, ...);

/// What an event's count grows from.
typedef struct {
    int64_t counter;
    uint64_t nanoseconds;
} count_base;

/// Begins a round of an event on the calling thread. Returns 0, or the event's failure.
int count_start(int event, count_base *base);
/// Ends it. Returns 0 and the count, or the event's failure.
int count_stop(int event, const count_base *base, long long *count);

/// A software-defined counter that the program registered; called by the interposed libsde function.
void count_register(const char *name, const int64_t *address);

/// While it is set, the calling thread's system calls are the kernel's: libpapi tries perf_event_open out when it starts,
/// and maps what it gets.
extern _Thread_local int is_in_libpapi;

/// The next definition of a symbol behind this library; ends the process without one.
void *next_symbol(const char *name);
