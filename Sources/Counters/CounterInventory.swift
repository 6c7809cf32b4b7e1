/// What this machine can count, and why not the rest: the model behind `bench counters`.
public struct CounterInventory: Sendable {
    /// One quantity of a group.
    public struct Entry: Sendable, Equatable {
        public let name: String
        /// What it means; or the formula over events of this processor, if it is no event itself.
        public let summary: String
        public let status: EventStatus
    }

    public let groups: [(group: CounterGroup, entries: [Entry])]
    public let components: [CounterComponent]
    public let catalogue: [CounterDescription]

    public init(groups library: GroupLibrary, source: any CounterSource, processor: ProcessorIdentity = .current) {
        components = source.components()
        let catalogue = source.catalogue()
        self.catalogue = catalogue
        let summaries = Dictionary(catalogue.map { ($0.name, $0.summary) }) { first, _ in first }
        groups = library.groups.map { group in
            let selection = library.select([group.name], source: source, processor: processor)
            let entries = selection.items.map { item in
                guard let formula = item.formula else {
                    return Entry(name: item.name, summary: "", status: .unavailable(reason: item.reason))
                }
                let isItself = formula.onlyEvent == item.name
                let summary = isItself ? summaries[item.name] ?? "" : "= \(formula.text)"
                return Entry(name: item.name, summary: summary, status: .available)
            }
            return (group, entries)
        }
    }

    /// The groups in a line each, then with their quantities and metrics, then every component with all that it offers.
    /// Missing events stand under their common reason.
    public func describe() -> String {
        var lines = ["Groups for --counters"]
        let width = groups.map(\.group.name.count).max() ?? 0
        for (group, entries) in groups {
            let (mark, text) = availability(of: entries, title: group.title)
            lines += hanging("  \(mark) \(padded(group.name, width))  ", text)
        }
        lines.append("")
        for (group, entries) in groups { lines += describe(group, entries) + [""] }
        for component in components { lines += describe(component) + [""] }
        lines.append("+ can be counted   ~ in part   - cannot, with the reason   = computed")
        return lines.joined(separator: "\n") + "\n"
    }

    private func padded(_ name: String, _ width: Int) -> String {
        name + String(repeating: " ", count: max(0, width - name.count))
    }

    private func availability(of entries: [Entry], title: String) -> (mark: String, text: String) {
        let reasons = entries.compactMap { entry in
            if case .unavailable(let reason) = entry.status { reason } else { nil }
        }
        guard let reason = reasons.first else { return ("+", title) }
        guard reasons.count < entries.count else { return ("-", "\(title): \(reason)") }
        return ("~", "\(title): \(entries.count - reasons.count) of \(entries.count), the rest: \(reason)")
    }

    private func describe(_ group: CounterGroup, _ entries: [Entry]) -> [String] {
        var lines = ["Group \(group.name): \(group.title)"]
        let width = entries.map(\.name.count).max() ?? 0
        for entry in entries {
            let name = padded(entry.name, width)
            switch entry.status {
            case .available: lines += hanging("  + \(name)  ", entry.summary)
            case .unavailable(let reason): lines += hanging("  - \(name)  ", reason)
            }
        }
        for metric in group.metrics {
            let unit = metric.unit.isEmpty ? "" : " [\(metric.unit)]"
            lines += hanging("  = ", "\(metric.name)\(unit) = \(metric.formula.text)")
        }
        let words = group.explanation.split(whereSeparator: \.isWhitespace).map(String.init)
        return lines + wrapped(words, width: 112).map { "    \($0)" }
    }

    private func describe(_ component: CounterComponent) -> [String] {
        let events = catalogue.filter { $0.component == component.name }
        var lines = ["Component \(component.name)" + (component.disabledReason.map { ": \($0)" } ?? "")]
        var reasons: [(reason: String, names: [String])] = []
        for event in events {
            switch event.status {
            case .available: lines += hanging("  + \(event.name)  ", event.summary)
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

    /// A text behind `head`, its further lines below its first one.
    private func hanging(_ head: String, _ text: String) -> [String] {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        let lines = wrapped(words, width: max(40, 120 - head.count))
        let indent = String(repeating: " ", count: head.count)
        return ["\(head)\(lines.first ?? "")"] + lines.dropFirst().map { indent + $0 }
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
