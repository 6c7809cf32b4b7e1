/// Where the output channel stands in a weight tensor's row-major order.
public enum ChannelAxis: Hashable, Sendable {
    /// OHWI (convolution) and OI (fully connected): a channel's weights are contiguous.
    case outermost
    /// HWC (depthwise): a channel's weights are `channels` apart.
    case innermost
}

/// A weight tensor as integers, in the order of the float tensor that it was made from.
public struct QuantizedWeights: Hashable, Sendable {
    /// Members of `range`.
    public let values: ByteIntegers
    /// One element per tensor, or one per channel.
    public let parameters: [QuantizationParameters]
    public let channels: Int
    public let axis: ChannelAxis

    public var range: IntegerRange { parameters[0].range }

    /// The parameters of this channel, whatever the granularity.
    public func parameters(ofChannel channel: Int) -> QuantizationParameters {
        parameters[parameters.count == 1 ? 0 : channel]
    }

    /// The reals that the integers stand for.
    public func dequantized() -> [Float] {
        values.indices.map { index in
            parameters(ofChannel: axis.channel(ofElement: index, of: values.count, channels: channels))
                .dequantize(Int32(values[index]))
        }
    }
}

extension ChannelAxis {
    /// The channel that element `index` of `count` belongs to.
    public func channel(ofElement index: Int, of count: Int, channels: Int) -> Int {
        switch self {
        case .outermost: index / (count / channels)
        case .innermost: index % channels
        }
    }

    /// The weights of one channel.
    func weights(ofChannel channel: Int, in weights: [Float], channels: Int) -> [Float] {
        let depth = weights.count / channels
        return switch self {
        case .outermost: Array(weights[channel * depth..<(channel + 1) * depth])
        case .innermost: stride(from: channel, to: weights.count, by: channels).map { weights[$0] }
        }
    }
}

/// Quantizes weight tensors from their minimum and maximum, or a share of that range.
public struct WeightQuantizer: Hashable, Sendable {
    /// Symmetric weights are signed and narrow, affine weights unsigned.
    public let range: IntegerRange
    public let mapping: Mapping
    public let granularity: Granularity
    public let clipping: WeightClipping

    /// - Parameter bits: 2…8.
    /// - Throws: `unsupportedBits`, or `unsupportedGroups`.
    public init(
        bits: Int, mapping: Mapping, granularity: Granularity, clipping: WeightClipping = .none
    ) throws(QuantizationError) {
        if case .perGroup(let size) = granularity { throw .unsupportedGroups(size) }
        guard (2...8).contains(bits) else { throw .unsupportedBits(bits, isSigned: mapping == .symmetric) }
        range = mapping == .symmetric ? try .symmetric(bits: bits) : try .unsigned(bits: bits)
        (self.mapping, self.granularity, self.clipping) = (mapping, granularity, clipping)
    }

    /// - Parameters:
    ///   - weights: row-major; at least one element.
    ///   - channels: number of output channels; divides the number of weights.
    ///   - axis: where the output channel stands.
    ///   - scales: scales of the symmetric mapping that are known already, one or one per channel, instead of those by
    ///     minimum and maximum; weights beyond the range are clipped.
    ///   - minimumScales: one per channel; scales are raised to them, so that a bias at scale S_input·S_weight fits in int32
    ///     even where a channel's weights are all but zero.
    /// - Throws: `notFinite` with the index of the weight, `channelsDoNotDivide`, `invalidParameters` for a scale that is
    ///   none.
    public func quantize(
        _ weights: [Float], channels: Int, axis: ChannelAxis, scales: [Double]? = nil, minimumScales: [Double] = []
    ) throws(QuantizationError) -> QuantizedWeights {
        guard channels > 0, !weights.isEmpty, weights.count.isMultiple(of: channels) else {
            throw .channelsDoNotDivide(count: weights.count, channels: channels)
        }
        let sets = granularity == .perChannel ? channels : 1
        func set(of index: Int) -> Int {
            sets == 1 ? 0 : axis.channel(ofElement: index, of: weights.count, channels: channels)
        }

        var low = [Float](repeating: 0, count: sets)
        var high = low
        for (index, weight) in weights.enumerated() {
            guard weight.isFinite else { throw .notFinite(value: weight, index: index) }
            let set = set(of: index)
            low[set] = min(low[set], weight)
            high[set] = max(high[set], weight)
        }
        var parameters: [QuantizationParameters] = []
        for set in 0..<sets {
            let spanning =
                if let scales {
                    try QuantizationParameters(
                        scale: scales[scales.count == 1 ? 0 : set], zeroPoint: 0, range: range)
                } else {
                    try clipping.parameters(
                        minimum: Double(low[set]), maximum: Double(high[set]), range: range, mapping: mapping
                    ) { sets == 1 ? weights : axis.weights(ofChannel: set, in: weights, channels: channels) }
                }
            let floor = sets == 1 ? minimumScales.max() ?? 0 : set < minimumScales.count ? minimumScales[set] : 0
            parameters.append(
                try QuantizationParameters(
                    scale: max(spanning.scale, floor), zeroPoint: spanning.zeroPoint, range: range))
        }
        let values = ByteIntegers(
            weights.indices.lazy.map { parameters[set(of: $0)].quantize(weights[$0]) }, range: range)
        return QuantizedWeights(values: values, parameters: parameters, channels: channels, axis: axis)
    }
}

extension QuantizationParameters {
    /// The parameters that represent [minimum, maximum] by this mapping.
    ///
    /// - Throws: `negativeValuesInUnsignedRange` for a symmetric mapping that would cut off its negative half.
    public static func spanning(
        minimum: Double, maximum: Double, range: IntegerRange, mapping: Mapping
    ) throws(QuantizationError) -> QuantizationParameters {
        switch mapping {
        case .affine: return try affine(minimum: minimum, maximum: maximum, range: range)
        case .symmetric:
            guard range.isSigned || minimum >= 0 else { throw .negativeValuesInUnsignedRange(minimum: minimum) }
            return try symmetric(maximumMagnitude: max(abs(minimum), abs(maximum)), range: range)
        }
    }
}
