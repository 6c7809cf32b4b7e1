/// An operator that computes its output row by row, a row being the channels of one position, and can hand rows on.
package protocol RowProducer: Operator {
    /// Does the part's work as `run(part:of:)`; `follower` is given each block of rows while the caches still hold it.
    func run(_ part: Part, then follower: ElementwiseOperator?)
}

/// An operator and an elementwise one behind it as one step: each block of rows passes through both, so that what lies between
/// them never leaves the second-level cache. The result is that of the two, one after the other.
///
/// Each thread has one part: four, which a producer alone is cut into, took additions behind the wide convolutions of ResNet-50 up to 5 %
/// longer on two quiet cores of a Zen 4.
package final class FollowedOperator: Operator, @unchecked Sendable {
    private let producer: any RowProducer
    private let follower: ElementwiseOperator

    package init(_ producer: any RowProducer, then follower: ElementwiseOperator) {
        (self.producer, self.follower) = (producer, follower)
        let path = producer.path.rawValue >= follower.path.rawValue ? producer.path : follower.path
        super.init(name: "\(producer.name)+\(follower.name)", path: path, outputCount: follower.outputCount)
        microKernels = producer.microKernels + follower.microKernels
        packedBytes = producer.packedBytes + follower.packedBytes
    }

    package override var paths: [InstructionSet] { producer.paths + follower.paths }

    package override func run(_ part: Part) {
        producer.run(part, then: follower)
    }
}
