public import Networks

/// How well a network names the classes of images.
public struct Evaluation: Sendable, Equatable {
    public let images: Int
    public let correct: Int
    /// Mean cross-entropy in nats.
    public let loss: Double
    /// Share of the images whose largest logit is the label's, 0…1.
    public var accuracy: Double { Double(correct) / Double(images) }
}

/// Float inference with batch norm's moving statistics, by the training kernels: a dataset's accuracy and loss.
public final class FloatEvaluator: Sendable {
    private let graph: TrainingGraph

    /// - Parameters:
    ///   - parameters: every tensor of `network.parameterShapes`.
    ///   - level: highest kernel level: 0 baseline, 1 AVX2 + FMA, 2 AVX-512.
    public init(
        network: Network, parameters: Parameters, batchSize: Int = 128, threads: Int = 1, level: Int = 2
    ) throws(TrainingError) {
        graph = try TrainingGraph(
            network, batch: batchSize, threads: threads, level: level, purpose: .evaluation)
        try graph.store.load(parameters)
    }

    /// Not for concurrent calls on one evaluator: it uses all of the evaluator's threads and memory.
    public func evaluate(_ images: TrainingImages) throws(TrainingError) -> Evaluation {
        try images.check(graph.network)
        return graph.evaluate(images)
    }
}
