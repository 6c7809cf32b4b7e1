import Quantization
import Testing

/// AdaRound against trying every rounding.
@Suite struct AdaptiveRoundingTests {
    /// Weights, and second moments of correlated inputs.
    private static func problem(
        _ seed: UInt64, channels: Int, depth: Int
    ) -> (weights: [Float], moments: [Float]) {
        var generator = SplitMix64(seed: seed)
        let samples = (0..<60).map { _ in
            let common = Float.random(in: 0...1, using: &generator)
            return (0..<depth).map { _ in common + Float.random(in: -0.3...0.5, using: &generator) }
        }
        var moments = [Float](repeating: 0, count: depth * depth)
        for x in samples { for i in 0..<depth { for j in 0..<depth { moments[i * depth + j] += x[i] * x[j] / 60 } } }
        return ((0..<channels * depth).map { _ in Float.random(in: -1...1, using: &generator) }, moments)
    }

    private static func multiply(
        _ moments: [Float], _ depth: Int
    ) -> (UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void {
        { errors, products in
            for place in errors.indices {
                let start = place / depth * depth
                products[place] = (0..<depth).reduce(0) {
                    $0 + errors[start + $1] * moments[place % depth * depth + $1]
                }
            }
        }
    }

    /// δᵀHδ of one channel's integers.
    private static func loss(_ errors: [Double], _ moments: [Float]) -> Double {
        var sum = 0.0
        for (i, left) in errors.enumerated() {
            for (j, right) in errors.enumerated() { sum += left * Double(moments[i * errors.count + j]) * right }
        }
        return sum
    }

    private static func errors(_ weights: [Float], _ quantized: QuantizedWeights, _ channel: Int) -> [Double] {
        let depth = weights.count / quantized.channels
        let parameters = quantized.parameters(ofChannel: channel)
        return (0..<depth).map { tap in
            let element = quantized.axis == .outermost ? channel * depth + tap : tap * quantized.channels + channel
            return Double(quantized.values[element]) - Double(parameters.zeroPoint)
                - Double(weights[element]) / parameters.scale
        }
    }

    private static func meanSquare(_ moments: [Float], _ depth: Int) -> Float {
        (0..<depth).reduce(0) { $0 + moments[$1 * (depth + 1)] } / Float(depth)
    }

    /// Ten weights have 1024 roundings: the one found is among the best, and far better than the nearest on average.
    @Test(arguments: [ChannelAxis.outermost, .innermost], [Mapping.symmetric, .affine])
    func againstEveryRounding(axis: ChannelAxis, mapping: Mapping) throws {
        let (channels, depth) = (6, 10)
        var sums = (found: 0.0, best: 0.0, nearest: 0.0)
        for seed in 1...4 {
            let (weights, moments) = Self.problem(UInt64(seed), channels: channels, depth: depth)
            let nearest = try WeightQuantizer(bits: 3, mapping: mapping, granularity: .perChannel)
                .quantize(weights, channels: channels, axis: axis)
            let mean = Self.meanSquare(moments, depth)
            let adaptive = AdaptiveRounding(steps: 500).round(
                weights, nearest: nearest, meanSquares: [Float](repeating: mean, count: channels),
                product: Self.multiply(moments, depth))
            #expect(adaptive.parameters == nearest.parameters)
            for channel in 0..<channels {
                let found = Self.errors(weights, adaptive, channel)
                let plain = Self.errors(weights, nearest, channel)
                #expect(found.allSatisfy { abs($0) < 1 + 1e-6 }, "up or down, nothing else")
                #expect(Self.loss(found, moments) <= Self.loss(plain, moments) * (1 + 1e-5) + 1e-9)
                let best = (0..<1 << depth).map { choice in
                    let errors = plain.enumerated().map { tap, error in
                        // The other neighbour lies on the far side of the real weight.
                        choice >> tap & 1 == 0 ? error : error > 0 ? error - 1 : error + 1
                    }
                    return Self.loss(errors, moments)
                }.min()!
                sums.found += Self.loss(found, moments)
                sums.best += best
                sums.nearest += Self.loss(plain, moments)
            }
        }
        #expect(sums.found < 0.6 * sums.nearest, "\(sums)")
        #expect(sums.found < 2 * sums.best, "\(sums)")
    }

    @Test func withinTheRange() throws {
        let (channels, depth) = (4, 16)
        let (weights, moments) = Self.problem(9, channels: channels, depth: depth)
        for clipping in [WeightClipping.none, .meanSquaredError] {
            let nearest = try WeightQuantizer(bits: 2, mapping: .symmetric, granularity: .perTensor, clipping: clipping)
                .quantize(weights, channels: channels, axis: .outermost)
            let adaptive = AdaptiveRounding(steps: 100).round(
                weights, nearest: nearest,
                meanSquares: [Float](repeating: Self.meanSquare(moments, depth), count: channels),
                product: Self.multiply(moments, depth))
            #expect(adaptive.values.allSatisfy { (-1...1).contains($0) })
            #expect(adaptive != nearest)
            let again = AdaptiveRounding(steps: 100).round(
                weights, nearest: nearest,
                meanSquares: [Float](repeating: Self.meanSquare(moments, depth), count: channels),
                product: Self.multiply(moments, depth))
            #expect(adaptive == again)
        }
    }

    /// Inputs that are all 0 say nothing: the nearest stay.
    @Test func deadInputsKeepTheNearest() throws {
        let (weights, _) = Self.problem(3, channels: 2, depth: 8)
        let nearest = try WeightQuantizer(bits: 4, mapping: .symmetric, granularity: .perChannel)
            .quantize(weights, channels: 2, axis: .outermost)
        let adaptive = AdaptiveRounding(steps: 50).round(
            weights, nearest: nearest, meanSquares: [0, 0],
            product: { _, products in products.update(repeating: 0) })
        #expect(adaptive == nearest)
    }
}
