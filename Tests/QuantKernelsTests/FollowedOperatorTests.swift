import QuantKernels
import Quantization
import Testing

/// A convolution and the addition behind it as one step, in place, against the two one after the other.
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
                let residual = GuardedBuffer(other, .endsAtGuard)
                let input = GuardedBuffer(layer.inputBytes, .endsAtGuard)
                func addition(_ left: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) throws -> IntegerAdd {
                    let add = try IntegerAdd(
                        name: "add", count: geometry.outputCount, left: produced, right: produced,
                        requantization: Requantization(output: produced, activation: (-.infinity, .infinity)),
                        registry: KernelRegistry())
                    add.bind(left: left, right: residual.base, output: output)
                    return add
                }
                let (between, apart) = (
                    GuardedBuffer(count: geometry.outputCount, .endsAtGuard),
                    GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                )
                let first = try layer.make(KernelRegistry(), threads: parts, input: input.base, output: between.base)
                runParts(first, parts, input, between)
                runParts(try addition(between.base, apart.base), parts, between, residual, apart)

                let together = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                let producer = try layer.make(
                    KernelRegistry(), threads: parts, input: input.base, output: together.base)
                let step = FollowedOperator(
                    try #require(producer as? any RowProducer), then: try addition(together.base, together.base))
                runParts(step, parts, input, residual, together)
                expectEqual(together.elements(), apart.elements(UInt8.self), "\(geometry), \(numerics)")
                #expect(step.name == "conv+add" && step.outputCount == geometry.outputCount)
                #expect(
                    step.packedBytes == producer.packedBytes && step.microKernels.count == first.microKernels.count + 1)
            }
        }
    }

    @Test(arguments: [1, 2, 3]) func floats(parts: Int) throws {
        var generator = SplitMix64(seed: 92)
        for geometry in Self.shapes {
            func reals(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &generator) } }
            let (weights, bias) = (
                reals(geometry.outputChannels * geometry.taps * geometry.inputChannels), reals(geometry.outputChannels)
            )
            let input = GuardedBuffer(reals(geometry.inputCount), .endsAtGuard)
            let residual = GuardedBuffer(reals(geometry.outputCount), .endsAtGuard)
            func make(_ produced: GuardedBuffer, _ sum: GuardedBuffer) throws -> (FloatConvolution, FloatAdd) {
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
            let (between, apart) = (
                GuardedBuffer(count: bytes, .endsAtGuard), GuardedBuffer(count: bytes, .endsAtGuard)
            )
            let (first, second) = try make(between, apart)
            runParts(first, parts, input, between)
            runParts(second, parts, between, residual, apart)
            let together = GuardedBuffer(count: bytes, .endsAtGuard)
            let (producer, follower) = try make(together, together)
            runParts(FollowedOperator(producer, then: follower), parts, input, residual, together)
            expectEqual(together.elements(), apart.elements(Float.self), "\(geometry)")
        }
    }
}
