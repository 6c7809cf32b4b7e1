import QuantKernels
import Quantization
import Testing

/// The ends of the domain: where a saturating instruction or a narrow intermediate would show.
@Suite struct IntegerExtremesTests {
    private static let corners = [true, false].flatMap { input in
        [true, false].map { IntegerLayer.Constant(input: input, weights: $0) }
    }

    @Test(arguments: [IntegerRange.uint8, .int8], Mapping.allCases)
    func constantTensors(activations: IntegerRange, mapping: Mapping) throws {
        var generator = SplitMix64(seed: 11)
        var coverage = Coverage()
        let variants = try KernelVariant.all(Kinds.product)
        let shapes = [
            ConvolutionGeometry.product(rows: 7, depth: 1, columns: 65), .product(rows: 7, depth: 257, columns: 17),
        ]
        for geometry in shapes {
            for zeroPoint in LayerNumerics.ZeroPoint.allCases {
                for corner in Self.corners {
                    let numerics = Self.numerics(activations, zeroPoint, mapping)
                    var layer = try IntegerLayer(.convolution, geometry, numerics, constant: corner, using: &generator)
                    try layer.centreOutput()
                    try layer.check(variants, parts: 1, .endsAtGuard, &coverage)
                }
            }
        }
        coverage.expectComplete(Kinds.product)
    }

    @Test(arguments: [IntegerRange.uint8, .int8], Mapping.allCases)
    func constantDepthwise(activations: IntegerRange, mapping: Mapping) throws {
        var generator = SplitMix64(seed: 12)
        var coverage = Coverage()
        let variants = try KernelVariant.all(Kinds.depthwise)
        let geometry = ConvolutionGeometry.same(
            height: 5, width: 4, channels: 67, kernel: 3, stride: 1, outputChannels: 67)
        for zeroPoint in LayerNumerics.ZeroPoint.allCases {
            for corner in Self.corners {
                let numerics = Self.numerics(activations, zeroPoint, mapping)
                var layer = try IntegerLayer(.depthwise, geometry, numerics, constant: corner, using: &generator)
                try layer.centreOutput()
                try layer.check(variants, parts: 1, .endsAtGuard, &coverage)
            }
        }
        // Affine weights less their zero point need nine bits: only the int16 kernels take them.
        if mapping == .symmetric { coverage.expectComplete(Kinds.depthwise) }
    }

    /// The deepest sum that is accepted: 66,311 products of 255 and ±127 stay below 2³¹ by 72,000.
    @Test(arguments: [IntegerRange.uint8, .int8], Mapping.allCases)
    func deepestSum(activations: IntegerRange, mapping: Mapping) throws {
        var generator = SplitMix64(seed: 13)
        var coverage = Coverage()
        let weightRange = mapping == .symmetric ? IntegerRange.int8Weights : .uint8
        let depth = largestSafeDepth(activationRange: activations, weightRange: weightRange)
        let geometry = ConvolutionGeometry.product(rows: 2, depth: depth, columns: 2)
        for corner in Self.corners {
            let numerics = Self.numerics(activations, .lowest, mapping)
            var layer = try IntegerLayer(.convolution, geometry, numerics, constant: corner, using: &generator)
            layer.bias = [0, 0]
            try layer.centreOutput()
            try layer.check(try KernelVariant.all(Kinds.product), parts: 1, .beginsAtGuard, &coverage)
        }
        coverage.expectComplete(Kinds.product)
    }

    private static func numerics(
        _ activations: IntegerRange, _ zeroPoint: LayerNumerics.ZeroPoint, _ mapping: Mapping
    ) -> LayerNumerics {
        LayerNumerics(
            activations: activations, zeroPoint: zeroPoint, weightBits: 8, weightZeroPoint: .inside, mapping: mapping,
            granularity: .perTensor, rounding: .gemmlowp, activation: .none, output: activations,
            outputZeroPoint: .inside, scaling: .usual)
    }
}

extension IntegerLayer {
    /// Chooses the output's scale so that the largest sum lands near the output's end without reaching it: a clamped
    /// output would hide a wrong sum.
    fileprivate mutating func centreOutput() throws {
        let depth = Double(geometry.taps * (kind == .depthwise ? 1 : geometry.inputChannels))
        let weight = weights.parameters[0]
        let a = Double(input[0] - inputParameters.zeroPoint)
        let w = Double(Int32(weights.values[0]) - weight.zeroPoint)
        let largest = max(abs(a * w * depth) + Double(bias.map(\.magnitude).max()!), 1)
        let output = requantization.output
        let room = Double(min(output.range.highest - output.zeroPoint, output.zeroPoint - output.range.lowest))
        let scale = inputParameters.scale * weight.scale * largest / (room * 0.98)
        requantization.output = try QuantizationParameters(
            scale: scale, zeroPoint: output.zeroPoint, range: output.range)
    }
}
