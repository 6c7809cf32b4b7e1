// libpapi's component perf_event, played. Functions that are not here are the real library's.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "script.h"
#if __has_include(<papi.h>)
#include <papi.h>
#include <string.h>

#define REAL(function) ((__typeof__(&function))next_symbol(#function))

int PAPI_library_init(int version) {
    is_in_libpapi = 1;
    int result = REAL(PAPI_library_init)(version);
    is_in_libpapi = 0;
    return result;
}

// Names and codes

// Native codes of ours lie far above the real library's, which counts them from 0.
enum { FIRST_NATIVE = PAPI_NATIVE_MASK | 0x3000000 };

static int perf_component(void) {
    int count = REAL(PAPI_num_components)();
    for (int i = 0; i < count; i++) {
        const PAPI_component_info_t *info = REAL(PAPI_get_component_info)(i);
        if (info && strcmp(info->name, "perf_event") == 0) return i;
    }
    script_fail("this libpapi has no component perf_event");
}

static int is_preset_name(const char *name) { return strncmp(name, "PAPI_", 5) == 0; }

/// The script's event of a name; −1 if it has none. Modes behind the name (":u=1:k=1") do not matter.
static int event_named(const char *name) {
    const script *script = the_script();
    size_t length = strlen(name);
    const char *modes = strstr(name, ":u=");
    if (modes) length = (size_t)(modes - name);
    for (int i = 0; i < script->event_count; i++) {
        const char *own = script->events[i].name;
        if (*own && strlen(own) == length && strncmp(own, name, length) == 0) return i;
    }
    return -1;
}

/// The real library's code of a preset of the script.
static int preset_code(int event) {
    static int codes[MAX_EVENTS];
    if (!codes[event]) {
        const char *name = the_script()->events[event].name;
        if (REAL(PAPI_event_name_to_code)(name, &codes[event]) != PAPI_OK) script_fail("libpapi has no preset %s", name);
    }
    return codes[event];
}

/// The script's event of a code; −1 if the code is not ours.
static int event_of_code(int code) {
    const script *script = the_script();
    if (code & PAPI_PRESET_MASK) {
        for (int i = 0; i < script->event_count; i++) {
            const char *name = script->events[i].name;
            if (is_preset_name(name) && preset_code(i) == code) return i;
        }
        return -1;
    }
    int index = code - FIRST_NATIVE;
    return index >= 0 && index < script->event_count ? index : -1;
}

int PAPI_event_name_to_code(const char *name, int *code) {
    int event = event_named(name);
    if (event >= 0) {
        *code = is_preset_name(name) ? preset_code(event) : FIRST_NATIVE + event;
        return PAPI_OK;
    }
    if (is_preset_name(name) || strstr(name, ":::")) return REAL(PAPI_event_name_to_code)(name, code);
    // A native event of this machine's own processor or kernel.
    return PAPI_ENOEVNT;
}

int PAPI_query_event(int code) {
    if (event_of_code(code) >= 0) return the_script()->disabled[0] ? PAPI_ENOEVNT : PAPI_OK;
    return code & PAPI_PRESET_MASK ? PAPI_ENOEVNT : REAL(PAPI_query_event)(code);
}

int PAPI_get_event_component(int code) {
    return event_of_code(code) >= 0 || code & PAPI_PRESET_MASK ? perf_component() : REAL(PAPI_get_event_component)(code);
}

int PAPI_enum_cmp_event(int *code, int modifier, int component) {
    if (component != perf_component()) return REAL(PAPI_enum_cmp_event)(code, modifier, component);
    const script *script = the_script();
    int event = modifier == PAPI_ENUM_FIRST ? 0 : *code - FIRST_NATIVE + 1;
    for (; event < script->event_count; event++) {
        if (!*script->events[event].name || is_preset_name(script->events[event].name)) continue;
        *code = FIRST_NATIVE + event;
        return PAPI_OK;
    }
    return PAPI_ENOEVNT;
}

int PAPI_get_event_info(int code, PAPI_event_info_t *info) {
    int event = event_of_code(code);
    if (event < 0 || code & PAPI_PRESET_MASK) return REAL(PAPI_get_event_info)(code, info);
    memset(info, 0, sizeof *info);
    info->event_code = (unsigned)code;
    info->component_index = perf_component();
    snprintf(info->symbol, sizeof info->symbol, "%s", the_script()->events[event].name);
    snprintf(info->long_descr, sizeof info->long_descr, "scripted");
    return PAPI_OK;
}

// The component

const PAPI_component_info_t *PAPI_get_component_info(int index) {
    const PAPI_component_info_t *real = REAL(PAPI_get_component_info)(index);
    if (!real || index != perf_component()) return real;
    static PAPI_component_info_t played;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const script *script = the_script();
    pthread_mutex_lock(&lock);
    played = *real;
    played.num_cntrs = script->counters;
    played.disabled = script->disabled[0] ? PAPI_ENOEVNT : PAPI_OK;
    snprintf(played.disabled_reason, sizeof played.disabled_reason, "%s", script->disabled);
    pthread_mutex_unlock(&lock);
    return &played;
}

// Event sets: the real library makes them, with its numbers; our events stand in this table.

enum { MAX_SETS = 1024, SET_EVENTS = 64 };

typedef struct {
    int used;
    int number;  // PAPI's
    int count;
    int events[SET_EVENTS];
    count_base bases[SET_EVENTS];
    pthread_t owner;
    int running;
} played_set;

static played_set sets[MAX_SETS];
static pthread_mutex_t sets_lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local played_set *running_here;

/// Our part of a set; made if `make` and there is none.
static played_set *set_numbered(int number, int make) {
    played_set *free_set = NULL, *found = NULL;
    pthread_mutex_lock(&sets_lock);
    for (int i = 0; i < MAX_SETS && !found; i++) {
        if (sets[i].used && sets[i].number == number) found = &sets[i];
        if (!sets[i].used && !free_set) free_set = &sets[i];
    }
    if (!found && make) {
        if (!free_set) script_fail("more than %d event sets: are they given back?", MAX_SETS);
        memset(free_set, 0, sizeof *free_set);
        free_set->used = 1;
        free_set->number = number;
        free_set->owner = pthread_self();
        found = free_set;
    }
    pthread_mutex_unlock(&sets_lock);
    return found;
}

int PAPI_assign_eventset_component(int number, int component) {
    return component == perf_component() ? PAPI_OK : REAL(PAPI_assign_eventset_component)(number, component);
}

int PAPI_add_event(int number, int code) {
    int event = event_of_code(code);
    played_set *set = set_numbered(number, 0);
    if (event < 0) {
        if (code & PAPI_PRESET_MASK) return PAPI_ENOEVNT;
        return set ? PAPI_EINVAL : REAL(PAPI_add_event)(number, code);
    }
    if (REAL(PAPI_num_events)(number) > 0) return PAPI_EINVAL;
    const script *script = the_script();
    if (script->disabled[0]) return PAPI_ECMP;
    if (script->events[event].kind == COUNT_REFUSED) return script->events[event].refusal;
    if (!set) set = set_numbered(number, 1);
    if (set->running) return PAPI_EISRUN;
    if (!pthread_equal(set->owner, pthread_self())) return PAPI_EINVAL;
    if (set->count >= script->counters) return PAPI_ECNFLCT;
    if (set->count == SET_EVENTS) script_fail("more than %d events in a set", SET_EVENTS);
    set->events[set->count++] = event;
    return PAPI_OK;
}

int PAPI_cleanup_eventset(int number) {
    played_set *set = set_numbered(number, 0);
    if (set && set->running) return PAPI_EISRUN;
    if (set) set->used = 0;
    return REAL(PAPI_cleanup_eventset)(number);
}

int PAPI_destroy_eventset(int *number) {
    if (number && set_numbered(*number, 0)) return PAPI_EINVAL;
    return REAL(PAPI_destroy_eventset)(number);
}

int PAPI_start(int number) {
    played_set *set = set_numbered(number, 0);
    if (!set) return REAL(PAPI_start)(number);
    if (!pthread_equal(set->owner, pthread_self())) return PAPI_EINVAL;
    if (set->running || running_here) return PAPI_EISRUN;
    for (int i = 0; i < set->count; i++) {
        int error = count_start(set->events[i], &set->bases[i]);
        if (error) return error;
    }
    set->running = 1;
    running_here = set;
    return PAPI_OK;
}

int PAPI_stop(int number, long long *values) {
    played_set *set = set_numbered(number, 0);
    if (!set) return REAL(PAPI_stop)(number, values);
    if (!pthread_equal(set->owner, pthread_self())) return PAPI_EINVAL;
    if (!set->running) return PAPI_ENOTRUN;
    set->running = 0;
    running_here = NULL;
    for (int i = 0; i < set->count; i++) {
        int error = count_stop(set->events[i], &set->bases[i], &values[i]);
        if (error) return error;
    }
    return PAPI_OK;
}

// libsde: counters go on to the real library; scripts count by them.

#if __has_include(<sde_lib.h>)
#include <sde_lib.h>

int papi_sde_register_counter(papi_handle_t library, const char *name, int mode, int type, void *counter) {
    count_register(name, counter);
    return REAL(papi_sde_register_counter)(library, name, mode, type, counter);
}
#endif

#endif
