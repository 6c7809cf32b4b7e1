package import Results

/// The clock of the processor, and who shares it.
extension Finding {
    package static func virtualMachine(_ fact: Fact) -> Finding {
        guard let make = fact.value else { return Finding("virtual machine", .ok, "no hypervisor seen") }
        return Finding(
            "virtual machine", .note, make,
            advice: "neighbours share caches, memory and clock: repeat runs, or measure on bare metal")
    }

    /// - Parameter governors: of all processors.
    package static func governor(_ governors: [String], isVirtual: Bool) -> Finding {
        let names = Set(governors).sorted()
        if names.isEmpty {
            let who = isVirtual ? "the host sets the clock of a virtual machine" : "the firmware sets the clock"
            return Finding("governor", .note, "none is shown: \(who)")
        }
        if names == ["performance"] { return Finding("governor", .ok, "performance") }
        return Finding(
            "governor", .warning, names.joined(separator: ", "),
            advice: "the clock follows the load: cpupower frequency-set -g performance")
    }

    /// - Parameters:
    ///   - noTurbo: /sys/devices/system/cpu/intel_pstate/no_turbo.
    ///   - boost: /sys/devices/system/cpu/cpufreq/boost.
    package static func turbo(noTurbo: String?, boost: String?) -> Finding {
        let isOn: Bool
        let file: String
        switch (noTurbo, boost) {
        case ("0"?, _), ("1"?, _): (isOn, file) = (noTurbo == "0", "intel_pstate/no_turbo")
        case (_, "0"?), (_, "1"?): (isOn, file) = (boost == "1", "cpufreq/boost")
        default: return Finding("turbo", .note, "this system does not show whether it is on")
        }
        guard isOn else { return Finding("turbo", .ok, "off") }
        return Finding(
            "turbo", .note, "on: the clock depends on temperature and on what other cores do",
            advice: "for steadier, slower numbers: echo \(file.hasSuffix("no_turbo") ? 1 : 0) "
                + "> /sys/devices/system/cpu/\(file)")
    }

    /// - Parameters:
    ///   - siblings: for each processor the list of those on its core.
    ///   - usable: processors that this process may use.
    package static func simultaneousThreads(siblings: [[Int]], usable: [Int]) -> Finding {
        let cores = Set(siblings.map { Set($0) }).filter { $0.count > 1 }
        guard !siblings.isEmpty else { return Finding("SMT", .note, "this system does not show its cores") }
        guard !cores.isEmpty else { return Finding("SMT", .ok, "each processor is a core of its own") }
        let shared = cores.filter { $0.intersection(usable).count > 1 }
        guard !shared.isEmpty else {
            return Finding(
                "SMT", .note, "on, but only one processor of each core is used",
                advice: "keep other programs off the siblings")
        }
        // One of each core that is usable at all.
        let chosen = Set(siblings.map { Set($0).intersection(usable) }).compactMap { $0.min() }.sorted()
        return Finding(
            "SMT", .warning,
            "processors share cores, such as "
                + (shared.map { $0.sorted() }.min { $0[0] < $1[0] } ?? []).map(String.init).joined(separator: " and "),
            advice: "one thread per core: taskset -c \(chosen.map(String.init).joined(separator: ",")) bench …")
    }

    /// - Parameter nanoseconds: that the same chain of additions took, again and again.
    package static func steadiness(nanoseconds: [Double], gigahertz: Double) -> Finding {
        guard let best = nanoseconds.min(), let worst = nanoseconds.max(), best > 0 else {
            return Finding(
                "core clock", .problem, "the clock stood still", advice: "report this: no time can be measured")
        }
        let sorted = nanoseconds.sorted()
        // A single late sample is an interrupt; a slow half is a clock that moves.
        let typical = 100 * (sorted[sorted.count / 2] / best - 1)
        let found =
            "\(fixed(gigahertz, 3)) GHz; the median of \(nanoseconds.count) equal loops is \(fixed(typical, 1)) % "
            + "slower than the fastest, the slowest \(fixed(100 * (worst / best - 1), 1)) %"
        switch typical {
        case ..<1: return Finding("core clock", .ok, found)
        case ..<5: return Finding("core clock", .note, found, advice: "expect as much scatter in what you measure")
        default:
            return Finding(
                "core clock", .warning, found,
                advice: "the clock moves or the processor is shared: see governor, turbo, load and steal time")
        }
    }
}
