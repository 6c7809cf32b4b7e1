// perf_event_open(2): counters of the calling thread. glibc has no wrapper for the system call.
#include "CPlatform.h"
#include <errno.h>

#if defined(__linux__)

#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int32_t cp_perf_open_member(uint32_t type, uint64_t config, int32_t leader, int user_only) {
    struct perf_event_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.type = type;
    attributes.config = config;
    // Members follow their leader, which waits to be enabled.
    attributes.disabled = leader < 0;
    attributes.exclude_kernel = user_only != 0;
    attributes.exclude_hv = 1;
    attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    const pid_t calling_thread = 0;
    const int any_cpu = -1;
    long fd = syscall(SYS_perf_event_open, &attributes, calling_thread, any_cpu, leader, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int32_t)fd;
}

int32_t cp_perf_open(uint32_t type, uint64_t config) {
    const int32_t own_group = -1;
    return cp_perf_open_member(type, config, own_group, 1);
}

int32_t cp_perf_enable_group(int32_t leader) {
    return ioctl(leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP) != 0 ? -errno : 0;
}

int32_t cp_perf_disable_group(int32_t leader) {
    return ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP) != 0 ? -errno : 0;
}

int32_t cp_perf_read(int32_t descriptor, uint64_t value_enabled_running[3]) {
    const ssize_t wanted = 3 * sizeof(uint64_t);
    ssize_t got = read(descriptor, value_enabled_running, (size_t)wanted);
    if (got < 0) return -errno;
    return got == wanted ? 0 : -EIO;
}

int32_t cp_perf_start(int32_t descriptor) {
    if (ioctl(descriptor, PERF_EVENT_IOC_RESET, 0) != 0) return -errno;
    return ioctl(descriptor, PERF_EVENT_IOC_ENABLE, 0) != 0 ? -errno : 0;
}

int32_t cp_perf_stop(int32_t descriptor, uint64_t value_enabled_running[3]) {
    if (ioctl(descriptor, PERF_EVENT_IOC_DISABLE, 0) != 0) return -errno;
    return cp_perf_read(descriptor, value_enabled_running);
}

void cp_perf_close(int32_t descriptor) { close(descriptor); }

#else

int32_t cp_perf_open(uint32_t type, uint64_t config) { return (void)type, (void)config, -ENOSYS; }
int32_t cp_perf_open_member(uint32_t type, uint64_t config, int32_t leader, int user_only) {
    return (void)type, (void)config, (void)leader, (void)user_only, -ENOSYS;
}
int32_t cp_perf_enable_group(int32_t leader) { return (void)leader, -ENOSYS; }
int32_t cp_perf_disable_group(int32_t leader) { return (void)leader, -ENOSYS; }
int32_t cp_perf_read(int32_t descriptor, uint64_t values[3]) { return (void)descriptor, (void)values, -ENOSYS; }
int32_t cp_perf_start(int32_t descriptor) { return (void)descriptor, -ENOSYS; }
int32_t cp_perf_stop(int32_t descriptor, uint64_t values[3]) { return (void)descriptor, (void)values, -ENOSYS; }
void cp_perf_close(int32_t descriptor) { (void)descriptor; }

#endif
