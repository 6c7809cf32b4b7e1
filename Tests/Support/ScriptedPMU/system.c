// perf_event_open, its ioctls, and files that tell why counters are missing. The system calls themselves are the kernel's.
#if defined(__linux__)
#define _GNU_SOURCE
#include "script.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// A descriptor of ours is a file in memory: what a counter shows is written there, so that read(2) needs no part in it.

enum { MAX_DESCRIPTORS = 1024 };

typedef struct {
    int event;   // plus 1; 0 is not ours
    int leader;  // of its group; its own descriptor if it leads
    int running;
    uint64_t shown[3];  // value, nanoseconds enabled, nanoseconds running since it was opened
    count_base base;
} played_counter;

_Thread_local int is_in_libpapi;

static played_counter descriptors[MAX_DESCRIPTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static played_counter *played(int descriptor) {
    return descriptor >= 0 && descriptor < MAX_DESCRIPTORS && descriptors[descriptor].event ? &descriptors[descriptor]
                                                                                           : NULL;
}

/// The script's event: its own line before one for every config; −1 if the kernel is to be asked.
static int event_of(const struct perf_event_attr *attributes) {
    const script *script = the_script();
    for (int exact = 1; exact >= 0; exact--)
        for (int i = 0; i < script->event_count; i++) {
            const scripted_event *event = &script->events[i];
            if (*event->name || event->perf_type != attributes->type) continue;
            if (event->perf_config == (exact ? (int64_t)attributes->config : ANY_CONFIG)) return i;
        }
    return -1;
}

static long failed(int error) {
    errno = error;
    return -1;
}

static long open_counter(int event, int leader) {
    const scripted_event *scripted = &the_script()->events[event];
    if (scripted->kind == COUNT_REFUSED) return failed(scripted->refusal);
    if (leader >= 0) {
        // As the kernel: a group that could never be on the counters together is no group.
        int members = 0;
        for (int i = 0; i < MAX_DESCRIPTORS; i++) members += played(i) && descriptors[i].leader == leader;
        if (!played(leader) || members >= the_script()->counters) return failed(EINVAL);
    }
    int descriptor = memfd_create("scripted counter", MFD_CLOEXEC);
    if (descriptor >= MAX_DESCRIPTORS) script_fail("more than %d descriptors", MAX_DESCRIPTORS);
    if (descriptor >= 0)
        descriptors[descriptor] = (played_counter){.event = event + 1, .leader = leader < 0 ? descriptor : leader};
    return descriptor;
}

long syscall(long number, ...) {
    va_list list;
    va_start(list, number);
    long a[6];
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    static long (*real)(long, ...);
    if (!real) real = (long (*)(long, ...))next_symbol("syscall");
    if (number != SYS_perf_event_open || is_in_libpapi)
        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    int event = event_of((const struct perf_event_attr *)a[0]);
    if (event < 0) return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    pthread_mutex_lock(&lock);
    long descriptor = open_counter(event, (int)a[3]);
    pthread_mutex_unlock(&lock);
    return descriptor;
}

/// Writes what the counter shows, and goes back to the beginning.
static void show(int descriptor, const played_counter *counter) {
    lseek(descriptor, 0, SEEK_SET);
    if (write(descriptor, counter->shown, sizeof counter->shown) != sizeof counter->shown)
        script_fail("write: %s", strerror(errno));
    lseek(descriptor, 0, SEEK_SET);
}

static int enable(int descriptor, played_counter *counter) {
    (void)descriptor;
    if (counter->running) return 0;
    if (count_start(counter->event - 1, &counter->base) != 0) return (int)failed(EIO);
    counter->running = 1;
    return 0;
}

static int disable(int descriptor, played_counter *counter) {
    if (!counter->running) return 0;
    counter->running = 0;
    long long count = 0;
    if (count_stop(counter->event - 1, &counter->base, &count) != 0) {
        // Nothing can be read any more.
        if (ftruncate(descriptor, 0) != 0) script_fail("ftruncate: %s", strerror(errno));
        lseek(descriptor, 0, SEEK_END);
        return 0;
    }
    const uint64_t enabled = 1000000;
    counter->shown[0] += (uint64_t)count;
    counter->shown[1] += enabled;
    counter->shown[2] += (uint64_t)(the_script()->events[counter->event - 1].share * (double)enabled);
    show(descriptor, counter);
    return 0;
}

/// On one counter, or on all of the group that it leads.
static int each(int descriptor, int group, int (*action)(int, played_counter *)) {
    if (!group) return action(descriptor, &descriptors[descriptor]);
    int result = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_DESCRIPTORS && result == 0; i++)
        if (played(i) && descriptors[i].leader == descriptor) result = action(i, &descriptors[i]);
    pthread_mutex_unlock(&lock);
    return result;
}

int ioctl(int descriptor, unsigned long request, ...) {
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    static int (*real)(int, unsigned long, ...);
    if (!real) real = (int (*)(int, unsigned long, ...))next_symbol("ioctl");
    played_counter *counter = played(descriptor);
    if (!counter) return real(descriptor, request, argument);
    int group = ((uintptr_t)argument & PERF_IOC_FLAG_GROUP) != 0;
    switch (request) {
    case PERF_EVENT_IOC_RESET: counter->shown[0] = 0; return 0;
    case PERF_EVENT_IOC_ENABLE: return each(descriptor, group, enable);
    case PERF_EVENT_IOC_DISABLE: return each(descriptor, group, disable);
    default: return real(descriptor, request, argument);
    }
}

int close(int descriptor) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))next_symbol("close");
    if (played(descriptor)) descriptors[descriptor].event = 0;
    return real(descriptor);
}

// Files

/// The text that a path has in the script; NULL if the file is the system's own. Only such paths are looked for: others are
/// opened before there is a script.
static const char *scripted_text(const char *path) {
    if (strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/sys/", 5) != 0) return NULL;
    const script *script = the_script();
    for (int i = 0; i < script->file_count; i++)
        if (strcmp(script->file_paths[i], path) == 0) return script->file_texts[i];
    return NULL;
}

FILE *fopen(const char *path, const char *mode) {
    static FILE *(*real)(const char *, const char *);
    if (!real) real = (FILE * (*)(const char *, const char *)) next_symbol("fopen");
    const char *text = scripted_text(path);
    return text ? fmemopen((void *)text, strlen(text), mode) : real(path, mode);
}

int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    static int (*real)(const char *, int, ...);
    if (!real) real = (int (*)(const char *, int, ...))next_symbol("open");
    const char *text = scripted_text(path);
    if (!text) return real(path, flags, mode);
    int descriptor = memfd_create("scripted file", MFD_CLOEXEC);
    if (descriptor < 0) return descriptor;
    if (write(descriptor, text, strlen(text)) < 0) script_fail("write: %s", strerror(errno));
    lseek(descriptor, 0, SEEK_SET);
    return descriptor;
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

#endif
