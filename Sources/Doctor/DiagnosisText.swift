/// What people read.
extension Diagnosis {
    /// Lines of at most 120 characters, unless a name is longer.
    public func describe() -> String {
        let machine = [processor, kernel.map { "Linux \($0)" }].compactMap(\.self).joined(separator: ", ")
        var lines = machine.isEmpty ? [] : [machine, ""]
        lines += systemLines() + [""] + timeLines() + [""] + counterLines() + ["", summary]
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line: how many checks and events are how.
    public var summary: String {
        let checks = Finding.State.allCases.compactMap { state -> String? in
            let count = self.checks.count { $0.state == state }
            guard count > 0 else { return nil }
            return state == .ok ? "\(count) ok" : Finding.count(count, state.rawValue)
        }
        let verdicts: [EventReport.Verdict] = [.trusted, .contradicted, .unverified, .unavailable]
        let events = verdicts.compactMap { verdict -> String? in
            let count = self.events.count { $0.verdict == verdict }
            return count > 0 ? "\(count) \(verdict.rawValue)" : nil
        }
        return "Checks: \(checks.joined(separator: ", ")). Counters: \(events.joined(separator: ", "))."
    }

    private func systemLines() -> [String] {
        let names = checks.map(\.name.count).max() ?? 0
        let states = Finding.State.allCases.map(\.rawValue.count).max() ?? 0
        return ["System"]
            + checks.flatMap { check in
                let margin = "  " + padded(check.state.rawValue, states) + "  " + padded(check.name, names) + "  "
                let blank = String(repeating: " ", count: margin.count)
                let found = wrapped(check.found, width: 120 - margin.count)
                let advice = check.advice.map { wrapped("→ " + $0, width: 120 - margin.count) } ?? []
                return zip([margin] + Array(repeating: blank, count: found.count + advice.count), found + advice).map(+)
            }
    }

    private func timeLines() -> [String] {
        let titles = (work.map(\.title) + [""]).map(\.count).max() ?? 0
        let gigahertz = Finding.fixed(coreClock / 1e9, 3)
        let head = "  " + padded("", titles) + "    operations            ns        cycles"
        return ["Known work, timed (fastest of \(Examination.runs) runs; cycles at \(gigahertz) GHz, derived)", head]
            + work.map { work in
                "  " + padded(work.title, titles) + right(grouped(work.operations), 14)
                    + right(significant(work.nanoseconds), 14) + right(significant(work.cycles), 14)
                    + "  per \(work.operation)"
            }
    }

    private func counterLines() -> [String] {
        var lines = ["Counters against known work (each event alone, median of \(Examination.runs) runs)"]
        let names = events.flatMap(\.comparisons).map(\.work.count).max() ?? 0
        for event in events where event.verdict != .unavailable {
            lines.append("  \(event.event): \(event.verdict.rawValue)")
            lines += event.comparisons.flatMap { self.lines($0, names) }.map { "    " + $0 }
        }
        var reasons: [(reason: String, names: [String])] = []
        for event in events where event.verdict == .unavailable {
            let reason = event.reason ?? ""
            if let known = reasons.firstIndex(where: { $0.reason == reason }) {
                reasons[known].names.append(event.event)
            } else {
                reasons.append((reason, [event.event]))
            }
        }
        for (reason, names) in reasons {
            lines += wrapped("unavailable: \(reason)", width: 116).map { "  " + $0 }
            lines += wrapped(names.joined(separator: " "), width: 116).map { "    " + $0 }
        }
        return lines
    }

    private func lines(_ comparison: Comparison, _ names: Int) -> [String] {
        let counted = comparison.counted.map(grouped) ?? ""
        let error = comparison.errorPercent.map { ($0 < 0 ? "" : "+") + Finding.fixed($0, 2) + " %" } ?? ""
        let line =
            padded(comparison.work, names) + "  expected" + right(grouped(comparison.expected), 14)
            + "  counted" + right(counted, 14) + right(error, 11) + "  " + (comparison.provenance ?? "")
            + (comparison.detail.map { " (\($0))" } ?? "")
        guard comparison.agrees == false else { return [line] }
        let (low, high) = (comparison.lowest.rounded(.up), comparison.highest.rounded(.down))
        return [line, padded("", names) + "  → not in \(grouped(low))…\(grouped(high))"]
    }

    // MARK: Text

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private func grouped(_ value: Double) -> String {
        let digits = Finding.fixed(value, 0)
        var text = ""
        for (place, digit) in digits.reversed().enumerated() {
            if place > 0, place % 3 == 0, digit.isNumber { text.insert(",", at: text.startIndex) }
            text.insert(digit, at: text.startIndex)
        }
        return text
    }

    /// Four significant digits or all of the integer part.
    private func significant(_ value: Double) -> String {
        var digits = 3
        var scale = 10.0
        while digits > 0, abs(value) >= scale { (digits, scale) = (digits - 1, scale * 10) }
        return Finding.fixed(value, digits)
    }

    private func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
