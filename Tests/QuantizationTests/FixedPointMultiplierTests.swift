import Quantization
import Testing

@Suite struct FixedPointMultiplierTests {
    @Test(
        arguments: [
            (1.0, 1 << 30, 1), (0.5, 1 << 30, 0), (0.75, 3 << 29, 0), (3.0, 3 << 29, 2), (0x1p-32, 1 << 30, -31),
            (0x1p29, 1 << 30, 30), (0, 0, 0),
            // Rounds to 2³¹, so it is halved and the shift raised.
            (1 - 0x1p-40, 1 << 30, 1),
            // Just below 2⁻³²: nothing is left. Rounding up to it keeps it.
            (0x1p-33, 0, 0), (0x1p-32 - 0x1p-80, 1 << 30, -31), (Double.leastNonzeroMagnitude, 0, 0),
            // Exactly half a unit of the significand: away from zero.
            (0.5 + 0x1p-32, (1 << 30) + 1, 0),
        ] as [(Double, Int32, Int32)])
    func decomposes(real: Double, significand: Int32, shift: Int32) throws {
        let multiplier = try FixedPointMultiplier(real)
        #expect(multiplier.significand == significand)
        #expect(multiplier.shift == shift)
    }

    @Test func isExactToThirtyBits() throws {
        var random = SplitMix64(seed: 6)
        for _ in 0..<10_000 {
            let real = Double(
                sign: .plus, exponent: Int.random(in: -30...28, using: &random),
                significand: Double.random(in: 1..<2, using: &random))
            let multiplier = try FixedPointMultiplier(real)
            #expect(multiplier.significand >= 1 << 30)
            let value = Double(sign: .plus, exponent: Int(multiplier.shift) - 31, significand: 1)
            #expect(abs(value * Double(multiplier.significand) - real) <= real * 0x1p-31)
        }
    }

    @Test(arguments: [-1.0, .infinity, -.infinity, .nan, 0x1p30, 0x1p30 * (1 - 0x1p-40), 1e300])
    func refuses(real: Double) {
        #expect(throws: QuantizationError.self) { try FixedPointMultiplier(real) }
    }

    @Test func tinyMultipliersGiveZero() throws {
        let tiny = try FixedPointMultiplier(1e-12)
        for mode in RoundingMode.allCases {
            #expect(tiny.apply(.max, mode) == 0)
            #expect(tiny.apply(.min, mode) == 0)
        }
    }
}
