import QuantKernels
import Quantization
import Testing

/// The axes of an integer layer beside its shape.
struct LayerNumerics: CustomStringConvertible {
    /// Where zero points stand in their range.
    enum ZeroPoint: CaseIterable { case lowest, inside, highest }
    enum Activation: CaseIterable {
        case none, relu, relu6

        var bounds: (lower: Float, upper: Float) {
            switch self {
            case .none: (-.infinity, .infinity)
            case .relu: (0, .infinity)
            case .relu6: (0, 6)
            }
        }
    }
    /// How large M = S₁S₂/S₃ is.
    enum Scaling: CaseIterable {
        /// Outputs spread over their range.
        case usual
        /// The same with M a power of two: a share of the accumulators are ties, on which the rounding modes differ.
        case powerOfTwo
        /// M from 1 to 8: a left shift, on accumulators small enough not to saturate.
        case aboveOne
        /// M up to 2²⁰: the left shift itself saturates.
        case saturating
        /// M below 2⁻³², which quantizes to 0.
        case vanishing
    }

    var activations: IntegerRange
    var zeroPoint: ZeroPoint
    var weightBits: Int
    var weightZeroPoint: ZeroPoint
    var mapping: Mapping
    var granularity: Granularity
    var rounding: RoundingMode
    var activation: Activation
    var output: IntegerRange
    var outputZeroPoint: ZeroPoint
    var scaling: Scaling

    var description: String {
        """
        activations \(activations) Z \(zeroPoint), weights \(weightBits) bits \(mapping) \(granularity) \
        Z \(weightZeroPoint), \(rounding), \(activation), output \(output) Z \(outputZeroPoint), M \(scaling)
        """
    }

    /// 8 bits twice as often as each narrower width.
    static var ranges: [IntegerRange] {
        get throws {
            try [.uint8, .int8] + (2...8).flatMap { [try IntegerRange.unsigned(bits: $0), try .signed(bits: $0)] }
        }
    }

    /// `count` points in which every value of every axis occurs.
    static func draw(_ count: Int, using generator: inout SplitMix64) throws -> [LayerNumerics] {
        let activations = generator.draws(count, of: try ranges)
        let zeroPoints = generator.draws(count, of: ZeroPoint.allCases)
        let bits = generator.draws(count, of: Array(2...8) + [8, 8, 8])
        let weightZeroPoints = generator.draws(count, of: ZeroPoint.allCases)
        let mappings = generator.draws(count, of: Mapping.allCases)
        let granularities = generator.draws(count, of: [Granularity.perTensor, .perChannel])
        let roundings = generator.draws(count, of: RoundingMode.allCases)
        let activationFunctions = generator.draws(count, of: Activation.allCases)
        let outputs = generator.draws(count, of: try ranges)
        let outputZeroPoints = generator.draws(count, of: ZeroPoint.allCases)
        let scalings = generator.draws(count, of: Scaling.allCases + [.usual, .usual, .powerOfTwo])
        return (0..<count).map {
            LayerNumerics(
                activations: activations[$0], zeroPoint: zeroPoints[$0], weightBits: bits[$0],
                weightZeroPoint: weightZeroPoints[$0], mapping: mappings[$0], granularity: granularities[$0],
                rounding: roundings[$0], activation: activationFunctions[$0], output: outputs[$0],
                outputZeroPoint: outputZeroPoints[$0], scaling: scalings[$0])
        }
    }
}

extension LayerNumerics.ZeroPoint {
    func value(in range: IntegerRange) -> Int32 {
        switch self {
        case .lowest: range.lowest
        case .inside: range.lowest + Int32(range.steps) * 3 / 7
        case .highest: range.highest
        }
    }
}

/// An integer convolution or depthwise convolution with its tensors.
struct IntegerLayer: CustomStringConvertible {
    enum Kind { case convolution, depthwise }

    let kind: Kind
    let geometry: ConvolutionGeometry
    let numerics: LayerNumerics
    let input: [Int32]
    let inputParameters: QuantizationParameters
    let weights: QuantizedWeights
    var bias: [Int32]
    var requantization: Requantization

    var description: String { "\(kind) \(geometry), \(numerics)" }

    /// Tensors that are constant at an end of their range: true is the highest. One weight, the last, is at the other end, so
    /// that the weights' range stays what `numerics` says.
    struct Constant {
        let input: Bool
        let weights: Bool
    }

    init(
        _ kind: Kind, _ geometry: ConvolutionGeometry, _ n: LayerNumerics, constant: Constant? = nil,
        using generator: inout SplitMix64
    ) throws {
        (self.kind, self.geometry, numerics) = (kind, geometry, n)
        let depth = geometry.taps * (kind == .depthwise ? 1 : geometry.inputChannels)
        let isSmall = n.scaling == .aboveOne

        let zero = n.zeroPoint.value(in: n.activations)
        inputParameters = try QuantizationParameters(scale: 0x1p-5, zeroPoint: zero, range: n.activations)
        input = (0..<geometry.inputCount).map { _ in
            let near = n.activations.clamp(zero + generator.integer(-2...2))
            if let constant { return constant.input ? n.activations.highest : n.activations.lowest }
            return isSmall ? near : generator.integer(n.activations.lowest...n.activations.highest)
        }

        // Weights are integers times a power of two, and per channel times a factor, so that their scales are known.
        let channels = geometry.outputChannels
        let axis: ChannelAxis = kind == .depthwise ? .innermost : .outermost
        let steps = (Int32(1) << Int32(n.weightBits)) - 1
        let symmetric = steps / 2
        let weightZero = n.weightZeroPoint.value(in: try .unsigned(bits: n.weightBits))
        let bounds = n.mapping == .symmetric ? -symmetric...symmetric : -weightZero...steps - weightZero
        let factors = (0..<channels).map { _ in
            n.scaling == .powerOfTwo ? 1 : Float.random(in: 0.2...1, using: &generator)
        }
        let count = channels * depth
        let reals = (0..<count).map { index in
            let channel = axis.channel(ofElement: index, of: count, channels: channels)
            var integer = generator.integer(bounds)
            if isSmall, generator.integer(0...Int32(depth)) > 3 { integer = 0 }
            if index < channels { integer = index % 2 == 0 ? bounds.upperBound : bounds.lowerBound }
            if let constant {
                integer = constant.weights == (index < count - 1) ? bounds.upperBound : bounds.lowerBound
                return Float(integer) * 0x1p-7
            }
            return Float(integer) * 0x1p-7 * factors[channel]
        }
        weights = try WeightQuantizer(bits: n.weightBits, mapping: n.mapping, granularity: n.granularity)
            .quantize(reals, channels: channels, axis: axis)

        // Accumulators of random factors spread by about √depth·(the factors' spreads, steps/√12 each).
        let spread = Double(n.activations.steps) * Double(steps) / 12 * Double(depth).squareRoot()
        let usual = Double(n.output.steps) / (4 * spread)
        let multiplier: Double =
            switch n.scaling {
            case .usual: usual
            case .powerOfTwo: Double(sign: .plus, exponent: Int(usual.exponent), significand: 1)
            case .aboveOne: Double.random(in: 1...8, using: &generator)
            case .saturating: Double.random(in: 300...1_000_000, using: &generator)
            case .vanishing: 0x1p-34
            }
        let largestScale = weights.parameters.map(\.scale).max()!
        let output = try QuantizationParameters(
            scale: inputParameters.scale * largestScale / multiplier, zeroPoint: n.outputZeroPoint.value(in: n.output),
            range: n.output)
        requantization = Requantization(output: output, activation: n.activation.bounds, rounding: n.rounding)
        let largestBias = Int32(min(max(Double(n.output.steps) / multiplier / 2, 1), 1_000_000))
        bias = (0..<channels).map { _ in generator.integer(-largestBias...largestBias) }
    }

    func reference() throws -> [UInt8] {
        let output =
            switch kind {
            case .convolution:
                try ReferenceInteger.convolution(
                    input, inputParameters, weights: weights, bias: bias, geometry: geometry,
                    requantization: requantization)
            case .depthwise:
                try ReferenceInteger.depthwise(
                    input, inputParameters, weights: weights, bias: bias, geometry: geometry,
                    requantization: requantization)
            }
        return output.map { UInt8(truncatingIfNeeded: $0) }
    }

    /// The operator, bound to the buffers.
    func make(
        _ registry: KernelRegistry, threads: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer
    ) throws -> Operator {
        switch kind {
        case .convolution:
            let operation = try IntegerConvolution(
                name: "conv", geometry: geometry, weights: weights, bias: bias, input: inputParameters,
                requantization: requantization, registry: registry, threads: threads)
            operation.bind(input: input, output: output)
            return operation
        case .depthwise:
            let operation = try IntegerDepthwise(
                name: "depthwise", geometry: geometry, weights: weights, bias: bias, input: inputParameters,
                requantization: requantization, registry: registry, threads: threads)
            operation.bind(input: input, output: output)
            return operation
        }
    }

    var inputBytes: [UInt8] { input.map { UInt8(truncatingIfNeeded: $0) } }

    /// Runs every variant between guard pages and compares with the reference, bit for bit.
    func check(
        _ variants: [KernelVariant], parts: Int, _ placement: GuardedBuffer.Placement, _ coverage: inout Coverage
    )
        throws
    {
        let expected = try reference()
        let source = GuardedBuffer(inputBytes, placement)
        for variant in variants {
            let target = GuardedBuffer(count: geometry.outputCount, placement)
            let operation = try make(variant.registry, threads: parts, input: source.base, output: target.base)
            runParts(operation, parts, source, target)
            coverage.add(operation)
            expectEqual(target.elements(), expected, "\(variant): \(operation.microKernels): \(parts) parts: \(self)")
        }
    }
}
