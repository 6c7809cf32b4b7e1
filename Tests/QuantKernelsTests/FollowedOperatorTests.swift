import QuantKernels
import Quantization
import Testing

/// A convolution and the addition behind it as one step, the sum over the other operand, against the two one after the other.
@Suite struct FollowedOperatorTests {
    private static let shapes: [ConvolutionGeometry] = [
        .product(rows: 400, depth: 16, columns: 130),  // shared out by rows, more than one block
        .product(rows: 5, depth: 300, columns: 200),  // by columns
        .same(height: 9, width: 11, channels: 5, kernel: 3, stride: 1, outputChannels: 70),
        .same(height: 9, width: 11, channels: 3, kernel: 3, stride: 2, outputChannels: 17),
    ]

    @Test(arguments: [1, 2, 3]) func integers(parts: Int) throws {
        var generator = SplitMix64(seed: 91)
        for geometry in Self.shapes {
            for numerics in try LayerNumerics.draw(20, using: &generator).prefix(6) {
                let layer = try IntegerLayer(.convolution, geometry, numerics, using: &generator)
                let produced = layer.requantization.output
                let other = (0..<geometry.outputCount).map { _ in
                    UInt8(truncatingIfNeeded: generator.integer(produced.range.lowest...produced.range.highest))
                }
                let input = GuardedBuffer(layer.inputBytes, .endsAtGuard)
                func addition(_ left: GuardedBuffer, _ right: GuardedBuffer, _ output: GuardedBuffer) throws
                    -> IntegerAdd
                {
                    let add = try IntegerAdd(
                        name: "add", count: geometry.outputCount, left: produced, right: produced,
                        requantization: Requantization(output: produced, activation: (-.infinity, .infinity)),
                        registry: KernelRegistry())
                    add.bind(left: left.base, right: right.base, output: output.base)
                    return add
                }
                let residual = GuardedBuffer(other, .endsAtGuard)
                let between = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                let apart = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                let first = try layer.make(KernelRegistry(), threads: parts, input: input.base, output: between.base)
                runParts(first, parts, input, between)
                runParts(try addition(between, residual, apart), parts, between, residual, apart)

                let made = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                let together = GuardedBuffer(other, .endsAtGuard)
                let producer = try layer.make(KernelRegistry(), threads: parts, input: input.base, output: made.base)
                let step = FollowedOperator(
                    try #require(producer as? any RowProducer), then: try addition(made, together, together),
                    making: .left)
                runParts(step, parts, input, made, together)
                expectEqual(together.elements(), apart.elements(UInt8.self), "\(geometry), \(numerics)")
                #expect(step.name == "conv+add" && step.outputCount == geometry.outputCount)
                #expect(step.packedBytes == producer.packedBytes)
            }
        }
    }

    /// Scales of the other operand at which two products add all pairs of bytes, so that kernels that can add do so in registers; each
    /// operand in its turn is the convolution's.
    @Test(arguments: [RowFollower.Operand.left, .right]) func additionInRegisters(made: RowFollower.Operand) throws {
        var generator = SplitMix64(seed: 93)
        let shapes: [ConvolutionGeometry] = [
            .product(rows: 400, depth: 64, columns: 130),
            .product(rows: 49, depth: 24, columns: 64),
            .product(rows: 31, depth: 48, columns: 96),
            .product(rows: 5, depth: 13, columns: 40),
            .product(rows: 1, depth: 100, columns: 16),
            .same(height: 5, width: 7, channels: 52, kernel: 3, stride: 1, outputChannels: 81),
        ]
        var absorbing: Set<String> = []
        for geometry in shapes {
            for numerics in try LayerNumerics.draw(40, using: &generator) {
                let layer = try IntegerLayer(.convolution, geometry, numerics, using: &generator)
                let produced = layer.requantization.output
                let range = produced.range
                guard range.steps == 255 else { continue }
                let other = try QuantizationParameters(
                    scale: produced.scale * Double.random(in: 0.3...0.9, using: &generator),
                    zeroPoint: range.lowest + 99,
                    range: range)
                let sum = try QuantizationParameters(
                    scale: produced.scale * Double.random(in: 0.8...1.4, using: &generator),
                    zeroPoint: range.lowest + (generator.next() % 2 == 0 ? 0 : 120), range: range)
                let values = (0..<geometry.outputCount).map { _ in
                    UInt8(truncatingIfNeeded: generator.integer(range.lowest...range.highest))
                }
                let parts = [1, 2, 3].randomElement(using: &generator)!
                let input = GuardedBuffer(layer.inputBytes, .endsAtGuard)
                func addition(
                    _ product: GuardedBuffer, _ residual: GuardedBuffer, _ output: GuardedBuffer,
                    _ registry: KernelRegistry
                ) throws -> IntegerAdd {
                    let isLeft = made == .left
                    let add = try IntegerAdd(
                        name: "add", count: geometry.outputCount, left: isLeft ? produced : other,
                        right: isLeft ? other : produced,
                        requantization: Requantization(output: sum, activation: (0, .infinity)), registry: registry)
                    add.bind(
                        left: isLeft ? product.base : residual.base, right: isLeft ? residual.base : product.base,
                        output: output.base)
                    return add
                }
                let scalar = KernelRegistry(features: .scalar)
                let between = GuardedBuffer(try layer.reference(), .endsAtGuard)
                let residual = GuardedBuffer(values, .endsAtGuard)
                let expected = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                runParts(try addition(between, residual, expected, scalar), 1, between, residual, expected)

                for variant in try KernelVariant.all(Kinds.product) {
                    let product = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                    let together = GuardedBuffer(values, .endsAtGuard)
                    let producer = try layer.make(
                        variant.registry, threads: parts, input: input.base, output: product.base)
                    let convolution = try #require(producer as? IntegerConvolution)
                    let add = try addition(product, together, together, variant.registry)
                    let step = FollowedOperator(convolution, then: add, making: made)
                    let untouched: [UInt8] = product.elements()
                    runParts(step, parts, input, product, together)
                    expectEqual(
                        together.elements(), expected.elements(UInt8.self), "\(variant): \(parts) parts: \(layer)")
                    if convolution.absorbs(add) {
                        absorbing.insert(convolution.microKernels[0])
                        #expect(step.microKernels == convolution.microKernels)
                        #expect(product.elements() == untouched)
                    } else {
                        #expect(step.microKernels == convolution.microKernels + add.microKernels)
                    }
                }
            }
        }
        let able = "u8s8_gemm_6x64c4__avx512vnni"
        let isUsable = TableEntry.all.contains { $0.name == able && $0.isUsable }
        #expect(absorbing == (isUsable ? [able] : []))
        if !isUsable { print("\(able): skipped, this processor cannot run it") }
    }

    @Test(arguments: [1, 2, 3]) func floats(parts: Int) throws {
        var generator = SplitMix64(seed: 92)
        for geometry in Self.shapes {
            func reals(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &generator) } }
            let (weights, bias) = (
                reals(geometry.outputChannels * geometry.taps * geometry.inputChannels), reals(geometry.outputChannels)
            )
            let input = GuardedBuffer(reals(geometry.inputCount), .endsAtGuard)
            let other = reals(geometry.outputCount)
            func make(_ produced: GuardedBuffer, _ residual: GuardedBuffer, _ sum: GuardedBuffer) throws -> (
                FloatConvolution, FloatAdd
            ) {
                let convolution = try FloatConvolution(
                    name: "conv", geometry: geometry, weights: weights, bias: bias, activation: (0, .infinity),
                    registry: KernelRegistry(), threads: parts)
                convolution.bind(input: input.base, output: produced.base)
                let add = FloatAdd(
                    name: "add", count: geometry.outputCount, activation: (0, 6), registry: KernelRegistry())
                add.bind(left: residual.base, right: produced.base, output: sum.base)
                return (convolution, add)
            }
            let bytes = geometry.outputCount * 4
            let residual = GuardedBuffer(other, .endsAtGuard)
            let between = GuardedBuffer(count: bytes, .endsAtGuard)
            let apart = GuardedBuffer(count: bytes, .endsAtGuard)
            let (first, second) = try make(between, residual, apart)
            runParts(first, parts, input, between)
            runParts(second, parts, between, residual, apart)
            let made = GuardedBuffer(count: bytes, .endsAtGuard)
            let together = GuardedBuffer(other, .endsAtGuard)
            let (producer, follower) = try make(made, together, together)
            let step = FollowedOperator(producer, then: follower, making: .right)
            runParts(step, parts, input, made, together)
            #expect(step.microKernels == producer.microKernels)
            expectEqual(together.elements(), apart.elements(Float.self), "\(geometry)")
        }
    }
}
