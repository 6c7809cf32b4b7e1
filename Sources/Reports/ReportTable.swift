import Results

/// A table as texts, ready for a terminal or for Markdown.
struct ReportTable {
    struct Column {
        let title: String
        let isNumber: Bool
        /// Columns with larger numbers are left out first where room is short; 0 never is.
        let expendable: Int
        var cells: [String]

        var isBlank: Bool { cells.allSatisfy(\.isEmpty) }
        var width: Int { cells.reduce(title.displayWidth) { max($0, $1.displayWidth) } }
    }

    let title: String
    var columns: [Column]
    /// For each row, whether it is of the Pareto set.
    var isPareto: [Bool]
    /// Sentences about rows, where no column has room for them.
    var remarks: [(label: String, text: String)] = []
    /// Lines below the table.
    let notes: [String]

    var rowCount: Int { isPareto.count }

    /// A row that has no more cells than these.
    mutating func append(_ cells: [String]) {
        for index in columns.indices { columns[index].cells.append(index < cells.count ? cells[index] : "") }
        isPareto.append(false)
    }

    /// The results tables of a run, then the layers of its cells; in full also where they stand under the roofline.
    static func all(of file: ResultsFile, _ detail: TableColumn.Detail) -> [ReportTable] {
        ResultGroup.all(of: file).map { ReportTable($0, detail) }
            + file.benchmarks.flatMap { record in
                [
                    LayerTable.table(of: record, file.context, detail),
                    detail == .full ? RooflineTable.table(of: record, file.context) : nil,
                ].compactMap(\.self)
            }
    }

    init(title: String, columns: [Column], notes: [String]) {
        (self.title, self.columns, self.notes) = (title, columns, notes)
        isPareto = columns.first?.cells.map { _ in false } ?? []
    }

    init(_ group: ResultGroup, _ detail: TableColumn.Detail) {
        title = group.title
        columns = TableColumn.columns(for: group.kind).map { column in
            Column(
                title: column.title, isNumber: column.isNumber, expendable: column.expendable,
                cells: group.rows.map { column.text($0, detail) })
        }
        isPareto = group.rows.map(\.isPareto)
        notes = group.notes
    }
}
