internal import Datasets
internal import Dispatch
internal import Foundation
internal import Networks
internal import QuantKernels
internal import Quantization

/// Runs every image of a set through the executors that are timed: one single-threaded executor per processor, each with its
/// share of the images. Integer results do not depend on the number of threads, so one sweep serves all.
struct ImageSweep {
    /// What is run.
    enum Model {
        case float(ModelStore.FloatModel)
        case integer(QuantizedModel)

        var network: Network {
            switch self {
            case .float(let model): model.network
            case .integer(let model): model.network
            }
        }
    }

    private let set: ImageDataset
    private let runners: [any ImageRunner]

    init(_ model: Model, on set: ImageDataset, registry: KernelRegistry) throws {
        self.set = set
        runners = try (0..<max(1, ProcessInfo.processInfo.activeProcessorCount)).map { _ in
            switch model {
            case .float(let model):
                FloatRunner(
                    try FloatExecutor(
                        network: model.network, parameters: model.parameters, registry: registry,
                        pool: ThreadPool(threads: 1)))
            case .integer(let model):
                IntegerRunner(
                    try IntegerExecutor(
                        model: model, registry: registry, pool: ThreadPool(threads: 1),
                        allowsFloatRequantization: model.rounding == .fp32))
            }
        }
    }

    /// Images between two questions whether to go on: some ten milliseconds.
    private static let stretch = 500

    /// What `body` makes of each image's output, in the order of the images. It is called by several threads.
    ///
    /// - Parameters:
    ///   - goOn: told the share of images done, now and then; false ends the sweep.
    ///   - body: given the image's place and the network's output as real values.
    /// - Returns: nil if it was ended.
    func run<Answer: Sendable>(
        goOn: (Double) -> Bool, _ body: @Sendable (_ image: Int, _ output: [Float]) -> Answer
    ) -> [Answer]? {
        var answers: [Answer] = []
        answers.reserveCapacity(set.count)
        let (runners, set) = (runners, set)
        for first in stride(from: 0, to: set.count, by: Self.stretch) {
            guard goOn(Double(first) / Double(set.count)) else { return nil }
            var parts = [[Answer]](repeating: [], count: runners.count)
            parts.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let buffer = buffer
                DispatchQueue.concurrentPerform(iterations: runners.count) { lane in
                    let share = Operator.share(min(Self.stretch, set.count - first), part: lane, of: runners.count)
                    buffer[lane] = share.map { body(first + $0, runners[lane].output(first + $0, of: set)) }
                }
            }
            answers += parts.flatMap(\.self)
        }
        return answers
    }

    /// Index of the largest element, the first of equal ones.
    static func firstLargest(_ values: some RandomAccessCollection<some Comparable>) -> Int {
        let best = values.indices.max { values[$0] < values[$1] || (values[$0] == values[$1] && $0 > $1) }
        return values.distance(from: values.startIndex, to: best!)
    }
}

/// An executor that loads an image, runs it, and tells the output as real values.
private protocol ImageRunner: AnyObject, Sendable {
    func output(_ index: Int, of set: ImageDataset) -> [Float]
}

private final class FloatRunner: ImageRunner, @unchecked Sendable {
    private let executor: FloatExecutor

    init(_ executor: FloatExecutor) { self.executor = executor }

    func output(_ index: Int, of set: ImageDataset) -> [Float] {
        set.writeBatch(CollectionOfOne(index), into: executor.input)
        executor.run()
        return Array(executor.output)
    }
}

private final class IntegerRunner: ImageRunner, @unchecked Sendable {
    private let executor: IntegerExecutor
    /// int8 inputs are the pixel less 128, which flips the highest bit.
    private let flip: UInt8

    init(_ executor: IntegerExecutor) {
        self.executor = executor
        flip = executor.model.activations[0].range.isSigned ? 0x80 : 0
    }

    func output(_ index: Int, of set: ImageDataset) -> [Float] {
        set.writeBatch(CollectionOfOne(index), into: executor.input)
        if flip != 0 { for i in executor.input.indices { executor.input[i] ^= flip } }
        executor.run()
        let (tensor, parameters) = (executor.network.last, executor.model.activations[executor.network.last])
        return executor.integers(of: tensor).map { parameters.dequantize($0) }
    }
}
