// What events count.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "script.h"
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    char name[NAME_LENGTH];
    const int64_t *address;
} counters[MAX_EVENTS];
static int counter_count;

void count_register(const char *name, const int64_t *address) {
    if (counter_count == MAX_EVENTS) script_fail("more than %d software-defined counters", MAX_EVENTS);
    snprintf(counters[counter_count].name, NAME_LENGTH, "%s", name);
    counters[counter_count++].address = address;
}

static int64_t counter_value(const char *name) {
    for (int i = 0; i < counter_count; i++)
        if (strcmp(counters[i].name, name) == 0) return __atomic_load_n(counters[i].address, __ATOMIC_RELAXED);
    script_fail("the program registered no software-defined counter %s", name);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// Rounds of each event that this thread has begun.
static _Thread_local int rounds[MAX_EVENTS];

int count_start(int index, count_base *base) {
    const scripted_event *event = &the_script()->events[index];
    int round = ++rounds[index];
    if (event->fails_at_start && round >= event->fails_at_start) return event->failure;
    base->counter = event->kind == COUNT_PER ? counter_value(event->counter) : 0;
    base->nanoseconds = now();
    return 0;
}

int count_stop(int index, const count_base *base, long long *count) {
    const scripted_event *event = &the_script()->events[index];
    int round = rounds[index];
    if (event->fails_at_stop && round >= event->fails_at_stop) return event->failure;
    switch (event->kind) {
    case COUNT_PER:
        *count = llround(event->factor * (double)(counter_value(event->counter) - base->counter)) + event->plus;
        break;
    case COUNT_RATE: *count = llround(event->factor * (double)(now() - base->nanoseconds)); break;
    case COUNT_VALUES: *count = event->values[(round <= event->value_count ? round : event->value_count) - 1]; break;
    case COUNT_REFUSED: abort();
    }
    int cpu = sched_getcpu();
    if (cpu >= 0 && cpu < 64 && !(event->cpus >> cpu & 1)) *count = 0;
    return 0;
}
