internal import Counters
package import Results

/// The checks that need nothing but the system's files. `MachineExamination` has those that need the machine itself.
package struct SystemExamination {
    let tree: SystemTree
    let context: Context
    /// Processors that this process may use.
    let usable: [Int]

    /// - Parameter root: where /proc and /sys are looked for; tests pass a folder of their own.
    package init(root: String = "/", usable: [Int]) {
        tree = SystemTree(root: root)
        context = ContextProbe(root: root).context()
        self.usable = usable
    }

    package func findings(papi: Fact, hardwareReason: String?, build: String) -> [Finding] {
        [
            .build(build),
            .virtualMachine(context.virtualMachine ?? .unknown("")),
            .governor(perProcessor("cpufreq/scaling_governor"), isVirtual: context.virtualMachine?.value != nil),
            .turbo(noTurbo: cpu("intel_pstate/no_turbo"), boost: cpu("cpufreq/boost")),
            .simultaneousThreads(
                siblings: perProcessor("topology/thread_siblings_list").compactMap(CPUList.parse), usable: usable),
            .load(tree.text("/proc/loadavg"), processors: usable.count),
            .quota(ProcessorQuota.find(tree), processors: usable.count),
            .hugePages(tree.text("/sys/kernel/mm/transparent_hugepage/enabled")),
            .swap(tree.text("/proc/meminfo")),
            .papi(papi),
            .hardwareCounters(reason: hardwareReason),
            .paranoid(
                context.perfEventParanoid, isPrivileged: Finding.isPrivileged(status: tree.text("/proc/self/status"))),
            .watchdog(tree.text("/proc/sys/kernel/nmi_watchdog")),
        ]
    }

    /// The first line of /proc/stat: the time of all processors.
    package var processorTimes: String? { tree.text("/proc/stat") }

    package var clockSource: String? { tree.text("/sys/devices/system/clocksource/clocksource0/current_clocksource") }

    /// Bytes that a test may use: a quarter of what is free, and not more than 1 GiB.
    package var memory: Int {
        let free = tree.text("/proc/meminfo").flatMap { MemoryInformation($0).kibibytes("MemAvailable") } ?? 0
        return min(1 << 30, free * 1024 / 4)
    }

    private static let processors = "/sys/devices/system/cpu"

    private func cpu(_ file: String) -> String? { tree.text("\(Self.processors)/\(file)") }

    private func perProcessor(_ file: String) -> [String] {
        tree.entries(Self.processors).filter { $0.hasPrefix("cpu") && Int($0.dropFirst(3)) != nil }
            .compactMap { cpu("\($0)/\(file)") }
    }
}
