internal import Datasets
internal import Dispatch
internal import Foundation
public import Networks
public import QuantKernels
internal import Quantization
public import Suites

/// On which images of a test set a network's float and integer form name different classes: to debug a quantization, and to
/// see a model that behaves differently only when it is quantized.
public struct ModelDifference: Sendable {
    /// An image on which they differ.
    public struct Image: Sendable, Equatable {
        /// Its place in the split, from 0.
        public let index: Int
        public let label: Int
        public let floatClass: Int
        public let integerClass: Int
        /// How far the float logit of its class lies above that of the integer's, and the other way round; 0 where two
        /// integer logits are equal.
        public let floatMargin: Float
        public let integerMargin: Float
    }

    /// Images of one label.
    public struct ClassCount: Sendable, Equatable {
        public let name: String
        public internal(set) var images = 0
        public internal(set) var floatCorrect = 0
        public internal(set) var integerCorrect = 0
        public internal(set) var differing = 0
        /// Of the differing: right in one form and wrong in the other.
        public internal(set) var onlyFloatCorrect = 0
        public internal(set) var onlyIntegerCorrect = 0
    }

    public let network: String
    public let numerics: String
    public let dataset: String
    /// By class.
    public let classes: [ClassCount]
    /// The most decided float answers first.
    public let differing: [Image]

    /// Runs all images of the split, or the first `limit`, through the executors that are timed.
    ///
    /// - Parameter goOn: told the share of images done, now and then; false ends it.
    /// - Returns: nil if it was ended.
    /// - Throws: `RunnerError.input` for a network without dataset, a missing or damaged checkpoint or dataset, or numerics
    ///   that cannot be run.
    public static func measure(
        _ workload: NetworkWorkload, _ numerics: QuantizedNumerics, split: String, limit: Int?,
        checkpoints: CheckpointStore, registry: KernelRegistry, goOn: (_ share: Double) -> Bool
    ) throws -> ModelDifference? {
        let store = ModelStore(checkpoints: checkpoints, seed: 0)
        let float = try store.float(workload)
        guard let dataset = float.dataset else {
            throw RunnerError(.input, "\(workload.family) has random weights: there is no class to name rightly")
        }
        guard float.network.head == nil else {
            throw RunnerError(
                .input,
                "\(workload.family) is a detector: it does not name one class for an image, which is what is compared")
        }
        let integer = try RunnerError.wrap(.input) {
            if numerics.training == .qat, let reason = try store.missingTraining(workload, numerics) {
                throw RunnerError(.input, reason)
            }
            return try store.quantized(workload, numerics)
        }
        var set = try store.dataset(dataset, split: split, resolution: workload.resolution)
        if let limit { set = set.prefix(limit) }
        let answers = try RunnerError.wrap(.input) {
            try AnswerPairs(float, integer, lanes: ProcessInfo.processInfo.activeProcessorCount, registry: registry)
                .run(set, goOn: goOn)
        }
        guard let answers else { return nil }

        var classes = set.classes.map { ClassCount(name: $0) }
        for image in answers {
            let (floatRight, integerRight) = (image.floatClass == image.label, image.integerClass == image.label)
            classes[image.label].images += 1
            classes[image.label].floatCorrect += floatRight ? 1 : 0
            classes[image.label].integerCorrect += integerRight ? 1 : 0
            classes[image.label].differing += image.floatClass != image.integerClass ? 1 : 0
            classes[image.label].onlyFloatCorrect += floatRight && !integerRight ? 1 : 0
            classes[image.label].onlyIntegerCorrect += integerRight && !floatRight ? 1 : 0
        }
        return ModelDifference(
            network: workload.name, numerics: "\(numerics)", dataset: "\(dataset)/\(split)", classes: classes,
            differing: answers.filter { $0.floatClass != $0.integerClass }
                .sorted { ($1.floatMargin, $0.index) < ($0.floatMargin, $1.index) })
    }
}

/// Both forms of a network, once per processor.
private final class AnswerPairs: @unchecked Sendable {
    private let pairs: [(float: FloatExecutor, integer: IntegerExecutor)]
    /// Of the integer logits.
    private let scale: Double
    /// Images between two questions whether to go on.
    private let stretch = 500

    init(_ float: ModelStore.FloatModel, _ integer: QuantizedModel, lanes: Int, registry: KernelRegistry) throws {
        scale = integer.activations[integer.network.last].scale
        pairs = try (0..<max(1, lanes)).map { _ in
            (
                try FloatExecutor(
                    network: float.network, parameters: float.parameters, registry: registry,
                    pool: ThreadPool(threads: 1)),
                try IntegerExecutor(
                    model: integer, registry: registry, pool: ThreadPool(threads: 1),
                    allowsFloatRequantization: integer.rounding == .fp32)
            )
        }
    }

    /// Every image's answers, in order; nil if it was ended.
    func run(_ set: ImageDataset, goOn: (Double) -> Bool) -> [ModelDifference.Image]? {
        var answers: [ModelDifference.Image] = []
        for first in stride(from: 0, to: set.count, by: stretch) {
            guard goOn(Double(first) / Double(set.count)) else { return nil }
            let count = min(stretch, set.count - first)
            var parts = [[ModelDifference.Image]](repeating: [], count: pairs.count)
            parts.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let buffer = buffer
                DispatchQueue.concurrentPerform(iterations: pairs.count) { lane in
                    let share = Operator.share(count, part: lane, of: self.pairs.count)
                    buffer[lane] = share.map { self.answer(lane, first + $0, set) }
                }
            }
            answers += parts.flatMap(\.self)
        }
        return answers
    }

    private func answer(_ lane: Int, _ index: Int, _ set: ImageDataset) -> ModelDifference.Image {
        let (float, integer) = pairs[lane]
        set.writeBatch(CollectionOfOne(index), into: float.input)
        float.run()
        integer.quantizeInput(float.input)
        integer.run()
        let reals = Array(float.output)
        let levels = integer.integers(of: integer.network.last)
        let (a, b) = (ImageSweep.firstLargest(reals), ImageSweep.firstLargest(levels))
        return ModelDifference.Image(
            index: index, label: Int(set.labels[index]), floatClass: a, integerClass: b,
            floatMargin: reals[a] - reals[b], integerMargin: Float(Double(levels[b] - levels[a]) * scale))
    }
}
