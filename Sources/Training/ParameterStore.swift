import Foundation
import Networks

/// The parameters of a network in flat vectors: weights that decay first, then γ, β and biases; beside them the
/// momentum of the optimiser and batch norm's moving statistics.
final class ParameterStore: Sendable {
    struct Entry: Sendable {
        let name: String
        let shape: [Int]
        let offset: Int
        var count: Int { shape.reduce(1, *) }
    }

    let trained: [Entry]
    let statistics: [Entry]
    /// The first `decayed` trained values take weight decay.
    let decayed: Int
    let values: FloatBuffer
    let momentum: FloatBuffer
    let moving: FloatBuffer
    private let entries: [String: Entry]

    /// Name prefix of the optimiser's tensors in a saved state.
    static let prefix = "optimizer."

    /// - Parameter steps: name and shape of weights' scales that are trained, too.
    init(_ network: Network, steps: [(name: String, shape: [Int])] = []) {
        func place(_ tensors: [(name: String, shape: [Int], trained: Bool)]) -> [Entry] {
            var offset = 0
            return tensors.map { tensor in
                defer { offset += tensor.shape.reduce(1, *) }
                return Entry(name: tensor.name, shape: tensor.shape, offset: offset)
            }
        }
        let all = network.parameterShapes + steps.map { ($0.name, $0.shape, true) }
        let isWeight = { (name: String) in name.hasSuffix(".weight") }
        let weights = all.filter { $0.trained && isWeight($0.name) }
        trained = place(weights + all.filter { $0.trained && !isWeight($0.name) })
        statistics = place(all.filter { !$0.trained })
        decayed = weights.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let count = trained.reduce(0) { $0 + $1.count }
        values = FloatBuffer(count)
        momentum = FloatBuffer(count)
        moving = FloatBuffer(statistics.reduce(0) { $0 + $1.count })
        entries = Dictionary(uniqueKeysWithValues: (trained + statistics).map { ($0.name, $0) })
    }

    /// Place of a tensor in `values` or `moving`.
    func offset(_ name: String) -> Int { entry(name).offset }

    /// The learned scale at this place: the optimiser may push it to 0 and below, where it means nothing, and it is raised again.
    func scale(_ place: Int) -> Float {
        let scale = max(values.base[place], 0x1p-24)
        values.base[place] = scale
        return scale
    }

    func entry(_ name: String) -> Entry {
        guard let entry = entries[name] else { preconditionFailure("the network has no parameter \(name)") }
        return entry
    }

    /// He initialisation (He et al. 2015, arXiv:1502.01852): weights normal with variance 2/fan-in, 1/fan-in for the
    /// classifier, whose outputs no rectifier halves; γ and variance 1; the rest 0.
    func initialise(_ network: Network, seed: UInt64) {
        let linear = Set(
            network.nodes.filter { if case .fullyConnected(_, .none) = $0.operation { true } else { false } }
                .map { $0.name + ".weight" })
        let depthwise = Set(
            network.nodes.filter { if case .depthwiseConv2d = $0.operation { true } else { false } }
                .map { $0.name + ".weight" })
        for (index, entry) in trained.enumerated() {
            let target = values.base + entry.offset
            if entry.name.hasSuffix(".weight") {
                let kernel = depthwise.contains(entry.name) ? entry.shape.dropLast() : entry.shape.dropFirst()
                let gain = linear.contains(entry.name) ? 1.0 : 2.0
                let deviation = (gain / Double(kernel.reduce(1, *))).squareRoot()
                let random = Randomness(seed: seed, .initialisation, index)
                for i in 0..<entry.count { target[i] = Float(deviation * random.normal(i)) }
            } else {
                target.update(repeating: entry.name.hasSuffix(".bn.gamma") ? 1 : 0, count: entry.count)
            }
        }
        for entry in statistics {
            let value: Float = entry.name.hasSuffix(".bn.variance") ? 1 : 0
            (moving.base + entry.offset).update(repeating: value, count: entry.count)
        }
        momentum.clear(0)
    }

    /// Copies the network's parameters in; throws for a missing tensor or another shape.
    /// - Parameter steps: whether learned scales are among them.
    func load(_ parameters: Parameters, steps: Bool = true) throws(TrainingError) {
        try copy(trained.filter { steps || !$0.name.hasSuffix(".step") }, "", parameters, to: values)
        try copy(statistics, "", parameters, to: moving)
    }

    /// Copies the optimiser's momentum in.
    func loadMomentum(_ parameters: Parameters) throws(TrainingError) {
        try copy(trained, Self.prefix, parameters, to: momentum)
    }

    private func copy(
        _ entries: [Entry], _ prefix: String, _ parameters: Parameters, to buffer: FloatBuffer
    ) throws(TrainingError) {
        for entry in entries {
            let name = prefix + entry.name
            guard let tensor = parameters[name] else { throw .parameter(name: name, reason: "missing") }
            guard tensor.shape == entry.shape else {
                throw .parameter(name: name, reason: "shape \(tensor.shape); the network's is \(entry.shape)")
            }
            for (i, value) in tensor.values.enumerated() { buffer.base[entry.offset + i] = value }
        }
    }

    /// The network's parameters, and with `momentum` the optimiser's tensors.
    func export(momentum withMomentum: Bool) -> Parameters {
        var result = Parameters()
        func add(_ entries: [Entry], _ prefix: String, _ buffer: FloatBuffer) {
            for entry in entries {
                let values = UnsafeBufferPointer(start: buffer.base + entry.offset, count: entry.count)
                result[prefix + entry.name] = ParameterTensor(shape: entry.shape, values: Array(values))
            }
        }
        add(trained, "", values)
        add(statistics, "", moving)
        if withMomentum { add(trained, Self.prefix, momentum) }
        return result
    }
}
