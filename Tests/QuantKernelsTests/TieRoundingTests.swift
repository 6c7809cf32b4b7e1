import QuantKernels
import Quantization
import Testing

/// The output stage at and around its ties, where two roundings and a sign decide: every rounding mode, multipliers of every
/// magnitude, on every instruction set. A sum is put in place as a bias, with activations at their zero point.
@Suite struct TieRoundingTests {
    /// What kernels may choose their way of rounding by: sums below 2³⁰ and all M < ½; a sum above; an M ≥ ½; an M ≥ 1. The fused
    /// ones take no M below 2⁻²³; theirs are right shifts alone, then M ≥ ½ among them, then M up to 8. Lines are for no M below
    /// 2⁻¹², at which practically every channel has one, and rectified.
    enum Layer: CaseIterable { case narrow, wideSum, largeMultiplier, leftShift, fused, fusedHalves, fusedLeft, line }

    /// Sums around the ties of (k + ½)/M, and the M that they belong to.
    private static func cases(_ layer: Layer) -> [(sum: Int32, multiplier: Double)] {
        var generator = SplitMix64(seed: 7)
        var cases: [(Int32, Double)] = []
        switch layer {
        case .narrow, .fused, .fusedHalves, .fusedLeft, .line: break
        case .wideSum: cases = [(1 << 30, 0x1p-25), (-1 << 30, 0x1p-25), (Int32.max - 40_000, 0x1p-26)]
        case .largeMultiplier: cases = [(-5, 0.5), (5, 0.75), (-3, 0.5)]
        case .leftShift: cases = [(-5, 1.5), (7, 1), (1 << 29, 8), (-1 << 29, 8)]
        }
        // The products themselves reach 127·248.
        let limit = (layer == .fusedLeft ? 0x1p27 : 0x1p30) - 40_000
        let exponents =
            switch layer {
            case .fused: 1...21
            case .fusedHalves: 0...21
            case .fusedLeft: -3...21
            case .line: 0...11
            default: 1...29
            }
        for exponent in exponents {
            for significand in [0.5, 0.75, Double.random(in: 0.5..<1, using: &generator), 0.9999] {
                let multiplier = significand * Double(sign: .plus, exponent: -exponent, significand: 1)
                for _ in 0..<8 {
                    let tie = (Double(Int.random(in: -120...119, using: &generator)) + 0.5) / multiplier
                    for offset in [-1.0, 0, 1] {
                        let sum = (tie + offset).rounded(.down)
                        if abs(sum) < limit { cases.append((Int32(sum), multiplier)) }
                    }
                }
                cases.append((0, multiplier))
                cases.append((-1, multiplier))
            }
        }
        return cases
    }

    @Test(arguments: try KernelVariant.paths(), Layer.allCases)
    func ties(path: KernelVariant, layer: Layer) throws {
        for rounding in RoundingMode.allCases { try ties(path, layer, rounding) }
    }

    private func ties(_ path: KernelVariant, _ layer: Layer, _ rounding: RoundingMode) throws {
        let registry = path.registry
        let cases = Self.cases(layer)
        let channels = cases.count
        let output = try QuantizationParameters(scale: 1, zeroPoint: 3, range: .int8)
        let input = try QuantizationParameters(scale: 1, zeroPoint: 7, range: .uint8)
        // Per channel, the weight's scale is the multiplier: input and output have scale 1. A weight of one level.
        let weights = try WeightQuantizer(bits: 8, mapping: .symmetric, granularity: .perChannel)
            .quantize(cases.map { Float($0.multiplier * 127) }, channels: channels, axis: .outermost)
        let stage = Requantization(
            output: output, activation: (layer == .line ? 0 : -.infinity, .infinity), rounding: rounding)
        let multipliers = try cases.indices.map { try FixedPointMultiplier(weights.parameters(ofChannel: $0).scale) }
        if layer == .line, rounding != .fp32 { #expect(OutputLine.all(multipliers, stage) != nil) }
        let expected = cases.indices.map { channel in
            let value = Int64(multipliers[channel].apply(cases[channel].sum, rounding)) + 3
            return Int8(min(max(value, Int64(stage.lower)), 127))
        }

        let bytes = [UInt8](repeating: 7, count: channels)
        func run(_ prepare: (UnsafeRawPointer, UnsafeMutableRawPointer) throws -> Operator) rethrows -> [Int8] {
            var target = [Int8](repeating: 0, count: channels)
            try bytes.withUnsafeBytes { source in
                try target.withUnsafeMutableBytes { target in
                    ThreadPool(threads: 1).run(try prepare(source.baseAddress!, target.baseAddress!))
                }
            }
            return target
        }
        let product = try run { source, target in
            let operation = try IntegerConvolution(
                name: "product", geometry: .product(rows: 1, depth: 1, columns: channels), weights: weights,
                bias: cases.map(\.sum), input: input, requantization: stage, registry: registry, threads: 1)
            operation.bind(input: source, output: target)
            return operation
        }
        #expect(product == expected, "\(path), \(layer), \(rounding)")
        let depthwise = try run { source, target in
            let inner = try WeightQuantizer(bits: 8, mapping: .symmetric, granularity: .perChannel)
                .quantize(cases.map { Float($0.multiplier * 127) }, channels: channels, axis: .innermost)
            let geometry = ConvolutionGeometry.same(
                height: 1, width: 1, channels: channels, kernel: 1, stride: 1, outputChannels: channels)
            let operation = try IntegerDepthwise(
                name: "depthwise", geometry: geometry, weights: inner, bias: cases.map(\.sum), input: input,
                requantization: stage, registry: registry, threads: 1)
            operation.bind(input: source, output: target)
            return operation
        }
        #expect(depthwise == expected, "\(path), \(layer), \(rounding)")
    }
}
