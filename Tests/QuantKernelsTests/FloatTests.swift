import QuantKernels
import Testing

/// Float kernels against the reference, which sums in double.
///
/// Two tests each. On small integers every partial sum is exact in float32, so results equal the reference bit for bit,
/// whatever the order of the sum. On reals they may differ by rounding alone: n = depth + 1 roundings, each relative 2⁻²⁴
/// to a partial sum of at most Σ|a·w| + |bias|, plus the reference's own final one (Higham 2002, §4.2, to first order;
/// the 1.01 holds the rest). Rounding errors of many terms cancel: from 16 on, the probabilistic bound 4·√n (Higham and
/// Mary 2019, λ = 4) takes the place of n.
@Suite struct FloatTests {
    @Test(arguments: [true, false]) func products(exact: Bool) throws {
        try check(.convolution, seed: 41, count: 1500, exact: exact) { Shapes.products($0, using: &$1) }
    }

    @Test(arguments: [true, false]) func convolutions(exact: Bool) throws {
        try check(.convolution, seed: 42, count: 700, exact: exact) {
            Shapes.spatial(
                $0, channels: [1, 2, 3, 4, 5, 8, 17], outputChannels: [1, 3, 8, 9, 16, 17, 33, 63, 64, 65], using: &$1)
        }
    }

    /// Panels of weights that are longer than the second-level cache: sums are made in pieces of one window step, of several and of a
    /// part of one, on every path, and only the last piece is clamped.
    @Test(arguments: [true, false]) func longSums(exact: Bool) throws {
        let shapes: [ConvolutionGeometry] = [
            .same(batch: 2, height: 3, width: 3, channels: 700, kernel: 3, stride: 1, outputChannels: 70),
            .same(height: 4, width: 3, channels: 1100, kernel: 2, stride: 2, outputChannels: 64),
            .product(rows: 7, depth: 5000, columns: 70), .product(rows: 1, depth: 9001, columns: 9),
        ]
        try check(.convolution, seed: 46, count: 4 * shapes.count, exact: exact) { count, _ in
            (0..<count).map { shapes[$0 % shapes.count] }
        }
    }

    @Test(arguments: [true, false]) func depthwise(exact: Bool) throws {
        try check(.depthwise, seed: 43, count: 1500, exact: exact) {
            Shapes.spatial($0, channels: Shapes.channels, outputChannels: nil, using: &$1)
        }
    }

    private func check(
        _ kind: IntegerLayer.Kind, seed: UInt64, count: Int, exact: Bool,
        geometries: (Int, inout SplitMix64) -> [ConvolutionGeometry]
    ) throws {
        let kinds = kind == .convolution ? Kinds.floatProduct : Kinds.floatDepthwise
        let variants = try KernelVariant.all(kinds)
        var generator = SplitMix64(seed: seed)
        var coverage = Coverage()
        let shapes = geometries(count, &generator)
        let parts = generator.draws(count, of: [1, 1, 2, 3, 5])
        let activations = generator.draws(count, of: LayerNumerics.Activation.allCases)
        let placements = generator.draws(count, of: GuardedBuffer.Placement.allCases)
        for index in 0..<count {
            let layer = FloatLayer(
                kind, shapes[index], activation: activations[index].bounds, exact: exact, using: &generator)
            try layer.check(variants, parts: parts[index], placements[index], &coverage)
        }
        coverage.expectComplete(kinds)
    }

    @Test func additionAndActivation() throws {
        var generator = SplitMix64(seed: 44)
        let variants = try KernelVariant.all(Kinds.floatAdd)
        var coverage = Coverage()
        for count in Array(1...20) + [257] {
            let inputs = (0..<2).map { _ in (0..<count).map { _ in Float.random(in: -8...8, using: &generator) } }
            for activation in LayerNumerics.Activation.allCases {
                let (lower, upper) = activation.bounds
                let a = GuardedBuffer(inputs[0], .endsAtGuard)
                let b = GuardedBuffer(inputs[1], .endsAtGuard)
                let expected = zip(inputs[0], inputs[1]).map { min(max($0 + $1, lower), upper) }
                for variant in variants {
                    let target = GuardedBuffer(count: count * 4, .endsAtGuard)
                    let add = FloatAdd(
                        name: "add", count: count, activation: activation.bounds, registry: variant.registry)
                    add.bind(left: a.base, right: b.base, output: target.base)
                    runParts(add, 3, a, b, target)
                    coverage.add(add)
                    expectEqual(target.elements(), expected, "\(variant): \(count)")
                }
            }
        }
        coverage.expectComplete(Kinds.floatAdd)
    }

    @Test func pools() throws {
        var generator = SplitMix64(seed: 45)
        let count = 150
        let shapes = Shapes.spatial(count, channels: Shapes.channels, outputChannels: nil, using: &generator)
        for (index, geometry) in shapes.enumerated() {
            let input = (0..<geometry.inputCount).map { _ in Float.random(in: -8...8, using: &generator) }
            let source = GuardedBuffer(input, .endsAtGuard)
            let target = GuardedBuffer(count: geometry.outputCount * 4, .endsAtGuard)
            let parts = index % 4 + 1
            let maximum = try Pool<MaximumOfFloat>(name: "maximum", geometry: geometry, threads: parts)
            maximum.bind(input: source.base, output: target.base)
            runParts(maximum, parts, source, target)
            expectEqual(target.elements(), ReferenceFloat.pool(input, geometry: geometry, maximum: true), "\(geometry)")

            let mean = try Pool<MeanOfFloat>(name: "mean", geometry: geometry, threads: parts)
            mean.bind(input: source.base, output: target.base)
            runParts(mean, parts, source, target)
            let expected = ReferenceFloat.pool(input, geometry: geometry, maximum: false)
            // taps additions and a division, of magnitudes up to 8·taps and 8.
            let tolerance = Float(8 * (geometry.taps + 2)) * 0x1p-24
            for (value, exact) in zip(target.elements(Float.self), expected) {
                #expect(abs(value - exact) <= tolerance)
            }
        }
    }
}

/// A float convolution or depthwise convolution with its tensors.
private struct FloatLayer {
    let kind: IntegerLayer.Kind
    let geometry: ConvolutionGeometry
    let activation: (lower: Float, upper: Float)
    let isExact: Bool
    let input: [Float]
    let weights: [Float]
    let bias: [Float]

    /// - Parameter exact: integers of magnitude 8 and less; a sum of 2³⁸ of their products would still be exact in double,
    ///   and one of 2¹⁸ in float.
    init(
        _ kind: IntegerLayer.Kind, _ geometry: ConvolutionGeometry, activation: (lower: Float, upper: Float),
        exact: Bool, using generator: inout SplitMix64
    ) {
        (self.kind, self.geometry, self.activation, isExact) = (kind, geometry, activation, exact)
        let depth = geometry.taps * (kind == .depthwise ? 1 : geometry.inputChannels)
        func draw(_ count: Int) -> [Float] {
            (0..<count).map { _ in
                exact ? Float(generator.integer(-8...8)) : Float.random(in: -1...1, using: &generator)
            }
        }
        input = draw(geometry.inputCount)
        weights = draw(geometry.outputChannels * depth)
        bias = draw(geometry.outputChannels)
    }

    private func reference(
        _ input: [Float], _ weights: [Float], _ bias: [Float], _ activation: (lower: Float, upper: Float)
    ) -> [Float] {
        switch kind {
        case .convolution:
            ReferenceFloat.convolution(input, weights: weights, bias: bias, geometry: geometry, activation: activation)
        case .depthwise:
            ReferenceFloat.depthwise(input, weights: weights, bias: bias, geometry: geometry, activation: activation)
        }
    }

    private func make(
        _ registry: KernelRegistry, threads: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer
    ) throws -> Operator {
        switch kind {
        case .convolution:
            let operation = try FloatConvolution(
                name: "conv", geometry: geometry, weights: weights, bias: bias, activation: activation,
                registry: registry, threads: threads)
            operation.bind(input: input, output: output)
            return operation
        case .depthwise:
            let operation = try FloatDepthwise(
                name: "depthwise", geometry: geometry, weights: weights, bias: bias, activation: activation,
                registry: registry, threads: threads)
            operation.bind(input: input, output: output)
            return operation
        }
    }

    func check(
        _ variants: [KernelVariant], parts: Int, _ placement: GuardedBuffer.Placement, _ coverage: inout Coverage
    ) throws {
        let expected = reference(input, weights, bias, activation)
        // Σ|a·w| + |bias|
        let magnitudes = reference(
            input.map { abs($0) }, weights.map { abs($0) }, bias.map { abs($0) }, (-.infinity, .infinity))
        let depth = geometry.taps * (kind == .depthwise ? 1 : geometry.inputChannels)
        let n = Float(depth + 2)
        let roundings = isExact ? 0 : 1.01 * min(n, 4 * n.squareRoot())
        let source = GuardedBuffer(input, placement)
        for variant in variants {
            let target = GuardedBuffer(count: geometry.outputCount * 4, placement)
            let operation = try make(variant.registry, threads: parts, input: source.base, output: target.base)
            runParts(operation, parts, source, target)
            coverage.add(operation)
            let values = target.elements(Float.self)
            let wrong = values.indices.first { index in
                // Not ≤ rather than >: a NaN fails.
                !(abs(values[index] - expected[index]) <= roundings * 0x1p-24 * magnitudes[index])
            }
            if let wrong {
                Issue.record(
                    """
                    \(variant): element \(wrong) is \(values[wrong]), not \(expected[wrong]), of magnitude \
                    \(magnitudes[wrong]): \(kind) \(geometry), \(parts) parts
                    """)
            }
        }
    }
}
