import CKernels
import Networks

/// Turns nodes into layers, in order, and notes what memory they share.
struct LayerBuilder {
    let network: Network
    let store: ParameterStore
    let team: WorkerTeam
    let threads: Int
    let capacity: Int
    let inputGradient: Bool
    let simulation: Simulation?
    /// Floats of scratch and of transposed weights that the largest layer needs.
    private(set) var scratch = 0
    private(set) var transposed = 0

    init(
        network: Network, store: ParameterStore, team: WorkerTeam, threads: Int, capacity: Int, inputGradient: Bool,
        simulation: Simulation?
    ) {
        (self.network, self.store, self.team) = (network, store, team)
        (self.threads, self.capacity, self.inputGradient) = (threads, capacity, inputGradient)
        self.simulation = simulation
    }

    mutating func layers() throws(TrainingError) -> [any Layer] {
        guard let last = network.nodes.last else {
            throw .unsupported(node: network.name, reason: "the network has no nodes")
        }
        let read = Set(network.nodes.flatMap(\.inputs))
        for (index, node) in network.nodes.enumerated() where node.name != last.name && !read.contains(index + 1) {
            throw .unsupported(node: node.name, reason: "nothing reads its output")
        }
        let inputs = inputGradients()
        var result: [any Layer] = []
        for (index, node) in network.nodes.enumerated() {
            result.append(try layer(node, inputs[index], output: index + 1))
        }
        return result
    }

    private var learnsSteps: Bool { simulation?.learnsSteps == true }

    /// Backward order decides who writes a gradient first: the last reader, and of one node the first mention.
    private func inputGradients() -> [[InputGradient]] {
        var written: Set<Int> = []
        let reversed = network.nodes.reversed().map { node in
            node.inputs.map { tensor in
                InputGradient(
                    tensor: tensor, accumulate: !written.insert(tensor).inserted, wanted: tensor > 0 || inputGradient)
            }
        }
        return reversed.reversed()
    }

    private mutating func layer(
        _ node: Network.Node, _ inputs: [InputGradient], output: Int
    ) throws(TrainingError) -> any Layer {
        let shape = network.shape(of: node.inputs[0])
        // Sums and averages are computed once more for the gradient by their scale.
        if learnsSteps, node.operation.weightAxis == nil { scratch = max(scratch, capacity * node.output.count) }
        switch node.operation {
        case .conv2d(let window, let channels, let activation, let batchNorm):
            let geometry = ck_training_window(window, over: shape)
            let map: any LinearMap
            if window.height == 1, window.width == 1, window.stride == 1 {
                map = MatrixMap(rows: shape.height * shape.width, inputs: shape.channels, outputs: channels)
            } else if WindowMap.suits(geometry) {
                map = WindowMap(geometry, outputs: channels)
            } else {
                map = ColumnsMap(geometry, outputs: channels)
            }
            return normalised(node, map, activation, batchNorm: batchNorm, inputs[0], output)
        case .depthwiseConv2d(let window, let activation, let batchNorm):
            let map = DepthwiseMap(window: ck_training_window(window, over: shape))
            return normalised(node, map, activation, batchNorm: batchNorm, inputs[0], output)
        case .fullyConnected(let outputs, let activation):
            let map = MatrixMap(rows: 1, inputs: shape.count, outputs: outputs)
            return normalised(node, map, activation, batchNorm: false, inputs[0], output)
        case .add(let activation):
            return AddLayer(
                inputs: inputs, output: output, count: shape.count, activation: activation,
                simulation: simulation?.activations)
        case .concat:
            return ConcatLayer(
                inputs: inputs, channels: node.inputs.map { network.shape(of: $0).channels }, output: output,
                pixels: shape.height * shape.width)
        case .reshape:
            return ConcatLayer(inputs: inputs, channels: [shape.count], output: output, pixels: 1)
        case .averagePool(let window):
            return PoolLayer(
                .average, window: ck_training_window(window, over: shape), input: inputs[0], output: output,
                simulation: simulation?.activations)
        case .maxPool(let window):
            return PoolLayer(
                .maximum, window: ck_training_window(window, over: shape), input: inputs[0], output: output,
                simulation: simulation?.activations)
        case .pad, .softmax, .argmax:
            throw .unsupported(
                node: node.name,
                reason: "training knows conv2d, depthwiseConv2d, fullyConnected, add, concat, reshape and pools, and "
                    + "puts softmax into the loss itself")
        }
    }

    private mutating func normalised(
        _ node: Network.Node, _ map: any LinearMap, _ activation: Activation, batchNorm: Bool, _ input: InputGradient,
        _ output: Int
    ) -> any Layer {
        let place = { [store] (suffix: String) in store.offset(node.name + suffix) }
        let kind: NormalisedLayer.Kind =
            batchNorm
            ? .batchNorm(
                gamma: place(".bn.gamma"), beta: place(".bn.beta"), mean: place(".bn.mean"),
                variance: place(".bn.variance"))
            : .bias(place(".bias"))
        let inputShape = network.shape(of: input.tensor)
        let block = NormalisedLayer.block(map, inputCount: inputShape.count, outputCount: node.output.count)
        scratch = max(scratch, map.scratch(images: min(block, capacity)))
        if learnsSteps { scratch = max(scratch, min(block, capacity) * node.output.count) }
        transposed = max(transposed, map.transposed)
        return NormalisedLayer(
            map: map, kind: kind, activation: activation, input: input, inputShape: inputShape, output: output,
            outputShape: node.output, weights: place(".weight"), store: store, team: team, threads: threads,
            capacity: capacity,
            simulation: simulation.flatMap { simulation in
                simulation.weights(of: node.name).map { ($0, simulation.activations) }
            })
    }
}
