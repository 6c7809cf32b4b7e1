package import Results

/// The tightest limit of processor time of the control groups around this process.
package struct ProcessorQuota: Equatable {
    package let processors: Double
    /// The file that says so.
    package let file: String
    /// Periods in which the group had to wait, since it was made; nil if it does not tell.
    package let throttled: Int?

    package init(processors: Double, file: String, throttled: Int?) {
        (self.processors, self.file, self.throttled) = (processors, file, throttled)
    }

    /// Looks in the groups of both versions, from the process's own to the outermost; nil without a limit. In a container,
    /// the outermost group that can be seen may be the container's own: a group that cannot be seen is passed over.
    package static func find(_ tree: SystemTree) -> ProcessorQuota? {
        var found: [ProcessorQuota] = []
        for line in (tree.text("/proc/self/cgroup") ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            let isUnified = fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains("cpu") else { continue }
            let mounts =
                isUnified
                ? ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] : ["/sys/fs/cgroup/\(fields[1])", "/sys/fs/cgroup/cpu"]
            for mount in mounts {
                for group in groups(upFrom: fields[2]) {
                    let folder = mount + group
                    let processors =
                        isUnified
                        ? tree.text("\(folder)/cpu.max").flatMap(unified)
                        : legacy(
                            quota: tree.text("\(folder)/cpu.cfs_quota_us"),
                            period: tree.text("\(folder)/cpu.cfs_period_us"))
                    guard let processors else { continue }
                    let throttled = tree.text("\(folder)/cpu.stat")?.split(separator: "\n")
                        .first { $0.hasPrefix("nr_throttled ") }?.split(separator: " ").last.flatMap { Int($0) }
                    found.append(
                        ProcessorQuota(
                            processors: processors, file: "\(folder)/\(isUnified ? "cpu.max" : "cpu.cfs_quota_us")",
                            throttled: throttled))
                }
            }
        }
        return found.min { $0.processors < $1.processors }
    }

    /// `/a/b`, `/a` and the empty path.
    package static func groups(upFrom path: String) -> [String] {
        var parts = path.split(separator: "/")
        var groups: [String] = []
        while true {
            groups.append(parts.map { "/" + $0 }.joined())
            if parts.popLast() == nil { return groups }
        }
    }

    /// `150000 100000`: microseconds in each period; `max 100000`: no limit.
    package static func unified(_ text: String) -> Double? {
        let fields = text.split(separator: " ").map(String.init)
        guard fields.count == 2 else { return nil }
        return legacy(quota: fields[0], period: fields[1])
    }

    /// Both in microseconds; a quota of −1 is none.
    static func legacy(quota: String?, period: String?) -> Double? {
        guard let quota = quota.flatMap({ Int($0) }), let period = period.flatMap({ Int($0) }), quota > 0, period > 0
        else { return nil }
        return Double(quota) / Double(period)
    }
}
