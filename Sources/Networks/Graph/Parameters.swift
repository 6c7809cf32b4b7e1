/// A float tensor of a checkpoint: row-major values and their shape.
public struct ParameterTensor: Sendable, Equatable {
    public var shape: [Int]
    public var values: [Float]

    public init(shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "\(values.count) values do not fill \(shape)")
        (self.shape, self.values) = (shape, values)
    }
}

/// The parameters of a network by name: `<node>.weight`, `<node>.bias`, and for batch norm `<node>.bn.gamma`, `.beta`,
/// `.mean`, `.variance`. Weights are OHWI (convolution), HWC (depthwise) and OI (fully connected).
public struct Parameters: Sendable, Equatable {
    public var tensors: [String: ParameterTensor]

    public init(_ tensors: [String: ParameterTensor] = [:]) { self.tensors = tensors }

    public subscript(name: String) -> ParameterTensor? {
        get { tensors[name] }
        set { tensors[name] = newValue }
    }
}

/// ε of batch norm: y = γ·(x − μ)/√(σ² + ε) + β.
public let batchNormEpsilon: Float = 1e-3

extension Network {
    /// Name and shape of every parameter tensor, in the order of the nodes. `trained` are those that the optimiser
    /// updates; the others are batch norm's moving statistics.
    public var parameterShapes: [(name: String, shape: [Int], trained: Bool)] {
        var result: [(name: String, shape: [Int], trained: Bool)] = []
        func batchNorm(_ node: Node, _ enabled: Bool, _ channels: Int) {
            if enabled {
                result.append((node.name + ".bn.gamma", [channels], true))
                result.append((node.name + ".bn.beta", [channels], true))
                result.append((node.name + ".bn.mean", [channels], false))
                result.append((node.name + ".bn.variance", [channels], false))
            } else {
                result.append((node.name + ".bias", [channels], true))
            }
        }
        for node in nodes {
            let input = shape(of: node.inputs[0])
            switch node.operation {
            case .conv2d(let window, let channels, _, let normalised):
                result.append((node.name + ".weight", [channels, window.height, window.width, input.channels], true))
                batchNorm(node, normalised, channels)
            case .depthwiseConv2d(let window, _, let normalised):
                result.append((node.name + ".weight", [window.height, window.width, input.channels], true))
                batchNorm(node, normalised, input.channels)
            case .fullyConnected(let outputs, _):
                result.append((node.name + ".weight", [outputs, input.count], true))
                result.append((node.name + ".bias", [outputs], true))
            default: break
            }
        }
        return result
    }

    /// Number of trained parameters.
    public var parameterCount: Int {
        parameterShapes.reduce(0) { $0 + ($1.trained ? $1.shape.reduce(1, *) : 0) }
    }
}
