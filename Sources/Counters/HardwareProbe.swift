internal import CPlatform

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Finds out why hardware counters are missing: facts of this machine, and a pure function from facts to the reason.
public struct HardwareProbe: Sendable, Equatable {
    /// Error number of perf_event_open for the cycle counter; nil if it opened.
    public var openError: Int32?
    /// Cycles that a region of `expectedCycles` dependent additions counted; nil if the counter did not open or read.
    public var countedCycles: UInt64?
    public var expectedCycles: UInt64
    /// /proc/sys/kernel/perf_event_paranoid; nil if the kernel has no such file.
    public var paranoid: Int?
    /// The processor says that it is virtual.
    public var isVirtual: Bool

    package init(
        openError: Int32?, countedCycles: UInt64?, expectedCycles: UInt64 = 100_000, paranoid: Int?, isVirtual: Bool
    ) {
        self.openError = openError
        self.countedCycles = countedCycles
        self.expectedCycles = expectedCycles
        self.paranoid = paranoid
        self.isVirtual = isVirtual
    }

    /// This machine, probed once.
    public static let shared = HardwareProbe.probe()

    /// Why this process cannot count hardware events of its own threads; nil if it can.
    public var reason: String? {
        guard let openError else {
            guard let countedCycles else { return "the cycle counter opens but cannot be read" }
            // Additions that depend on each other take a cycle each: a PMU that shows less than half is not counting.
            if countedCycles < expectedCycles / 2 {
                return "the PMU counted \(countedCycles) cycles for \(expectedCycles) dependent additions"
                    + (isVirtual ? " (virtual machine)" : "")
            }
            return nil
        }
        switch openError {
        case ENOSYS: return "this kernel has no perf_event_open"
        case EACCES, EPERM:
            if let paranoid, paranoid > 2 {
                return "perf_event_paranoid=\(paranoid) (sysctl kernel.perf_event_paranoid=2 allows it)"
            }
            let level = paranoid.map { "perf_event_paranoid=\($0)" } ?? "no perf_event_paranoid file"
            return "perf_event_open is forbidden though \(level): a container's seccomp filter?"
        case ENOENT, ENODEV, EOPNOTSUPP:
            return isVirtual ? "no PMU in this virtual machine" : "the kernel drives no PMU of this processor"
        default:
            return "perf_event_open: \(String(cString: strerror(openError)))"
        }
    }

    private static func probe() -> HardwareProbe {
        var probe = HardwareProbe(
            openError: nil, countedCycles: nil,
            paranoid: firstLine("/proc/sys/kernel/perf_event_paranoid").flatMap { Int($0) },
            isVirtual: hasHypervisorFlag())
        let descriptor = cp_perf_open(UInt32(CP_PERF_HARDWARE), UInt64(CP_PERF_CPU_CYCLES))
        guard descriptor >= 0 else {
            probe.openError = -descriptor
            return probe
        }
        defer { cp_perf_close(descriptor) }
        var values: [UInt64] = [0, 0, 0]
        guard cp_perf_start(descriptor) == 0 else { return probe }
        _ = cp_add_chain(probe.expectedCycles, 1)
        guard cp_perf_stop(descriptor, &values) == 0 else { return probe }
        probe.countedCycles = values[0]
        return probe
    }

    private static func hasHypervisorFlag() -> Bool {
        guard let flags = firstLine("/proc/cpuinfo", startingWith: "flags") else { return false }
        return flags.split(separator: " ").contains("hypervisor")
    }

    /// The first line of a file that begins with `prefix`, without its line end.
    private static func firstLine(_ path: String, startingWith prefix: String = "") -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, file) >= 0, let line {
            let text = String(cString: line)
            if text.hasPrefix(prefix) { return text.last?.isNewline == true ? String(text.dropLast()) : text }
        }
        return nil
    }
}
