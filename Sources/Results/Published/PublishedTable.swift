/// A table as a publication prints it. A published number never stands in for a measured one.
public struct PublishedTable: Sendable, Equatable {
    /// What it shows, with the unit of its numbers.
    public let title: String
    /// Publication and number of the table.
    public let source: String
    /// The first heads the rows' names.
    public let columns: [String]
    /// As many cells as columns, as printed; the first is the row's name, blank ones were not published.
    public let rows: [[String]]

    /// - Parameter text: a line per row, its cells divided by `|`, the columns' heads first. Each row has a name of its own and as
    ///   many cells as there are heads; anything else is an error of the program.
    init(_ title: String, source: String, _ text: String) {
        let lines = text.split(separator: "\n").map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).map { cell in
                cell.trimming { $0 == " " }
            }
        }
        precondition(lines.count > 1, "\(source): a table has heads and rows")
        precondition(lines.allSatisfy { $0.count == lines[0].count }, "\(source): a row has another number of cells")
        precondition(Set(lines.map { $0[0] }).count == lines.count, "\(source): two rows of one name")
        (self.title, self.source) = (title, source)
        (columns, rows) = (lines[0], Array(lines.dropFirst()))
    }

    /// The number of a cell; nil where there is none.
    public func number(row: String, column: String) -> Double? {
        guard let column = columns.firstIndex(of: column), let row = rows.first(where: { $0[0] == row }) else {
            return nil
        }
        return Double(String(row[column].map { $0 == "−" ? "-" : $0 }))
    }
}

extension Substring {
    fileprivate func trimming(_ isBlank: (Character) -> Bool) -> String {
        var text = self
        while let first = text.first, isBlank(first) { text.removeFirst() }
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}
