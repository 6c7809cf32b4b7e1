/// What training with simulated quantization leaves in a checkpoint beside the network's parameters: the range of every
/// computed tensor, and weights' scales where these were learned.
///
/// | tensor | shape | holds |
/// |---|---|---|
/// | `range.<node>.output` | 2 | smallest and largest value of the node's output |
/// | `range.<node>.step` | 1 or O | scale of the node's folded weights |
/// | `range.<node>.output.step` | 1 | scale of the output and what shares it, as training goes on from it; the range says the same |
public struct TrainedRanges: Sendable {
    /// By node; nodes that keep their input's scale have none of their own.
    public let outputs: [String: (minimum: Float, maximum: Float)]
    /// By node; empty where the weights' minimum and maximum set the scales.
    public let steps: [String: [Float]]

    package static func output(_ node: String) -> String { "range.\(node).output" }
    package static func outputStep(_ node: String) -> String { "\(output(node)).step" }
    package static func step(_ node: String) -> String { "range.\(node).step" }

    /// - Parameter file: where the parameters come from; errors name it.
    /// - Throws: `CheckpointError` for a range that is missing or none.
    public init(_ parameters: Parameters, of network: Network, file: String) throws(CheckpointError) {
        var outputs: [String: (minimum: Float, maximum: Float)] = [:]
        var steps: [String: [Float]] = [:]
        for node in network.nodes where !node.operation.keepsScale {
            let name = Self.output(node.name)
            guard let tensor = parameters[name] else {
                throw CheckpointError(
                    file: file, tensor: name, problem: .missingTensor(network: network.name, shape: [2]))
            }
            guard tensor.shape == [2] else {
                throw CheckpointError(
                    file: file, tensor: name,
                    problem: .wrongShape(network: network.name, expected: [2], found: tensor.shape))
            }
            guard tensor.values[0] <= tensor.values[1] else {
                throw CheckpointError(file: file, tensor: name, problem: .notARange(tensor.values[0], tensor.values[1]))
            }
            outputs[node.name] = (tensor.values[0], tensor.values[1])
            guard node.operation.weightAxis != nil, let step = parameters[Self.step(node.name)] else { continue }
            let channels = node.output.channels
            guard step.shape == [1] || step.shape == [channels] else {
                throw CheckpointError(
                    file: file, tensor: Self.step(node.name),
                    problem: .wrongShape(network: network.name, expected: [channels], found: step.shape))
            }
            steps[node.name] = step.values
        }
        (self.outputs, self.steps) = (outputs, steps)
    }

    /// The ranges as conversion takes them.
    public func calibration(of network: Network) -> Calibration {
        let ranges = network.nodes.map { node in
            outputs[node.name].map { (minimum: Double($0.minimum), maximum: Double($0.maximum)) } ?? (0, 0)
        }
        return Calibration(ranges: [(0, 0)] + ranges, images: 0)
    }

    /// The learned scales as conversion takes them.
    public var weightScales: [String: [Double]] { steps.mapValues { $0.map(Double.init) } }
}
