// ScriptedPMU: a processor's counters, played from a script. Loaded by tests with LD_PRELOAD in front of libpapi and libc, so
// that the unchanged `bench` meets PMUs that this machine does not have.
//
// What it plays: everything of PAPI's component perf_event (the component's state, names, event sets, counts), the
// system call perf_event_open with its ioctls, and files that name the processor or tell why counters are missing. What stays real:
// libpapi's start, threads and error texts, the preset list, every other component, above all software-defined
// events (libsde), and every other system call. An event set is the real library's; only its events are not.
//
// It is stricter than libpapi in what a program might get wrong unnoticed: a set may be started and stopped only by the
// thread that filled it, holds one component's events, and runs alone on its thread.
//
// The script is the text file named by SCRIPTED_PMU, a line for each fact; what cannot be understood ends the process.
//
//     # A comment.
//     counters 4                               events that fit on the processor together
//     disabled REASON …                        the component does not work, for this reason
//     event NAME COUNT …                       an event and what it counts; PAPI_… is a preset
//     event NAME refuse PAPI_EPERM             it exists, but cannot be added to a set
//     perf TYPE CONFIG COUNT …                 the same for perf_event_open: TYPE is hardware, software, cache or raw, CONFIG
//     perf TYPE CONFIG refuse ENOENT             a number, or * for every one that no line before names
//     file PATH TEXT …                         what stands in a file of /proc or /sys; \n begins a line
//
// COUNT, of one round on one thread:
//     per NAME FACTOR [plus N]                 FACTOR times what the software-defined counter NAME, such as MACS, rose by, and N
//     rate FACTOR                              FACTOR times the nanoseconds that went by
//     values 7 5x100 -3                        the thread's rounds one after the other (5x100 stands for five of 100); the last
//                                              one stays
// and behind it, in any order:
//     fails start|stop ROUND PAPI_ESYS         from the thread's ROUND-th round on (the first is 1); for perf: stop, with any
//                                              word for the error, makes the descriptor unreadable
//     cpus 0,2                                 counts on these processors only, 0 elsewhere (a hybrid's other cores)
//     share 0.25                               perf: on a counter for this share of the time, the count is that share's
// A group of perf_event_open has room for as many events as the processor has counters.
#pragma once
