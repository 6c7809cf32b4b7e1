import Quantization
import Testing

@Suite struct AccumulatorDepthTests {
    @Test func boundOfUint8TimesSymmetricInt8() throws {
        let largest = largestSafeDepth(activationRange: .uint8, weightRange: .int8Weights)
        #expect(largest == 66_311)
        #expect(largest * 255 * 127 < 1 << 31 && (largest + 1) * 255 * 127 >= 1 << 31)
        try checkAccumulatorDepth(depth: largest, activationRange: .uint8, weightRange: .int8Weights)
        let error = #expect(throws: QuantizationError.self) {
            try checkAccumulatorDepth(depth: largest + 1, activationRange: .uint8, weightRange: .int8Weights)
        }
        #expect(try #require(error).description.contains("the largest safe depth is 66311"))
        #expect(try #require(error).description.contains("would overflow"))
    }

    @Test func fewerBitsAllowDeeperSums() throws {
        var previous = 0
        for bits in (2...8).reversed() {
            let depth = largestSafeDepth(activationRange: .uint8, weightRange: try .symmetric(bits: bits))
            #expect(depth > previous)
            previous = depth
        }
    }

    /// The worst sum that the bound lets through does fit, zero points included.
    @Test(arguments: 2...8) func theWorstAllowedSumFits(bits: Int) throws {
        for activations in [try IntegerRange.signed(bits: bits), try .unsigned(bits: bits)] {
            for weights in [try IntegerRange.symmetric(bits: bits), try .unsigned(bits: bits)] {
                let depth = largestSafeDepth(activationRange: activations, weightRange: weights)
                let weight = weights.isNarrow ? Int64(weights.highest) : weights.steps
                #expect(Int64(depth) * activations.steps * weight <= Int64(Int32.max))
            }
        }
    }

    @Test func thirtyTwoBitFactorsHaveNoSafeDepth() throws {
        let wide = try IntegerRange.signed(bits: 32)
        #expect(largestSafeDepth(activationRange: wide, weightRange: wide) == 0)
    }
}
