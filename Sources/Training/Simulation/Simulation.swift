import CKernels
import Networks
import Quantization

/// Simulated quantization of a whole network: what its layers ask for, and what is done once per step.
final class Simulation: Sendable {
    let activations: ActivationSimulation
    let learnsSteps: Bool
    private let weights: [String: WeightSimulation]
    /// The layers whose weights a lane rounds: about the same number of weights for each.
    private let shares: [[WeightSimulation]]

    /// - Parameter store: must have the tensors of `steps`.
    init(
        _ network: Network, _ options: SimulatedQuantization, store: ParameterStore, lanes: Int
    ) throws(TrainingError) {
        let quantizer = try Self.quantizer(options.scheme)
        learnsSteps = options.learnsSteps
        activations = try ActivationSimulation(network, options, store: store, lanes: lanes)
        var weights: [String: WeightSimulation] = [:]
        for node in network.nodes {
            guard let axis = node.operation.weightAxis else { continue }
            let entry = store.entry(node.name + ".weight")
            var places = WeightSimulation.Places(
                weights: entry.offset, count: entry.count, channels: node.output.channels, axis: axis)
            if node.operation.hasBatchNorm {
                places.batchNorm = (store.offset(node.name + ".bn.gamma"), store.offset(node.name + ".bn.variance"))
            }
            if options.learnsSteps { places.steps = store.offset(TrainedRanges.step(node.name)) }
            weights[node.name] = WeightSimulation(places, quantizer, store: store)
        }
        self.weights = weights
        var shares = Array(repeating: [WeightSimulation](), count: lanes)
        var loads = Array(repeating: 0, count: lanes)
        let byName = weights.sorted { $0.key < $1.key }.map(\.value)
        for layer in byName.sorted(by: { $0.places.count > $1.places.count }) {
            let lane = loads.indices.min { loads[$0] < loads[$1] }!
            shares[lane].append(layer)
            loads[lane] += layer.places.count
        }
        self.shares = shares
    }

    private static func quantizer(_ scheme: QuantizationScheme) throws(TrainingError) -> WeightQuantizer {
        do {
            return try WeightQuantizer(
                bits: scheme.weightBits, mapping: scheme.mapping, granularity: scheme.granularity)
        } catch { throw .option(name: "scheme", reason: "\(error)") }
    }

    /// Name and shape of the scales that are learned.
    static func steps(_ network: Network, _ options: SimulatedQuantization?) -> [(name: String, shape: [Int])] {
        guard let options, options.learnsSteps else { return [] }
        let weights = network.nodes.filter { $0.operation.weightAxis != nil }.map {
            (TrainedRanges.step($0.name), [options.scheme.granularity == .perChannel ? $0.output.channels : 1])
        }
        return weights + ActivationSimulation.steps(network).map { ($0.name, [1]) }
    }

    func weights(of node: String) -> WeightSimulation? { weights[node] }

    /// Rounds the weights of the lane's share. All lanes, then a barrier, before a forward pass.
    func quantizeWeights(_ lane: Lane) {
        for layer in shares[lane.index] { layer.quantize(lane.kernels) }
    }

    func initialiseSteps() {
        for layer in weights.values { layer.initialiseSteps() }
    }
}

extension Operation {
    var hasBatchNorm: Bool {
        switch self {
        case .conv2d(_, _, _, let batchNorm), .depthwiseConv2d(_, _, let batchNorm): batchNorm
        default: false
        }
    }
}
