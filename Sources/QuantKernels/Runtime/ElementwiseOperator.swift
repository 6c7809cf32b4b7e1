/// An operator of two operands whose outputs each depend on the operands at the same place: it can work on any range of elements as
/// soon as they are there.
public class ElementwiseOperator: Operator, @unchecked Sendable {
    /// Computes these elements of the output. Counts nothing: threads that count in turn wait for each other.
    ///
    /// - Parameters:
    ///   - left: index of the left operand's first element; `elements.lowerBound` unless its memory holds a few rows at a time.
    ///   - right: the same of the right operand.
    func compute(_ elements: Range<Int>, left: Int, right: Int) { preconditionFailure("\(name) does not run") }

    /// Adds to the work counters what some calls of `compute` have done.
    func count(calls: Int, elements: Int) { WorkCounter.calls(path).add(calls) }

    public final override func run(_ part: Part) {
        let share = part.share(of: outputCount)
        if share.isEmpty { return }
        compute(share, left: share.lowerBound, right: share.lowerBound)
        count(calls: 1, elements: share.count)
    }
}
