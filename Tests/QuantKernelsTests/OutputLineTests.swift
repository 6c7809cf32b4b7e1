import QuantKernels
import Quantization
import Testing

/// The output stage as one product: the same byte as the definition for every sum.
@Suite struct OutputLineTests {
    /// clamp(⌊(x + d)·m·2^(21−e) / 2^52⌋ − j + Z₃), as the kernels compute it.
    private static func byte(
        _ line: OutputLine, _ multiplier: FixedPointMultiplier, _ x: Int64, _ stage: Requantization
    ) -> Int64 {
        let sum = UInt64(x + line.offset)
        #expect(sum < 1 << 32)
        let factor = UInt64(multiplier.significand) << UInt64(21 + multiplier.shift)
        let (high, low) = sum.multipliedFullWidth(by: factor)
        let quotient = Int64(high << 12 | low >> 52)
        return min(max(quotient - line.steps + Int64(stage.output.zeroPoint), Int64(stage.lower)), Int64(stage.upper))
    }

    private static func defined(_ multiplier: FixedPointMultiplier, _ x: Int64, _ stage: Requantization) -> Int64 {
        let value = Int64(multiplier.apply(Int32(x), stage.rounding)) + Int64(stage.output.zeroPoint)
        return min(max(value, Int64(stage.lower)), Int64(stage.upper))
    }

    /// The sums around every change of the byte, the ends of the domain, and others.
    private static func sums(_ multiplier: FixedPointMultiplier, using generator: inout SplitMix64) -> Set<Int64> {
        let real =
            Double(multiplier.significand) * Double(sign: .plus, exponent: Int(multiplier.shift) - 31, significand: 1)
        let limit: Int64 = 1 << 30 - 1
        var sums: Set<Int64> = [-limit, -1, 0, 1, limit]
        for n in -256...256 {
            for rounded in [0.0, 0.5] {
                let change = ((Double(n) + rounded) / real).rounded()
                for offset in [-2.0, -1, 0, 1, 2] where abs(change + offset) <= Double(limit) {
                    sums.insert(Int64(change + offset))
                }
            }
        }
        for _ in 0..<100 { sums.insert(Int64.random(in: -limit...limit, using: &generator)) }
        return sums
    }

    @Test(arguments: [RoundingMode.gemmlowp, .ruy, .single], [IntegerRange.uint8, .int8])
    func sameByteForEverySum(rounding: RoundingMode, range: IntegerRange) throws {
        var generator = SplitMix64(seed: 5)
        var found = 0
        for exponent in 0...21 {
            for significand in [1.0, 1.5, 1.9999, Double.random(in: 1..<2, using: &generator)] {
                let real = significand * Double(sign: .plus, exponent: -exponent - 1, significand: 1)
                let multiplier = try FixedPointMultiplier(real)
                let zero = Int32.random(in: Int32(range.lowest)...Int32(range.highest), using: &generator)
                let output = try QuantizationParameters(scale: 1, zeroPoint: zero, range: range)
                let stage = Requantization(
                    output: output, activation: (rounding == .gemmlowp ? 0 : -.infinity, .infinity), rounding: rounding)
                guard let line = OutputLine.all([multiplier], stage)?.first else { continue }
                found += 1
                let wrong = Self.sums(multiplier, using: &generator).first {
                    Self.byte(line, multiplier, $0, stage) != Self.defined(multiplier, $0, stage)
                }
                #expect(wrong == nil, "M = \(real), Z = \(zero), \(rounding)")
            }
        }
        // Below 2^-16 a channel may have none: sums have too few offsets to choose among.
        #expect(found >= 17 * 4)
    }

    /// The multipliers of real layers lie between 2⁻⁴ and 2⁻¹⁴: one channel in ten thousand without a line costs its layer the chain.
    @Test func channelsOfRealLayersHaveOne() throws {
        var generator = SplitMix64(seed: 6)
        let output = try QuantizationParameters(scale: 1, zeroPoint: 0, range: .uint8)
        let stage = Requantization(output: output, activation: (0, .infinity))
        for exponent in 4...13 {
            let multipliers = try (0..<500).map { _ in
                try FixedPointMultiplier(
                    Double.random(in: 0.5..<1, using: &generator)
                        * Double(sign: .plus, exponent: -exponent, significand: 1))
            }
            #expect(OutputLine.all(multipliers, stage)?.count == 500, "M from 2^-\(exponent + 1)")
        }
    }

    /// A multiplier of 0 gives the zero point; the sign of gemmlowp's rounding, M ≥ 1 and float rounding have no line.
    @Test func borders() throws {
        let output = try QuantizationParameters(scale: 1, zeroPoint: 9, range: .uint8)
        let rectified = Requantization(output: output, activation: (0, .infinity))
        let none = try FixedPointMultiplier(0)
        let line = try #require(OutputLine.all([none], rectified)?.first)
        #expect(Self.byte(OutputLine(none, rounding: .gemmlowp, changes: 1..<2)!, none, 12345, rectified) == 9)
        #expect(line.steps == 0)
        let half = try FixedPointMultiplier(0.25)
        #expect(OutputLine.all([half], rectified) != nil)
        #expect(OutputLine.all([half, try FixedPointMultiplier(1.25)], rectified) == nil)
        #expect(OutputLine.all([half], Requantization(output: output)) == nil)
        #expect(
            OutputLine.all([half], Requantization(output: output, activation: (0, .infinity), rounding: .fp32)) == nil)
        #expect(OutputLine.all([half], Requantization(output: output, rounding: .single)) != nil)
    }
}
