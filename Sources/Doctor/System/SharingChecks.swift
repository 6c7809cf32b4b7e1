/// Who else gets the processors' time.
extension Finding {
    /// - Parameter bindings: processors that the calling thread was bound to, and where it then ran; nil if the system
    ///   refused or does not tell.
    package static func affinity(_ bindings: [(asked: Int, ran: Int?)]) -> Finding {
        let failed = bindings.filter { $0.asked != $0.ran }
        guard let first = failed.first else {
            return bindings.isEmpty
                ? Finding("affinity", .warning, "the system does not tell which processors may be used")
                : Finding(
                    "affinity", .ok, "bound to each of \(count(bindings.count, "processor")) in turn, and ran there")
        }
        let ran = first.ran.map { "ran on \($0)" } ?? "was refused"
        return Finding(
            "affinity", .problem, "a thread bound to processor \(first.asked) \(ran)",
            advice: "threads will share processors: look at taskset and at the container's cpuset")
    }

    /// - Parameters:
    ///   - text: /proc/loadavg.
    ///   - processors: that this process may use.
    package static func load(_ text: String?, processors: Int) -> Finding {
        let fields = (text ?? "").split(separator: " ")
        guard let load = fields.first.flatMap({ Double($0) }), fields.count >= 3 else {
            return Finding("load", .note, "this system tells no load average")
        }
        let found = "\(fields[0]) in the last minute, \(fields[1]) in five, on \(count(processors, "processor"))"
        let advice = "stop what else is running: ps -eo pcpu,comm --sort=-pcpu | head"
        switch load / Double(max(1, processors)) {
        case ..<0.25: return Finding("load", .ok, found)
        case ..<0.75: return Finding("load", .note, found, advice: advice)
        default: return Finding("load", .warning, found, advice: advice)
        }
    }

    /// - Parameters:
    ///   - before, after: the first line of /proc/stat at both ends of the examination.
    package static func stealTime(before: String?, after: String?) -> Finding {
        guard let before = before.flatMap(ProcessorTimes.init), let after = after.flatMap(ProcessorTimes.init) else {
            return Finding("steal time", .note, "this system accounts none")
        }
        let total = after.total - before.total
        let share = total > 0 ? 100 * Double(after.steal - before.steal) / Double(total) : 0
        let sinceBoot = after.total > 0 ? 100 * Double(after.steal) / Double(after.total) : 0
        let found = "\(fixed(share, 1)) % during this examination, \(fixed(sinceBoot, 1)) % since the system started"
        let advice = "the host gave the processor to others: measure when it is idle, or on dedicated processors"
        switch share {
        case ...0.05: return Finding("steal time", sinceBoot < 1 ? .ok : .note, found)
        case ..<2: return Finding("steal time", .note, found, advice: advice)
        default: return Finding("steal time", .warning, found, advice: advice)
        }
    }

    /// - Parameter quota: processors that the container's group may use at most, and how often it was held up.
    package static func quota(_ quota: ProcessorQuota?, processors: Int) -> Finding {
        guard let quota else { return Finding("processor quota", .ok, "none") }
        let throttled = quota.throttled.map { ", held up in \($0) periods so far" } ?? ""
        let found = "\(fixed(quota.processors, 2)) processors (\(quota.file))\(throttled)"
        guard quota.processors < Double(processors) else { return Finding("processor quota", .note, found) }
        return Finding(
            "processor quota", .problem, found,
            advice: "threads are stopped in the middle of samples: raise the container's limit to \(processors), "
                + "or use no more threads than it allows")
    }

    static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

/// The line `cpu` of /proc/stat, in ticks. Time of guests is contained in user time already.
package struct ProcessorTimes: Equatable {
    package let steal: UInt64
    package let total: UInt64

    /// nil if the text is no such line, or an old one without steal time.
    package init?(_ text: String) {
        let fields = text.prefix { $0 != "\n" }.split(separator: " ")
        let ticks = fields.dropFirst().compactMap { UInt64($0) }
        guard fields.first == "cpu", ticks.count == fields.count - 1, ticks.count >= 8 else { return nil }
        steal = ticks[7]
        total = ticks.prefix(8).reduce(0, &+)
    }
}
