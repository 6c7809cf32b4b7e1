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
        var sections = ResultGroup.all(of: file).map(render)
        let problems = file.benchmarks.filter { $0.status != .ok }
        if !problems.isEmpty {
            let lines = problems.map { "\($0.name): \($0.status.rawValue): \($0.reason ?? "no reason recorded")\n" }
            sections.append(lines.joined())
        }
        return sections.joined(separator: "\n")
    }

    private func render(_ group: ResultGroup) -> String {
        let all = TableColumn.columns(for: group.kind).map { column in
            Column(definition: column, cells: group.rows.map { column.text($0, .compact) })
        }
        var columns = all.filter { column in
            column.definition.expendable == 0 && !column.definition.title.isEmpty || !column.isBlank
        }
        var left: [String] = []
        while lineWidth(columns) > width,
            let worst = columns.indices.max(by: {
                columns[$0].definition.expendable < columns[$1].definition.expendable
            }),
            columns[worst].definition.expendable > 0
        {
            left.append(columns.remove(at: worst).definition.title)
        }
        shorten(&columns)

        var text = group.title.truncated(to: width) + "\n"
        text += line(columns.map { $0.definition.title.padded(to: $0.width, onLeft: $0.definition.isNumber) })
        for (index, row) in group.rows.enumerated() {
            let cells = columns.map { $0.cells[index].padded(to: $0.width, onLeft: $0.definition.isNumber) }
            text += line(cells, bold: row.isPareto)
        }
        var notes: [String] = []
        if group.rows.contains(where: \.isPareto) { notes.append("* no other row is both faster and more accurate") }
        notes += group.notes
        if !left.isEmpty { notes.append("left out for want of room: \(left.joined(separator: ", "))") }
        return notes.reduce(text) { $0 + $1.truncated(to: width) + "\n" }
    }

    /// If even the columns that are always there take too much room, the first column with words gives way.
    private func shorten(_ columns: inout [Column]) {
        let excess = lineWidth(columns) - width
        guard excess > 0, let index = columns.firstIndex(where: { !$0.definition.isNumber && $0.width > 1 }) else {
            return
        }
        let room = max(1, columns[index].width - excess)
        columns[index].cells = columns[index].cells.map { $0.truncated(to: room) }
    }

    private func lineWidth(_ columns: [Column]) -> Int {
        columns.reduce(0) { $0 + $1.width } + gap.count * max(0, columns.count - 1)
    }

    private func line(_ cells: [String], bold: Bool = false) -> String {
        var text = cells.joined(separator: gap)
        while text.last == " " { text.removeLast() }
        return (bold && color ? "\u{1B}[1m\(text)\u{1B}[0m" : text) + "\n"
    }

    private let gap = "  "

    private struct Column {
        let definition: TableColumn
        var cells: [String]

        var isBlank: Bool { cells.allSatisfy(\.isEmpty) }
        var width: Int { cells.reduce(definition.title.displayWidth) { max($0, $1.displayWidth) } }
    }
}
