/// An operator whose outputs each depend on the inputs at the same place: it can work on any range of elements as soon as they are
/// there.
public class ElementwiseOperator: Operator, @unchecked Sendable {
    /// Computes these elements of the output.
    func run(elements: Range<Int>) { preconditionFailure("\(name) does not run") }

    public final override func run(_ part: Part) {
        let share = part.share(of: outputCount)
        if !share.isEmpty { run(elements: share) }
    }

    /// - Parameters:
    ///   - columns: channels of these rows.
    ///   - width: channels of a row.
    final func run(rows: Range<Int>, columns: Range<Int>, width: Int) {
        if columns.count == width { return run(elements: rows.lowerBound * width..<rows.upperBound * width) }
        for row in rows { run(elements: row * width + columns.lowerBound..<row * width + columns.upperBound) }
    }
}
