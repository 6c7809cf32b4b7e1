public import Results

/// The tables at the end of a run, as text for a terminal or a log.
public struct TerminalTable {
    private let width: Int
    private let color: Bool

    /// - Parameters:
    ///   - width: columns that a line may take.
    ///   - color: whether rows of the Pareto set are set in bold. The caller decides: not off a terminal, not with
    ///     NO_COLOR.
    public init(width: Int = 120, color: Bool) {
        self.width = width
        self.color = color
    }

    /// All tables of a run, then the cells without numbers with their reasons.
    public func render(_ file: ResultsFile) -> String {
        var sections = ReportTable.all(of: file, .compact).map(render)
        let counters = counters(file.benchmarks.filter { $0.status == .ok })
        if !counters.isEmpty { sections.append(counters) }
        let problems = file.benchmarks.filter { $0.status != .ok }
        if !problems.isEmpty { sections.append(self.problems(problems)) }
        return sections.joined(separator: "\n")
    }

    /// A line for each cell without numbers; one for many that were skipped for the same kind of reason.
    private func problems(_ records: [Record]) -> String {
        func line(_ record: Record) -> String {
            "\(record.name): \(record.status.rawValue): \(record.reason ?? "no reason recorded")\n"
        }
        let kind = { (record: Record) in record.status == .skipped ? record.reason?.firstClause : nil }
        let counts = Dictionary(grouping: records, by: kind).mapValues(\.count)
        var told: Set<String> = []
        return records.map { record in
            guard let clause = kind(record), let count = counts[clause], count > 3 else { return line(record) }
            return told.insert(clause).inserted ? "\(count) cells skipped: \(clause); the first: \(line(record))" : ""
        }.joined()
    }

    /// Where counters come from, a line for each provenance and then for each reason; their numbers take more room than a
    /// terminal has.
    private func counters(_ records: [Record]) -> String {
        guard records.contains(where: { !($0.counters ?? [:]).isEmpty }) else { return "" }
        var order: [String] = []
        var names: [String: [String]] = [:]
        let rows = CounterTables.provenance(records)
        for row in rows.filter({ $0.provenance != .unavailable }) + rows.filter({ $0.provenance == .unavailable }) {
            let isMissing = row.provenance == .unavailable
            let cells = isMissing && row.cells != "all" ? "in \(row.cells) cells" : nil
            let reason = isMissing ? "(\(row.explanation))" : nil
            let title = [row.provenance.rawValue, row.share, cells, reason].compactMap(\.self).joined(separator: " ")
            if names[title] == nil { order.append(title) }
            names[title, default: []] += row.names
        }
        return "counters, values in the files\n"
            + order.map { "\($0): \((names[$0] ?? []).joined(separator: ", "))".truncated(to: width) + "\n" }.joined()
    }

    private func render(_ table: ReportTable) -> String {
        var columns = table.columns.filter { column in
            column.expendable == 0 && !column.title.isEmpty || !column.isBlank
        }
        var left: [String] = []
        while lineWidth(columns) > width,
            let worst = columns.indices.max(by: { columns[$0].expendable < columns[$1].expendable }),
            columns[worst].expendable > 0
        {
            left.append(columns.remove(at: worst).title)
        }
        shorten(&columns)

        var text = table.title.truncated(to: width) + "\n"
        text += line(columns.map { $0.title.padded(to: $0.width, onLeft: $0.isNumber) })
        for row in 0..<table.rowCount {
            let cells = columns.map { $0.cells[row].padded(to: $0.width, onLeft: $0.isNumber) }
            text += line(cells, bold: table.isPareto[row])
        }
        text += remarks(table)
        var notes: [String] = []
        if table.isPareto.contains(true) { notes.append("* no other row is both faster and more accurate") }
        notes += table.notes
        if !left.isEmpty { notes.append("left out for want of room: \(left.joined(separator: ", "))") }
        return notes.reduce(text) { $0 + $1.truncated(to: width) + "\n" }
    }

    private func remarks(_ table: ReportTable) -> String {
        let label = table.remarks.reduce(0) { max($0, $1.label.displayWidth) }
        let indent = label + gap.count
        return table.remarks.reduce("") { text, remark in
            let lines = remark.text.wrapped(to: max(1, width - indent))
            let labels = [remark.label] + Array(repeating: "", count: max(0, lines.count - 1))
            return text + zip(labels, lines).map { line([$0.padded(to: label, onLeft: false), $1]) }.joined()
        }
    }

    /// If even the columns that are always there take too much room, the first column with words gives way.
    private func shorten(_ columns: inout [ReportTable.Column]) {
        let excess = lineWidth(columns) - width
        guard excess > 0, let index = columns.firstIndex(where: { !$0.isNumber && $0.width > 1 }) else { return }
        let room = max(1, columns[index].width - excess)
        columns[index].cells = columns[index].cells.map { $0.truncated(to: room) }
    }

    private func lineWidth(_ columns: [ReportTable.Column]) -> Int {
        columns.reduce(0) { $0 + $1.width } + gap.count * max(0, columns.count - 1)
    }

    private func line(_ cells: [String], bold: Bool = false) -> String {
        var text = cells.joined(separator: gap)
        while text.last == " " { text.removeLast() }
        return (bold && color ? "\u{1B}[1m\(text)\u{1B}[0m" : text) + "\n"
    }

    private let gap = "  "
}
