internal import Datasets
internal import Dispatch
internal import Foundation
internal import Networks
internal import QuantKernels
internal import Quantization

/// Top-1 accuracy over a whole data split, by the executors that are timed: one single-threaded executor per processor, each
/// with its share of the images. Integer results do not depend on the number of threads, so one evaluation serves all.
enum AccuracyEvaluation {
    struct Result: Sendable {
        var correct: Int
        var images: Int
    }

    /// Loads image `index`, runs it, and tells the class.
    private protocol Classifier: AnyObject, Sendable {
        func classify(_ index: Int, of set: ImageDataset) -> Int
    }

    private final class FloatClassifier: Classifier, @unchecked Sendable {
        let executor: FloatExecutor
        init(_ executor: FloatExecutor) { self.executor = executor }
        func classify(_ index: Int, of set: ImageDataset) -> Int {
            set.writeBatch(CollectionOfOne(index), into: executor.input)
            executor.run()
            return firstLargest(executor.output)
        }
    }

    private final class IntegerClassifier: Classifier, @unchecked Sendable {
        let executor: IntegerExecutor
        /// int8 inputs are the pixel less 128, which flips the highest bit.
        let flip: UInt8
        init(_ executor: IntegerExecutor) {
            self.executor = executor
            flip = executor.model.activations[0].range.isSigned ? 0x80 : 0
        }
        func classify(_ index: Int, of set: ImageDataset) -> Int {
            set.writeBatch(CollectionOfOne(index), into: executor.input)
            if flip != 0 { for i in executor.input.indices { executor.input[i] ^= flip } }
            executor.run()
            return firstLargest(executor.integers(of: executor.network.last))
        }
    }

    /// - Parameter goOn: told the share of images done, now and then; false ends the evaluation.
    /// - Returns: nil if it was ended.
    static func float(
        _ model: ModelStore.FloatModel, on set: ImageDataset, registry: KernelRegistry, goOn: (Double) -> Bool
    ) throws -> Result? {
        try evaluate(set, goOn) {
            FloatClassifier(
                try FloatExecutor(
                    network: model.network, parameters: model.parameters, registry: registry,
                    pool: ThreadPool(threads: 1)))
        }
    }

    /// As `float`.
    static func integer(
        _ model: QuantizedModel, on set: ImageDataset, registry: KernelRegistry, goOn: (Double) -> Bool
    ) throws -> Result? {
        try evaluate(set, goOn) {
            IntegerClassifier(
                try IntegerExecutor(
                    model: model, registry: registry, pool: ThreadPool(threads: 1),
                    allowsFloatRequantization: model.rounding == .fp32))
        }
    }

    /// Images between two questions whether to go on: some ten milliseconds.
    private static let stretch = 500

    private static func evaluate(
        _ set: ImageDataset, _ goOn: (Double) -> Bool, _ make: () throws -> any Classifier
    ) throws -> Result? {
        let lanes = max(1, ProcessInfo.processInfo.activeProcessorCount)
        let classifiers = try (0..<lanes).map { _ in try make() }
        let correct = UnsafeMutableBufferPointer<Int>.allocate(capacity: lanes)
        correct.initialize(repeating: 0)
        defer { correct.deallocate() }
        nonisolated(unsafe) let hits = correct
        for first in stride(from: 0, to: set.count, by: stretch) {
            guard goOn(Double(first) / Double(set.count)) else { return nil }
            DispatchQueue.concurrentPerform(iterations: lanes) { lane in
                let share = Operator.share(min(stretch, set.count - first), part: lane, of: lanes)
                for index in share.lowerBound + first..<share.upperBound + first
                where classifiers[lane].classify(index, of: set) == Int(set.labels[index]) {
                    hits[lane] += 1
                }
            }
        }
        return Result(correct: correct.reduce(0, +), images: set.count)
    }

    /// Index of the largest element, the first of equal ones.
    static func firstLargest(_ values: some RandomAccessCollection<some Comparable>) -> Int {
        let best = values.indices.max { values[$0] < values[$1] || (values[$0] == values[$1] && $0 > $1) }
        return values.distance(from: values.startIndex, to: best!)
    }
}
