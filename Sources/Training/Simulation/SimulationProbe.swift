package import Networks

/// Inference with simulated quantization: what the tests hold the integer network against.
package final class SimulationProbe {
    private let graph: TrainingGraph
    private let network: Network

    /// - Parameter parameters: of a training with simulated quantization, ranges among them.
    package init(network: Network, parameters: Parameters, quantization: SimulatedQuantization) throws {
        graph = try TrainingGraph(
            network, batch: 1, threads: 1, level: 2, purpose: .evaluation, quantization: quantization)
        self.network = network
        try graph.store.load(parameters)
        try graph.simulation?.activations.load(network, parameters, done: .max)
        graph.team.run { [graph] _ in graph.simulation?.quantizeWeights(graph.lanes[0]) }
    }

    /// The network's output for one image.
    package func run(_ image: [Float]) -> [Float] {
        let lane = prepared()
        write(image, 0, lane)
        for layer in graph.layers { layer.forward(lane, .inference) }
        return read(network.last, lane)
    }

    /// Every node's output when it is fed with these tensors, one per tensor of the network.
    package func eachLayer(fedWith tensors: [[Float]]) -> [[Float]] {
        let lane = prepared()
        return network.nodes.indices.map { index in
            for tensor in network.nodes[index].inputs { write(tensors[tensor], tensor, lane) }
            graph.layers[index].forward(lane, .inference)
            return read(index + 1, lane)
        }
    }

    private func prepared() -> Lane {
        let lane = graph.lanes[0]
        (lane.images, lane.batch) = (1, 1)
        return lane
    }

    private func write(_ values: [Float], _ tensor: Int, _ lane: Lane) {
        for (index, value) in values.enumerated() { lane.activations[tensor][index] = value }
    }

    private func read(_ tensor: Int, _ lane: Lane) -> [Float] {
        Array(UnsafeBufferPointer(start: lane.activations[tensor], count: network.shape(of: tensor).count))
    }
}
