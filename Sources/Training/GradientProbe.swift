package import Networks

/// One forward and backward pass over given float images: what the tests of the gradients look at.
package struct GradientProbe {
    /// Mean loss, logits, and the loss's gradients by every trained parameter and by the input.
    package struct Result {
        package let loss: Double
        package let logits: [Float]
        package let parameters: [String: [Float]]
        package let input: [Float]
        /// The moving statistics after the pass.
        package let updated: Parameters
    }

    private let graph: TrainingGraph
    private let labelSmoothing: Double
    private let isFrozen: Bool

    /// - Parameters:
    ///   - parameters: with ranges, as a checkpoint has them, if activations are to be quantized.
    ///   - isFrozen: batch norm by the moving statistics.
    package init(
        network: Network, parameters: Parameters, batch: Int, threads: Int, level: Int, labelSmoothing: Double = 0,
        quantization: SimulatedQuantization? = nil, isFrozen: Bool = false
    ) throws {
        graph = try TrainingGraph(
            network, batch: batch, threads: threads, level: level, purpose: .inputGradient, quantization: quantization)
        try graph.store.load(parameters)
        self.isFrozen = isFrozen
        if parameters.tensors.keys.contains(where: { $0.hasPrefix("range.") && $0.hasSuffix(".output") }) {
            try graph.simulation?.activations.load(network, parameters, done: .max)
        }
        self.labelSmoothing = labelSmoothing
    }

    package func run(input: [Float], labels: [UInt8]) -> Result { run(input: input, targets: .classes(labels)) }

    /// - Parameter targets: one per image; images are not mirrored.
    package func run(input: [Float], targets: TrainingTargets) -> Result {
        let (graph, images) = (graph, targets.count)
        let objective = targets.objective(graph.network, labelSmoothing: labelSmoothing)
        let mode: PassMode = isFrozen ? .frozen : .training(statisticsShare: 0.1)
        let size = graph.network.input.count
        precondition(input.count == images * size)
        graph.team.run { member in
            let lane = graph.lanes[member]
            graph.propagate(lane, batch: images, mode: mode, objective: objective) { range in
                for (i, image) in range.enumerated() {
                    lane.samples.base[i] = Sample(image: image)
                    for j in 0..<size { lane.activations[0][i * size + j] = input[image * size + j] }
                }
            }
        }
        let sum = graph.gradientSum()
        let named = graph.store.trained.map { ($0.name, Array(sum[$0.offset..<$0.offset + $0.count])) }
        let classes = graph.network.classes
        return Result(
            loss: graph.lanes.reduce(0) { $0 + $1.loss } / Double(images),
            logits: graph.lanes.flatMap { lane in
                (0..<lane.images * classes).map { lane.activations[graph.network.last][$0] }
            },
            parameters: Dictionary(uniqueKeysWithValues: named),
            input: graph.lanes.flatMap { lane in
                (0..<lane.images * size).map { lane.gradients[0]![$0] }
            },
            updated: graph.store.export(momentum: false))
    }

    /// Levels of the kernels that this processor runs.
    package static var levels: [Int] { KernelLevel.available.map(\.level) }
}
