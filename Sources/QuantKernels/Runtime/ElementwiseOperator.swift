/// An operator whose outputs each depend on the inputs at the same place: it can work on any range of elements as soon as they are
/// there.
public class ElementwiseOperator: Operator, @unchecked Sendable {
    /// Computes these elements of the output. Counts nothing: threads that count in turn wait for each other.
    func compute(_ elements: Range<Int>) { preconditionFailure("\(name) does not run") }

    /// Adds to the work counters what some calls of `compute` have done.
    func count(calls: Int, elements: Int) { WorkCounter.calls(path).add(calls) }

    public final override func run(_ part: Part) {
        let share = part.share(of: outputCount)
        if !share.isEmpty { run(share) }
    }

    private func run(_ elements: Range<Int>) {
        compute(elements)
        count(calls: 1, elements: elements.count)
    }

    /// - Parameters:
    ///   - columns: channels of these rows.
    ///   - width: channels of a row.
    final func run(rows: Range<Int>, columns: Range<Int>, width: Int) {
        if columns.count == width { return run(rows.lowerBound * width..<rows.upperBound * width) }
        for row in rows { compute(row * width + columns.lowerBound..<row * width + columns.upperBound) }
        count(calls: rows.count, elements: rows.count * columns.count)
    }
}
