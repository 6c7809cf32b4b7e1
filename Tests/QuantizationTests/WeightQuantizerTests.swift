import Quantization
import Testing

@Suite struct WeightQuantizerTests {
    /// Channel c holds values of magnitude up to 2^c: what per-channel scales are for.
    private func weights(channels: Int, perChannel: Int, axis: ChannelAxis) -> [Float] {
        var random = SplitMix64(seed: 7)
        return (0..<channels * perChannel).map { index in
            let channel = axis.channel(ofElement: index, of: channels * perChannel, channels: channels)
            let magnitude = Float(sign: .plus, exponent: channel, significand: 1)
            return Float.random(in: -magnitude...magnitude, using: &random)
        }
    }

    private func squaredError(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    }

    @Test(arguments: 2...8, [ChannelAxis.outermost, .innermost])
    func perChannelBeatsPerTensor(bits: Int, axis: ChannelAxis) throws {
        let weights = weights(channels: 6, perChannel: 90, axis: axis)
        for mapping in Mapping.allCases {
            let tensor = try WeightQuantizer(bits: bits, mapping: mapping, granularity: .perTensor)
                .quantize(weights, channels: 6, axis: axis)
            let channel = try WeightQuantizer(bits: bits, mapping: mapping, granularity: .perChannel)
                .quantize(weights, channels: 6, axis: axis)
            #expect(tensor.parameters.count == 1)
            #expect(channel.parameters.count == 6)
            let (coarse, fine) = (
                squaredError(tensor.dequantized(), weights), squaredError(channel.dequantized(), weights)
            )
            #expect(fine < coarse, "\(mapping)")
        }
    }

    @Test(arguments: 2...8, Mapping.allCases) func staysInRangeAndWithinHalfAStep(bits: Int, mapping: Mapping) throws {
        let weights = weights(channels: 4, perChannel: 64, axis: .outermost)
        let quantized = try WeightQuantizer(bits: bits, mapping: mapping, granularity: .perChannel)
            .quantize(weights, channels: 4, axis: .outermost)
        let bound = Int16(1) << Int16(bits - 1)
        let (lowest, highest) = mapping == .symmetric ? (1 - bound, bound - 1) : (0, 2 * bound - 1)
        #expect(quantized.values.allSatisfy { (lowest...highest).contains($0) })
        for (index, real) in quantized.dequantized().enumerated() {
            let scale = quantized.parameters(ofChannel: index / 64).scale
            #expect(Double(abs(real - weights[index])) <= scale * 0.5001)
        }
    }

    @Test func symmetricIntegersByHand() throws {
        let quantizer = try WeightQuantizer(bits: 8, mapping: .symmetric, granularity: .perChannel)
        let rows = try quantizer.quantize([-1, 0.5, 2, -4], channels: 2, axis: .outermost)
        #expect(Array(rows.values) == [-127, 64, 64, -127])
        #expect(rows.parameters.map(\.scale) == [1.0 / 127, 4.0 / 127])
        // The same numbers read as HWC: channel 0 is {−1, 2}, channel 1 {0.5, −4}.
        let columns = try quantizer.quantize([-1, 0.5, 2, -4], channels: 2, axis: .innermost)
        #expect(Array(columns.values) == [-64, 16, 127, -127])
        #expect(columns.parameters.map(\.scale) == [2.0 / 127, 4.0 / 127])
    }

    @Test func allZeroChannelStaysZero() throws {
        let quantized = try WeightQuantizer(bits: 4, mapping: .affine, granularity: .perChannel)
            .quantize([0, 0, 1, 2], channels: 2, axis: .outermost)
        #expect(quantized.dequantized()[..<2] == [0, 0])
    }

    @Test func refusals() throws {
        #expect(throws: QuantizationError.unsupportedGroups(32)) {
            try WeightQuantizer(bits: 8, mapping: .symmetric, granularity: .perGroup(32))
        }
        for bits in [1, 9, 16] {
            #expect(throws: QuantizationError.self) {
                try WeightQuantizer(bits: bits, mapping: .affine, granularity: .perTensor)
            }
        }
        let quantizer = try WeightQuantizer(bits: 8, mapping: .symmetric, granularity: .perTensor)
        #expect(throws: QuantizationError.channelsDoNotDivide(count: 5, channels: 2)) {
            try quantizer.quantize([1, 2, 3, 4, 5], channels: 2, axis: .outermost)
        }
        #expect(throws: QuantizationError.channelsDoNotDivide(count: 0, channels: 1)) {
            try quantizer.quantize([], channels: 1, axis: .outermost)
        }
        #expect(throws: QuantizationError.notFinite(value: .infinity, index: 1)) {
            try quantizer.quantize([1, .infinity], channels: 1, axis: .outermost)
        }
    }

    @Test(arguments: [(2, Mapping.symmetric), (8, .symmetric), (4, .affine), (8, .affine)])
    func bytesHoldEveryIntegerOfTheRange(bits: Int, mapping: Mapping) throws {
        let quantizer = try WeightQuantizer(bits: bits, mapping: mapping, granularity: .perTensor)
        let (lowest, highest) = (Int(quantizer.range.lowest), Int(quantizer.range.highest))
        // Reals that are the integers themselves: the scale is 1.
        let quantized = try quantizer.quantize((lowest...highest).map(Float.init), channels: 1, axis: .outermost)
        #expect(Array(quantized.values) == (lowest...highest).map(Int16.init))
        #expect(quantized.values.count == highest - lowest + 1)
        #expect(quantized.values.last == Int16(highest))
    }
}
