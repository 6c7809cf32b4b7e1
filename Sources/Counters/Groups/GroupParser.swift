/// The text format of counter groups:
///
///     # A comment, anywhere but in LONG.
///     SHORT Instructions and cycles
///     EVENTS
///       PAPI_TOT_CYC
///       PAPI_TOT_INS
///     METRICS
///       IPC [instructions/cycle] = PAPI_TOT_INS / PAPI_TOT_CYC
///     LONG
///       Everything from here to the end explains the group.
///
/// Section words stand at the start of a line, content is indented. SHORT and EVENTS are required.
struct GroupParser {
    private enum Section: String, CaseIterable {
        case short = "SHORT"
        case events = "EVENTS"
        case metrics = "METRICS"
        case long = "LONG"
    }

    private let file: String
    private var title: String?
    private var events: [String] = []
    private var metrics: [CounterGroup.Metric] = []
    private var long: [String] = []
    private var seen: [Section] = []

    private init(file: String) { self.file = file }

    static func parse(_ text: String, name: String, file: String) throws(CounterError) -> CounterGroup {
        var parser = GroupParser(file: file)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        for (index, line) in lines.enumerated() { try parser.take(line, number: index + 1) }
        guard let title = parser.title else { throw parser.problem(lines.count, 1, "the group has no SHORT line") }
        guard !parser.events.isEmpty else { throw parser.problem(lines.count, 1, "the group has no EVENTS") }
        let explanation = parser.long.joined(separator: "\n").trimmed
        return CounterGroup(
            name: name, title: title, explanation: explanation, events: parser.events, metrics: parser.metrics)
    }

    private func problem(_ line: Int, _ column: Int, _ problem: String) -> CounterError {
        .group(file: file, line: line, column: column, problem: problem)
    }

    private mutating func take(_ line: String, number: Int) throws(CounterError) {
        if seen.last == .long {
            long.append(line.trimmed)
            return
        }
        let content = line.trimmed
        guard !content.isEmpty, !content.hasPrefix("#") else { return }
        let column =
            (line.firstIndex { !$0.isWhitespace }.map { line.distance(from: line.startIndex, to: $0) } ?? 0) + 1
        guard column > 1 else { return try beginSection(content, number) }
        switch seen.last {
        case .events: try takeEvent(content, number, column)
        case .metrics: try takeMetric(content, number, column)
        case .short: throw problem(number, column, "SHORT is one line; explanations go to LONG")
        case .long, nil: throw problem(number, column, "expected SHORT, EVENTS, METRICS or LONG at the line's start")
        }
    }

    private mutating func beginSection(_ content: String, _ number: Int) throws(CounterError) {
        let word = String(content.prefix { !$0.isWhitespace })
        let rest = String(content.dropFirst(word.count)).trimmed
        guard let section = Section(rawValue: word) else {
            throw problem(
                number, 1, "'\(word)' is no section; expected SHORT, EVENTS, METRICS or LONG (indent content)")
        }
        guard !seen.contains(section) else { throw problem(number, 1, "a second \(word) section") }
        seen.append(section)
        switch section {
        case .short:
            guard !rest.isEmpty else { throw problem(number, 1, "SHORT needs a title on its line") }
            title = rest
        case .long: if !rest.isEmpty { long.append(rest) }
        case .events, .metrics:
            guard rest.isEmpty else { throw problem(number, 1, "\(word) stands alone; its content is indented below") }
        }
    }

    private mutating func takeEvent(_ content: String, _ number: Int, _ column: Int) throws(CounterError) {
        guard !content.contains(where: \.isWhitespace) else { throw problem(number, column, "one event on each line") }
        guard !events.contains(content) else { throw problem(number, column, "event \(content) is listed twice") }
        events.append(content)
    }

    /// `name [unit] = formula`; the unit may be left out.
    private mutating func takeMetric(_ content: String, _ number: Int, _ column: Int) throws(CounterError) {
        guard let equals = content.firstIndex(of: "=") else {
            throw problem(number, column, "a metric is: name [unit] = formula")
        }
        var name = String(content[..<equals]).trimmed
        var unit = ""
        if name.hasSuffix("]"), let bracket = name.lastIndex(of: "[") {
            unit = String(name[name.index(after: bracket)...].dropLast()).trimmed
            name = String(name[..<bracket]).trimmed
        }
        guard !name.isEmpty else { throw problem(number, column, "the metric has no name") }
        guard !metrics.contains(where: { $0.name == name }) else {
            throw problem(number, column, "metric '\(name)' is defined twice")
        }
        let tail = content[content.index(after: equals)...]
        let text = String(tail).trimmed
        let spaces = tail.prefix { $0.isWhitespace }.count
        let formulaColumn = column + content.distance(from: content.startIndex, to: equals) + 1 + spaces
        let formula: Formula
        do { formula = try FormulaParser.parse(text) } catch {
            throw problem(number, formulaColumn + error.offset, "formula: \(error.message)")
        }
        for event in formula.events where !events.contains(event) {
            throw problem(number, formulaColumn, "formula: \(event) is not listed under EVENTS above")
        }
        metrics.append(CounterGroup.Metric(name: name, unit: unit, formula: formula))
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
