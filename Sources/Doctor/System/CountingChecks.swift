internal import Counters
package import Results

/// What stands between this process and the counters.
extension Finding {
    /// - Parameters:
    ///   - level: /proc/sys/kernel/perf_event_paranoid; nil if there is no such file.
    ///   - isPrivileged: CAP_PERFMON or CAP_SYS_ADMIN, which the level does not bind.
    package static func paranoid(_ level: Int?, isPrivileged: Bool) -> Finding {
        let name = "perf_event_paranoid"
        guard let level else {
            return Finding(
                name, .warning, "no such file: this kernel counts nothing, or the container hides it",
                advice: "a kernel with CONFIG_PERF_EVENTS")
        }
        if isPrivileged { return Finding(name, .ok, "\(level), which does not bind this privileged process") }
        switch level {
        case ...1: return Finding(name, .ok, "\(level)")
        case 2:
            return Finding(
                name, .note, "2: own threads in user mode only; context switches and migrations happen in the kernel",
                advice: "sysctl kernel.perf_event_paranoid=1 counts those, too")
        default:
            return Finding(
                name, .problem, "\(level): perf_event_open is forbidden",
                advice: "sysctl kernel.perf_event_paranoid=2, or grant CAP_PERFMON")
        }
    }

    /// Whether the capabilities in force, line `CapEff` of /proc/self/status, free a process from the paranoid level.
    package static func isPrivileged(status text: String?) -> Bool {
        let line = (text ?? "").split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        guard let mask = line?.split(whereSeparator: \.isWhitespace).last.flatMap({ UInt64($0, radix: 16) }) else {
            return false
        }
        let (administration, performance): (UInt64, UInt64) = (21, 38)
        return mask >> administration & 1 == 1 || mask >> performance & 1 == 1
    }

    /// - Parameter reason: why there are no hardware counters; nil if the cycle counter counts.
    package static func hardwareCounters(reason: String?) -> Finding {
        guard let reason else { return Finding("hardware counters", .ok, "the cycle counter counts") }
        return Finding(
            "hardware counters", .warning, reason,
            advice: "times, software-defined events and accuracy are not affected; docs/counters.md says what remains")
    }

    /// - Parameter text: /proc/sys/kernel/nmi_watchdog.
    package static func watchdog(_ text: String?) -> Finding {
        guard text == "1" else { return Finding("NMI watchdog", .ok, text == nil ? "none" : "off") }
        return Finding(
            "NMI watchdog", .note, "on: it holds one counter of each processor",
            advice: "sysctl kernel.nmi_watchdog=0 frees it")
    }

    package static func papi(_ version: Fact) -> Finding {
        guard let number = version.value else {
            return Finding(
                "PAPI", .warning, version.reason ?? "not there", advice: "apt-get install libpapi-dev, and build again")
        }
        return Finding("PAPI", .ok, number)
    }
}
