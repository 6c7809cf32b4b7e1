/// What this machine can count, and why not the rest: the model behind `bench counters`.
public struct CounterInventory: Sendable {
    public struct Entry: Sendable, Equatable {
        public let event: String
        public let summary: String
        public let status: EventStatus
    }

    public let groups: [(group: CounterGroup, entries: [Entry])]
    public let components: [CounterComponent]
    public let catalogue: [CounterDescription]

    public init(groups library: GroupLibrary, source: any CounterSource) {
        components = source.components()
        let catalogue = source.catalogue()
        self.catalogue = catalogue
        groups = library.groups.map { group in
            let entries = group.events.map { event in
                Entry(
                    event: event, summary: catalogue.first { $0.name == event }?.summary ?? "",
                    status: source.check(event) ?? .unavailable(reason: "unknown event \(event)"))
            }
            return (group, entries)
        }
    }

    /// Groups with their events and metrics, then every component with all that it offers. Missing events stand under their
    /// common reason.
    public func describe() -> String {
        var lines: [String] = []
        for (group, entries) in groups {
            lines.append("Group \(group.name): \(group.title)")
            let width = entries.map(\.event.count).max() ?? 0
            for entry in entries {
                let name = entry.event + String(repeating: " ", count: width - entry.event.count)
                switch entry.status {
                case .available: lines.append("  + \(name)  \(entry.summary)")
                case .unavailable(let reason): lines.append("  - \(name)  \(reason)")
                }
            }
            for metric in group.metrics {
                let unit = metric.unit.isEmpty ? "" : " [\(metric.unit)]"
                let words = "\(metric.name)\(unit) = \(metric.formula.text)".split(separator: " ").map(String.init)
                let wrapped = wrapped(words, width: 110)
                lines.append("  = \(wrapped[0])")
                lines += wrapped.dropFirst().map { "      \($0)" }
            }
            lines.append("")
        }
        for component in components { lines += describe(component) + [""] }
        lines.append("+ can be counted   - cannot, with the reason   = computed")
        return lines.joined(separator: "\n") + "\n"
    }

    private func describe(_ component: CounterComponent) -> [String] {
        let events = catalogue.filter { $0.component == component.name }
        var lines = ["Component \(component.name)" + (component.disabledReason.map { ": \($0)" } ?? "")]
        var reasons: [(reason: String, names: [String])] = []
        for event in events {
            switch event.status {
            case .available: lines.append("  + \(event.name)  \(event.summary)")
            case .unavailable(let reason):
                if let known = reasons.firstIndex(where: { $0.reason == reason }) {
                    reasons[known].names.append(event.name)
                } else {
                    reasons.append((reason, [event.name]))
                }
            }
        }
        for (reason, names) in reasons {
            lines.append("  - \(names.count) \(names.count == 1 ? "event" : "events"): \(reason)")
            lines += wrapped(names, width: 110).map { "      " + $0 }
        }
        return lines
    }

    /// Words joined by spaces into lines of at most `width` characters (a longer word has a line of its own).
    private func wrapped(_ words: [String], width: Int) -> [String] {
        var lines: [String] = []
        for word in words {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(word)
            }
        }
        return lines
    }
}
