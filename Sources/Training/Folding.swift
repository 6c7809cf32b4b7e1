public import Networks

/// Batch norm at inference is affine, so it folds into the layer before it (Jacob et al. 2017, eq. 14):
///
///     w_fold = γ·w/√(σ² + ε)     bias = β − γ·μ/√(σ² + ε)     per output channel
public enum BatchNormFolding {
    /// Every convolution and fully connected node of the network; a node without batch norm keeps its weight and bias.
    /// - Throws: ``TrainingError/parameter(name:reason:)`` for a missing tensor, one of another shape, or a variance
    ///   below zero.
    public static func fold(network: Network, parameters: Parameters) throws(TrainingError) -> FoldedParameters {
        for (name, shape, _) in network.parameterShapes {
            guard let tensor = parameters[name] else { throw .parameter(name: name, reason: "missing") }
            guard tensor.shape == shape else {
                throw .parameter(name: name, reason: "shape \(tensor.shape); the network's is \(shape)")
            }
        }
        var result: FoldedParameters = [:]
        for node in network.nodes { result[node.name] = try fold(node, parameters: parameters) }
        return result
    }

    /// The layer of one node; nil if it has no parameters. Parameters that are missing count as empty.
    /// - Throws: `TrainingError` for a variance below zero.
    public static func fold(_ node: Network.Node, parameters: Parameters) throws(TrainingError) -> FoldedLayer? {
        switch node.operation {
        case .conv2d(_, let channels, _, let batchNorm):
            try fold(node.name, parameters, batchNorm) { $0 / ($1 / channels) }
        case .depthwiseConv2d(_, _, let batchNorm):
            try fold(node.name, parameters, batchNorm) { index, _ in index % node.output.channels }
        case .fullyConnected: try fold(node.name, parameters, false) { _, _ in 0 }
        default: nil
        }
    }

    /// `channel` tells the output channel of a weight from its index and the number of weights.
    private static func fold(
        _ node: String, _ parameters: Parameters, _ batchNorm: Bool, _ channel: (_ index: Int, _ count: Int) -> Int
    ) throws(TrainingError) -> FoldedLayer {
        let values = { (suffix: String) in parameters[node + suffix]?.values ?? [] }
        let weight = values(".weight")
        guard batchNorm else { return FoldedLayer(weight: weight, bias: values(".bias")) }
        let (gamma, beta) = (values(".bn.gamma"), values(".bn.beta"))
        let (mean, variance) = (values(".bn.mean"), values(".bn.variance"))
        if let index = variance.firstIndex(where: { !($0 >= 0) }) {
            throw .parameter(
                name: node + ".bn.variance", reason: "\(variance[index]) at index \(index); a variance is at least 0")
        }
        let scale = gamma.indices.map {
            Double(gamma[$0]) / (Double(variance[$0]) + Double(batchNormEpsilon)).squareRoot()
        }
        return FoldedLayer(
            weight: weight.indices.map { Float(Double(weight[$0]) * scale[channel($0, weight.count)]) },
            bias: beta.indices.map { Float(Double(beta[$0]) - Double(mean[$0]) * scale[$0]) })
    }
}
