// libpapi and libsde for Swift, with the few things that the importer cannot see: macros that are expressions, and
// strings inside large structures.
#pragma once
#include <papi.h>
#include <pthread.h>
#include <sde_lib.h>
#include <stdio.h>

/// Initialises libpapi for several threads. Returns 0, an error of PAPI (negative), or, if the library does not fit the
/// header, its version (positive).
static inline int cpapi_initialize(void) {
    int version = PAPI_library_init(PAPI_VER_CURRENT);
    if (version != PAPI_VER_CURRENT) return version;
    PAPI_set_debug(PAPI_QUIET);
    return PAPI_thread_init((unsigned long (*)(void))pthread_self);
}

static inline int cpapi_major(int version) { return PAPI_VERSION_MAJOR(version); }
static inline int cpapi_minor(int version) { return PAPI_VERSION_MINOR(version); }
static inline int cpapi_header_version(void) { return PAPI_VERSION; }

// Components, by index 0 ..< PAPI_num_components(). Strings belong to PAPI.

static inline const char *cpapi_component_name(int component) {
    const PAPI_component_info_t *info = PAPI_get_component_info(component);
    return info ? info->name : "";
}
/// 0 if the component works.
static inline int cpapi_component_disabled(int component) {
    const PAPI_component_info_t *info = PAPI_get_component_info(component);
    return info ? info->disabled : PAPI_ENOCMP;
}
static inline const char *cpapi_component_reason(int component) {
    const PAPI_component_info_t *info = PAPI_get_component_info(component);
    return info ? info->disabled_reason : "";
}
/// Whether the component counts the events of one thread, not of the process or the machine (energy, memory controllers).
static inline int cpapi_component_is_per_thread(int component) {
    const PAPI_component_info_t *info = PAPI_get_component_info(component);
    return info && info->attach && info->default_granularity == PAPI_GRN_THR;
}

// Events. Enumeration: give the code by reference; nonzero ends it.

static inline int cpapi_first_preset(int *code) {
    *code = PAPI_PRESET_MASK;
    return PAPI_enum_event(code, PAPI_ENUM_FIRST);
}
static inline int cpapi_next_preset(int *code) { return PAPI_enum_event(code, PAPI_ENUM_EVENTS); }
static inline int cpapi_first_native(int *code, int component) {
    *code = PAPI_NATIVE_MASK;
    return PAPI_enum_cmp_event(code, PAPI_ENUM_FIRST, component);
}
static inline int cpapi_next_native(int *code, int component) {
    return PAPI_enum_cmp_event(code, PAPI_ENUM_EVENTS, component);
}
static inline int cpapi_is_preset(int code) { return ((unsigned)code & (unsigned)PAPI_PRESET_MASK) != 0; }

/// Copies the event's name and description, cut to `capacity`. Returns 0 or PAPI's error.
static inline int cpapi_event_texts(int code, char *name, char *description, size_t capacity) {
    PAPI_event_info_t info;
    int error = PAPI_get_event_info(code, &info);
    if (error) return error;
    snprintf(name, capacity, "%s", info.symbol);
    snprintf(description, capacity, "%s", info.long_descr);
    return 0;
}

// Software-defined events

/// Registers a counter that its owner only ever increases and PAPI only reads: read-only, reported as the difference
/// between start and stop.
static inline int cpapi_register(papi_handle_t library, const char *name, const char *description, int64_t *counter) {
    int mode = PAPI_SDE_RO | PAPI_SDE_DELTA;
    int error = papi_sde_register_counter(library, name, mode, PAPI_SDE_long_long, counter);
    return error ? error : papi_sde_describe_counter(library, name, description);
}
