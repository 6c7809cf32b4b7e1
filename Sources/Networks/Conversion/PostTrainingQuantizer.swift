public import Quantization

/// Turns a float network into an integer-only one after training: weights by their minimum and maximum, activations by
/// calibrated ranges, biases as int32 at the product's scale (Jacob et al. 2017, §2.4; Krishnamoorthi 2018, §3.1); and, where
/// asked for, by what later papers added.
public struct PostTrainingQuantizer: Sendable {
    public var weights: WeightQuantizer
    /// Range of every activation but the input and the softmax.
    public var activationRange: IntegerRange
    /// Range of the input: images have 8 bits, whatever the activations have.
    public var inputRange: IntegerRange
    public var rounding: RoundingMode
    /// How activations' ranges follow from the calibration.
    public var ranges = RangeMethod.minMax
    /// Whether biases make up for the mean error of the weights; needs statistics of the inputs.
    public var correctsBias = false
    /// Rounds weights by the outputs' error; nil: to nearest. Needs statistics with products.
    public var weightRounding: AdaptiveRounding?

    /// - Parameters:
    ///   - weightBits, activationBits: 2…8.
    ///   - signedActivations: int8 instead of uint8.
    ///   - clipping: of weights.
    public init(
        weightBits: Int, granularity: Granularity, mapping: Mapping, activationBits: Int,
        signedActivations: Bool = false, clipping: WeightClipping = .none, rounding: RoundingMode = .gemmlowp
    ) throws(QuantizationError) {
        weights = try WeightQuantizer(bits: weightBits, mapping: mapping, granularity: granularity, clipping: clipping)
        activationRange = signedActivations ? try .signed(bits: activationBits) : try .unsigned(bits: activationBits)
        inputRange = signedActivations ? .int8 : .uint8
        self.rounding = rounding
    }

    /// - Parameters:
    ///   - inputParameters: of the input tensor, where the data fix them (an 8-bit image); by calibration otherwise.
    ///   - weightScales: by node, scales that training has learned: one, or one per channel; by the weights' range
    ///     otherwise.
    ///   - statistics: of the same network and layers; only bias correction and AdaRound need them.
    /// - Throws: `NetworkError`, `QuantizationError`.
    public func quantize(
        _ network: Network, _ parameters: any FoldedLayers, calibration: Calibration,
        inputParameters: QuantizationParameters? = nil, weightScales: [String: [Double]] = [:],
        statistics: InputStatistics? = nil
    ) throws -> QuantizedModel {
        let activations = try activationParameters(network, calibration, inputParameters)
        var layers: [String: QuantizedModel.Layer] = [:]
        for node in network.nodes {
            guard let axis = node.operation.weightAxis else { continue }
            guard let layer = parameters[node.name] else {
                throw NetworkError.missingLayer(node.name, network: network.name)
            }
            guard layer.weight.allSatisfy(\.isFinite), layer.bias.allSatisfy(\.isFinite) else {
                throw NetworkError.notFinite(layer: node.name)
            }
            let inputScale = activations[node.inputs[0]].scale
            // A channel that batch norm has all but switched off has weights so small that its bias would leave int32: its
            // scale is raised until the bias takes 30 bits.
            let floors = layer.bias.map { abs(Double($0)) / (inputScale * Double(1 << 30)) }
            let nearest = try weights.quantize(
                layer.weight, channels: layer.bias.count, axis: axis, scales: weightScales[node.name],
                minimumScales: floors)
            let (quantized, reals) = try refine(node, layer, nearest, statistics)
            let bias = reals.enumerated().map { channel, value in
                let scale = inputScale * quantized.parameters(ofChannel: channel).scale
                return Int32((Double(value) / scale).rounded(.toNearestOrAwayFromZero))
            }
            layers[node.name] = QuantizedModel.Layer(weights: quantized, bias: bias)
        }
        return QuantizedModel(network: network, activations: activations, layers: layers, rounding: rounding)
    }

    /// Weights and bias after AdaRound and bias correction, as far as these are asked for.
    private func refine(
        _ node: Network.Node, _ layer: FoldedLayer, _ nearest: QuantizedWeights, _ statistics: InputStatistics?
    ) throws -> (weights: QuantizedWeights, bias: [Float]) {
        guard correctsBias || weightRounding != nil else { return (nearest, layer.bias) }
        guard let moments = statistics?.layers[node.name], weightRounding == nil || !moments.products.isEmpty else {
            throw NetworkError.unsupported(
                "\(node.name): bias correction and AdaRound need statistics of the layer's inputs on calibration images"
            )
        }
        let quantized = try weightRounding.map { try moments.rounded(node.name, layer, nearest, $0) } ?? nearest
        return (quantized, correctsBias ? moments.correctedBias(of: layer, quantized) : layer.bias)
    }

    private func activationParameters(
        _ network: Network, _ calibration: Calibration, _ inputParameters: QuantizationParameters?
    ) throws -> [QuantizationParameters] {
        // Tensors that must share scale and zero point form a set, whose range is the union of theirs.
        let sets = SharedScales(network)
        let single = try (0...network.last).map { tensor in
            try calibration.range(
                of: tensor, self.ranges, onto: sets.root(tensor) == sets.root(0) ? inputRange : activationRange)
        }
        var ranges = single
        for tensor in ranges.indices {
            let root = sets.root(tensor)
            ranges[root] = (
                min(ranges[root].minimum, single[tensor].minimum), max(ranges[root].maximum, single[tensor].maximum)
            )
        }
        let fixed = try fixedParameters(network, sets, inputParameters)
        return try (0...network.last).map { tensor in
            let root = sets.root(tensor)
            return try fixed[root]
                ?? .affine(
                    minimum: ranges[root].minimum, maximum: ranges[root].maximum,
                    range: sets.root(0) == root ? inputRange : activationRange)
        }
    }

    /// Parameters that calibration has no say in, by the root of their set: an input's that the data fix, a softmax's by
    /// definition (256 levels of [0, 1)).
    private func fixedParameters(
        _ network: Network, _ sets: SharedScales, _ inputParameters: QuantizationParameters?
    ) throws -> [Int: QuantizationParameters] {
        var fixed: [Int: QuantizationParameters] = [:]
        fixed[sets.root(0)] = inputParameters
        let softmax = try QuantizationParameters(
            scale: 1.0 / 256, zeroPoint: inputRange.lowest, range: inputRange)
        for (index, node) in network.nodes.enumerated() where node.operation == .softmax {
            let root = sets.root(index + 1)
            guard fixed[root] ?? softmax == softmax, root != sets.root(0) else { throw Self.conflict(node) }
            fixed[root] = softmax
        }
        // A computed tensor may lie anywhere: it cannot take a scale that was fixed for another.
        for (index, node) in network.nodes.enumerated() where !node.operation.keepsScale && node.operation != .softmax {
            guard fixed[sets.root(index + 1)] == nil else { throw Self.conflict(node) }
        }
        return fixed
    }

    private static func conflict(_ node: Network.Node) -> NetworkError {
        .unsupported(
            "\(node.name): its output is concatenated with a tensor of another fixed scale (the input or a softmax); "
                + "put an operation that rescales, such as a 1×1 convolution, in between")
    }
}

extension Operation {
    /// Whether inputs and output share scale and zero point.
    package var keepsScale: Bool {
        switch self {
        case .averagePool, .maxPool, .pad, .reshape, .concat, .argmax: true
        default: false
        }
    }

    /// Where the output channel stands in the weights; nil for operations without.
    package var weightAxis: ChannelAxis? {
        switch self {
        case .conv2d, .fullyConnected: .outermost
        case .depthwiseConv2d: .innermost
        default: nil
        }
    }

    var activation: Activation {
        switch self {
        case .conv2d(_, _, let activation, _), .depthwiseConv2d(_, let activation, _),
            .fullyConnected(_, let activation),
            .add(let activation):
            activation
        default: .none
        }
    }
}
