/// An operator that computes its output row by row, a row being the channels of one position, and can hand rows on.
package protocol RowProducer: Operator {
    /// Does the part's work as `run(_:)`; `follower` is given each block of rows while the caches still hold it. With a follower,
    /// every block of the part is written to the same memory, that of the part's first rows.
    func run(_ part: Part, then follower: RowFollower?)

    /// Whether its own micro-kernels do that operation's work, too, before they store a row.
    func absorbs(_ operation: ElementwiseOperator) -> Bool
}

extension RowProducer {
    package func absorbs(_ operation: ElementwiseOperator) -> Bool { false }
}

/// The second half of a step: an elementwise operator that takes one of its operands from a producer, some rows at a time.
package struct RowFollower: Sendable {
    /// Which operand the producer makes.
    package enum Operand: Sendable { case left, right }

    let operation: ElementwiseOperator
    let operand: Operand

    /// - Parameters:
    ///   - rows: of the output.
    ///   - place: the row of the producer's memory that holds the first of them.
    ///   - columns: channels of these rows.
    ///   - width: channels of a row.
    func run(rows: Range<Int>, madeAt place: Int, columns: Range<Int>, width: Int) {
        if columns.count == width {
            compute(rows.lowerBound * width, count: rows.count * width, made: place * width)
            operation.count(calls: 1, elements: rows.count * width)
            return
        }
        for row in 0..<rows.count {
            compute(
                (rows.lowerBound + row) * width + columns.lowerBound, count: columns.count,
                made: (place + row) * width + columns.lowerBound)
        }
        operation.count(calls: rows.count, elements: rows.count * columns.count)
    }

    private func compute(_ first: Int, count: Int, made: Int) {
        let (left, right) = operand == .left ? (made, first) : (first, made)
        operation.compute(first..<first + count, left: left, right: right)
    }
}

/// An operator and an elementwise one behind it as one step: each block of rows passes through both, so that what lies between
/// them never leaves the second-level cache, since all blocks of a part take turns in the same memory, or never leaves registers.
/// The result is that of the two, one after the other.
///
/// Each thread has one part: four, which a producer alone is cut into, took additions behind the wide convolutions of ResNet-50 up to 5 %
/// longer on two quiet cores of a Zen 4.
package final class FollowedOperator: Operator, @unchecked Sendable {
    private let producer: any RowProducer
    private let follower: RowFollower
    /// The operators whose micro-kernels are called.
    private let works: [Operator]

    /// - Parameter operand: which of the follower's operands the producer makes; the other and the output lie elsewhere.
    package init(
        _ producer: any RowProducer, then operation: ElementwiseOperator, making operand: RowFollower.Operand
    ) {
        self.producer = producer
        follower = RowFollower(operation: operation, operand: operand)
        works = producer.absorbs(operation) ? [producer] : [producer, operation]
        let path = works.map(\.path).max { $0.rawValue < $1.rawValue }!
        super.init(name: "\(producer.name)+\(operation.name)", path: path, outputCount: operation.outputCount)
        microKernels = works.flatMap(\.microKernels)
        packedBytes = producer.packedBytes + operation.packedBytes
    }

    package override var paths: [InstructionSet] { works.flatMap(\.paths) }

    package override var upcoming: Operator? {
        get { producer.upcoming }
        set { producer.upcoming = newValue }
    }

    package override func weightsToCome(_ seat: Int, of threads: Int) -> UnsafeRawBufferPointer {
        producer.weightsToCome(seat, of: threads)
    }

    package override func run(_ part: Part) {
        producer.run(part, then: follower)
    }
}
