import Foundation
import Quantization
import Testing

@Suite struct WeightClippingTests {
    private static func squaredError(_ weights: [Float], _ quantized: QuantizedWeights) -> Double {
        zip(weights, quantized.dequantized()).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }
    }

    /// Many weights of ±1 and one of 3: with two bits (−1, 0, 1) the ones are worth more than the outlier.
    @Test func byHand() throws {
        let weights = [Float](repeating: 1, count: 50) + [Float](repeating: -1, count: 49) + [3]
        let quantizer = try WeightQuantizer(
            bits: 2, mapping: .symmetric, granularity: .perTensor, clipping: .meanSquaredError)
        let scale = try quantizer.quantize(weights, channels: 1, axis: .outermost).parameters[0].scale
        // The mean of the magnitudes is 1.02; candidates are hundredths of 3.
        #expect(abs(scale - 1.02) < 1e-6)
    }

    /// Never worse than the whole range, and as good as the best of many clippings of each channel.
    @Test(arguments: [2, 4, 8], [Mapping.symmetric, .affine])
    func bestOfEachChannel(bits: Int, mapping: Mapping) throws {
        for axis in [ChannelAxis.outermost, .innermost] {
            let (channels, depth) = (3, 400)
            let sample = HistogramTests.sample(UInt64(bits), count: channels * depth, rectified: false, outliers: true)
            func quantized(_ clipping: WeightClipping, _ granularity: Granularity) throws -> QuantizedWeights {
                try WeightQuantizer(bits: bits, mapping: mapping, granularity: granularity, clipping: clipping)
                    .quantize(sample, channels: channels, axis: axis)
            }
            for granularity in [Granularity.perTensor, .perChannel] {
                let (whole, clipped) = try (quantized(.none, granularity), quantized(.meanSquaredError, granularity))
                #expect(Self.squaredError(sample, clipped) <= Self.squaredError(sample, whole))
                if bits < 8 { #expect(Self.squaredError(sample, clipped) < 0.9 * Self.squaredError(sample, whole)) }
            }
            let clipped = try quantized(.meanSquaredError, .perChannel)
            for channel in 0..<channels {
                let members = sample.indices.filter {
                    axis.channel(ofElement: $0, of: sample.count, channels: channels) == channel
                }.map { sample[$0] }
                let (low, high) = (Double(members.min()!), Double(members.max()!))
                let errors = try (20...100).map { hundredths in
                    let share = Double(hundredths) / 100
                    let parameters = try QuantizationParameters.spanning(
                        minimum: share * low, maximum: share * high, range: clipped.range, mapping: mapping)
                    return members.reduce(0) { $0 + pow(Double(parameters.fakeQuantize($1)) - Double($1), 2) }
                }
                let parameters = clipped.parameters(ofChannel: channel)
                let found = members.reduce(0) { $0 + pow(Double(parameters.fakeQuantize($1)) - Double($1), 2) }
                #expect(found <= errors.min()! * (1 + 1e-9))
            }
        }
    }
}

@Suite struct EqualizationFactorTests {
    @Test func byHand() {
        #expect(equalizationFactor(first: 8, second: 2, bias: 1) == 2)
        #expect(equalizationFactor(first: 1, second: 4, bias: 0) == 0.5)
        for (first, second) in [(0.0, 1.0), (1, 0), (.leastNonzeroMagnitude, .greatestFiniteMagnitude)] {
            #expect(equalizationFactor(first: first, second: second, bias: 0) == 1)
        }
        #expect(equalizationFactor(first: 1, second: 4, bias: 0, room: 1.25) == 0.8, "the bound is near")
        #expect(equalizationFactor(first: 1, second: 4, bias: 0, room: 3) == 0.5)
        for factor in [(8.0, 2.0), (2, 8)] {
            #expect(equalizationFactor(first: factor.0, second: factor.1, bias: 0, room: 1) == 1, "it is cut already")
        }
        #expect(equalizationFactor(first: 1e-6, second: 1, bias: 1) == 1, "a channel that is only its bias")
    }
}
