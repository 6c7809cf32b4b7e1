// Reads the script.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "script.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static script read_script;
static int line_number;

void script_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "ScriptedPMU: ");
    if (line_number) fprintf(stderr, "line %d: ", line_number);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

void *next_symbol(const char *name) {
    void *symbol = dlsym(RTLD_NEXT, name);
    if (!symbol) script_fail("no %s behind this library", name);
    return symbol;
}

typedef struct {
    const char *name;
    int value;
} named_error;

// Those of papi.h and errno.h that scripts use.
static const named_error errors[] = {
    {"PAPI_EINVAL", -1},  {"PAPI_ENOMEM", -2},  {"PAPI_ESYS", -3},     {"PAPI_ECMP", -4},   {"PAPI_ECLOST", -5},
    {"PAPI_EBUG", -6},    {"PAPI_ENOEVNT", -7}, {"PAPI_ECNFLCT", -8},  {"PAPI_ENOTRUN", -9}, {"PAPI_EISRUN", -10},
    {"PAPI_EPERM", -15},  {"PAPI_ENOSUPP", -18}, {"PAPI_ECOUNT", -23},
    {"EACCES", EACCES},   {"EPERM", EPERM},     {"ENOENT", ENOENT},    {"ENODEV", ENODEV},
    {"EOPNOTSUPP", EOPNOTSUPP}, {"ENOSYS", ENOSYS}, {"EINVAL", EINVAL}, {"EMFILE", EMFILE},
};

static int error_named(const char *name) {
    for (size_t i = 0; name && i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].name, name) == 0) return errors[i].value;
    script_fail("no error %s", name ? name : "(missing)");
}

static char *rest_of_line;
static char *word(void) { return strtok_r(NULL, " \t\n", &rest_of_line); }

static const char *needed(const char *what) {
    const char *text = word();
    if (!text) script_fail("%s is missing", what);
    return text;
}

static long long integer(const char *text) {
    char *end;
    long long value = strtoll(text, &end, 0);
    if (*end || end == text) script_fail("'%s' is no whole number", text);
    return value;
}

static double number(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text) script_fail("'%s' is no number", text);
    return value;
}

static uint64_t cpu_bits(char *list) {
    uint64_t bits = 0;
    char *rest;
    for (char *part = strtok_r(list, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) bits |= 1ull << integer(part);
    return bits;
}

static void add_value(scripted_event *event, const char *text) {
    const char *times = strchr(text, 'x');
    long long count = times ? strtoll(text, NULL, 10) : 1;
    long long value = integer(times ? times + 1 : text);
    for (long long i = 0; i < count; i++) {
        if (event->value_count == MAX_VALUES) script_fail("more than %d values", MAX_VALUES);
        event->values[event->value_count++] = value;
    }
}

/// COUNT and what stands behind it.
static void read_count(scripted_event *event) {
    event->share = 1;
    event->cpus = ~0ull;
    const char *kind = needed("what it counts");
    if (strcmp(kind, "refuse") == 0) {
        event->kind = COUNT_REFUSED;
        event->refusal = error_named(word());
        return;
    }
    char *next = NULL;
    if (strcmp(kind, "per") == 0) {
        event->kind = COUNT_PER;
        snprintf(event->counter, sizeof event->counter, "%s", needed("a counter"));
        event->factor = number(needed("a factor"));
    } else if (strcmp(kind, "rate") == 0) {
        event->kind = COUNT_RATE;
        event->factor = number(needed("a factor"));
    } else if (strcmp(kind, "values") == 0) {
        event->kind = COUNT_VALUES;
        while ((next = word()) && ((*next >= '0' && *next <= '9') || *next == '-')) add_value(event, next);
        if (event->value_count == 0) script_fail("no values");
    } else {
        script_fail("'%s' is no way to count", kind);
    }
    if (!next) next = word();
    for (; next; next = word()) {
        if (strcmp(next, "fails") == 0) {
            const char *where = needed("start or stop");
            int round = (int)integer(needed("a round"));
            if (strcmp(where, "start") == 0) event->fails_at_start = round;
            else if (strcmp(where, "stop") == 0) event->fails_at_stop = round;
            else script_fail("'%s' is neither start nor stop", where);
            event->failure = error_named(word());
        } else if (strcmp(next, "plus") == 0) {
            event->plus = integer(needed("a number"));
        } else if (strcmp(next, "cpus") == 0) {
            event->cpus = cpu_bits((char *)needed("processors"));
        } else if (strcmp(next, "share") == 0) {
            event->share = number(needed("a share"));
        } else {
            script_fail("'%s' is not understood", next);
        }
    }
}

static uint32_t perf_type(const char *name) {
    // perf_event.h: PERF_TYPE_HARDWARE …
    static const char *const names[] = {"hardware", "software", "tracepoint", "cache", "raw"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return i;
    script_fail("no type %s", name);
}

static void read_line(char *line) {
    line[strcspn(line, "#\n")] = 0;
    const char *key = strtok_r(line, " \t", &rest_of_line);
    if (!key) return;
    if (strcmp(key, "counters") == 0) {
        read_script.counters = (int)integer(needed("a number"));
    } else if (strcmp(key, "disabled") == 0) {
        while (*rest_of_line == ' ') rest_of_line++;
        snprintf(read_script.disabled, sizeof read_script.disabled, "%s", rest_of_line);
    } else if (strcmp(key, "file") == 0) {
        if (read_script.file_count == 8) script_fail("more than 8 files");
        int file = read_script.file_count++;
        snprintf(read_script.file_paths[file], sizeof read_script.file_paths[file], "%s", needed("a path"));
        char *out = read_script.file_texts[file], *end = out + sizeof read_script.file_texts[file] - 2;
        for (const char *in = rest_of_line + strspn(rest_of_line, " "); *in && out < end; in++) {
            if (in[0] == '\\' && in[1] == 'n') {
                *out++ = '\n';
                in++;
            } else {
                *out++ = *in;
            }
        }
        *out++ = '\n';
    } else if (strcmp(key, "event") == 0 || strcmp(key, "perf") == 0) {
        if (read_script.event_count == MAX_EVENTS) script_fail("more than %d events", MAX_EVENTS);
        scripted_event *event = &read_script.events[read_script.event_count++];
        const char *name = needed("a name");
        if (strcmp(key, "event") == 0) {
            snprintf(event->name, sizeof event->name, "%s", name);
        } else {
            event->perf_type = perf_type(name);
            const char *config = needed("a config");
            event->perf_config = strcmp(config, "*") == 0 ? ANY_CONFIG : integer(config);
        }
        read_count(event);
    } else {
        script_fail("'%s' is not understood", key);
    }
}

static void read_all(void) {
    const char *path = getenv("SCRIPTED_PMU");
    if (!path) script_fail("SCRIPTED_PMU names no script");
    // Not the interposed one, which asks for the script.
    FILE *(*open_file)(const char *, const char *) = (FILE * (*)(const char *, const char *)) next_symbol("fopen");
    FILE *file = open_file(path, "r");
    if (!file) script_fail("%s: %s", path, strerror(errno));
    read_script.counters = 4;
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) >= 0) {
        line_number++;
        read_line(line);
    }
    line_number = 0;
    free(line);
    fclose(file);
}

const script *the_script(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_all);
    return &read_script;
}
