/// The text format of counter groups:
///
///     # A comment, anywhere but in LONG.
///     SHORT Instructions and cycles
///     EVENTS
///       PAPI_TOT_CYC
///       L3_MISSES = PAPI_L3_TCM
///       L3_MISSES = perf_raw::r5c44 for amd 25 or amd 26/0-31
///     METRICS
///       L3 misses per cycle [misses/cycle] = L3_MISSES / PAPI_TOT_CYC
///     LONG
///       Everything from here to the end explains the group.
///
/// A line of EVENTS is an event, or a name with a formula over events. Several lines of one name are alternatives: the
/// first that can be counted is taken, and lines `for` this processor leave out those without `for`.
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
    private var definitions: [CounterGroup.Definition] = []
    private var metrics: [CounterGroup.Metric] = []
    private var long: [String] = []
    private var seen: [Section] = []

    private init(file: String) { self.file = file }

    static func parse(_ text: String, name: String, file: String) throws(CounterError) -> CounterGroup {
        var parser = GroupParser(file: file)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        for (index, line) in lines.enumerated() { try parser.take(line, number: index + 1) }
        guard let title = parser.title else { throw parser.problem(lines.count, 1, "the group has no SHORT line") }
        guard !parser.definitions.isEmpty else { throw parser.problem(lines.count, 1, "the group has no EVENTS") }
        let explanation = parser.long.joined(separator: "\n").trimmed
        return CounterGroup(
            name: name, title: title, explanation: explanation, definitions: parser.definitions,
            metrics: parser.metrics)
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

    /// `event`, or `name = formula [for processors]`.
    private mutating func takeEvent(_ content: String, _ number: Int, _ column: Int) throws(CounterError) {
        guard content.contains(where: \.isWhitespace) else {
            guard !definitions.contains(where: { $0.name == content }) else {
                throw problem(number, column, "event \(content) is listed twice")
            }
            return definitions.append(CounterGroup.Definition(event: content))
        }
        guard let equals = content.firstRange(of: " = ") else {
            throw problem(number, column, "one event on each line, or: name = formula [for processors]")
        }
        let name = String(content[..<equals.lowerBound]).trimmed
        guard !name.contains(where: \.isWhitespace) else {
            throw problem(number, column, "the name '\(name)' has white space in it")
        }
        let parts = content[equals.upperBound...].split(separator: " for ", omittingEmptySubsequences: false)
        let start = column + content.distance(from: content.startIndex, to: equals.upperBound)
        let formula = try self.formula(String(parts[0]), number, start)
        var patterns: [ProcessorPattern] = []
        for text in parts.count > 1 ? parts[1].split(separator: " or ", omittingEmptySubsequences: false) : [] {
            guard let pattern = ProcessorPattern(String(text)) else {
                throw problem(
                    number, start + parts[0].count + 1,
                    "'\(text)' names no processors; write 'for amd 25/16-31,96 or intel 6' (family/models)")
            }
            patterns.append(pattern)
        }
        guard parts.count <= 2 else { throw problem(number, start, "'for' stands twice") }
        let alternative = CounterGroup.Definition.Alternative(formula: formula, processors: patterns)
        guard let known = definitions.firstIndex(where: { $0.name == name }) else {
            return definitions.append(CounterGroup.Definition(name: name, alternatives: [alternative]))
        }
        guard !definitions[known].alternatives.contains(alternative) else {
            throw problem(number, column, "this alternative of \(name) is listed twice")
        }
        definitions[known].alternatives.append(alternative)
    }

    /// `column` is that of the text's first character.
    private func formula(_ text: String, _ number: Int, _ column: Int) throws(CounterError) -> Formula {
        let spaces = text.prefix { $0.isWhitespace }.count
        do { return try FormulaParser.parse(text.trimmed) } catch {
            throw problem(number, column + spaces + error.offset, "formula: \(error.message)")
        }
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
        let tail = String(content[content.index(after: equals)...])
        let start = column + content.distance(from: content.startIndex, to: equals) + 1
        let formula = try self.formula(tail, number, start)
        for event in formula.events where !definitions.contains(where: { $0.name == event }) {
            throw problem(
                number, start + tail.prefix { $0.isWhitespace }.count,
                "formula: \(event) is not listed under EVENTS above")
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
