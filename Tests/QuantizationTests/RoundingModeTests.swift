import Quantization
import Testing

/// ⌊n/d⌋ for d > 0.
private func floorDivide(_ n: Int128, _ d: Int128) -> Int128 {
    let (quotient, remainder) = n.quotientAndRemainder(dividingBy: d)
    return remainder < 0 ? quotient - 1 : quotient
}

private func roundHalfUp(_ n: Int128, _ d: Int128) -> Int128 { floorDivide(2 * n + d, 2 * d) }

private func roundHalfAway(_ n: Int128, _ d: Int128) -> Int128 {
    n < 0 ? -roundHalfUp(-n, d) : roundHalfUp(n, d)
}

private func saturate(_ value: Int128) -> Int32 { Int32(min(max(value, Int128(Int32.min)), Int128(Int32.max))) }

private let extremes: [Int32] = [.min, .min + 1, -(1 << 30), -12, -2, -1, 0, 1, 2, 12, 1 << 30, .max - 1, .max]

@Suite struct RoundingModeTests {
    /// The golden table of docs/quantization.md: M = 0.25.
    @Test(arguments: [
        (RoundingMode.gemmlowp, [-2, -1, -1, 0, 1, 1, 1, 2] as [Int32]),
        (.single, [-1, -1, 0, 0, 0, 1, 1, 2]),
        (.ruy, [-1, 0, 0, 0, 1, 1, 1, 2]),
        // −1.5, −0.75, −0.5, −0.25 …: halves go to even.
        (.fp32, [-2, -1, 0, 0, 0, 0, 1, 2]),
    ])
    func goldenValues(mode: RoundingMode, expected: [Int32]) throws {
        let quarter = try FixedPointMultiplier(0.25)
        #expect(quarter.significand == 1 << 30)
        #expect(quarter.shift == -1)
        #expect([-6, -3, -2, -1, 1, 2, 3, 6].map { quarter.apply($0, mode) } == expected)
    }

    @Test func divisionRoundsTiesAwayFromZero() {
        #expect(roundingDivideByPowerOfTwo(-12, 3) == -2)
        #expect(roundingDivideByPowerOfTwo(12, 3) == 2)
        #expect(roundingDivideByPowerOfTwo(-11, 3) == -1)
        #expect(roundingDivideByPowerOfTwo(.min, 31) == -1)
        #expect(roundingDivideByPowerOfTwo(.max, 31) == 1)
        #expect(roundingDivideByPowerOfTwo(.min, 0) == .min)
    }

    @Test func divisionEqualsExactRounding() {
        var random = SplitMix64(seed: 1)
        let draws = extremes + (0..<2000).map { _ in Int32.random(in: .min ... .max, using: &random) }
        for x in draws {
            for exponent in Int32(0)...31 {
                let exact = roundHalfAway(Int128(x), Int128(1) << Int128(exponent))
                #expect(Int128(roundingDivideByPowerOfTwo(x, exponent)) == exact, "\(x) / 2^\(exponent)")
            }
        }
    }

    @Test func highMultiplyEqualsExactRounding() {
        var random = SplitMix64(seed: 2)
        let draws = extremes + (0..<300).map { _ in Int32.random(in: .min ... .max, using: &random) }
        for a in draws {
            for b in draws {
                let exact = saturate(roundHalfUp(Int128(a) * Int128(b), 1 << 31))
                #expect(saturatingRoundingDoublingHighMultiply(a, b) == exact, "\(a) · \(b)")
            }
        }
    }

    /// gemmlowp's own wording of SRDHM, with its sign-dependent nudge and truncating division.
    @Test func highMultiplyEqualsGemmlowpsWording() {
        func original(_ a: Int32, _ b: Int32) -> Int32 {
            if a == .min && b == .min { return .max }
            let product = Int64(a) * Int64(b)
            let nudge: Int64 = product >= 0 ? 1 << 30 : 1 - (1 << 30)
            return Int32((product + nudge) / (1 << 31))
        }
        var random = SplitMix64(seed: 3)
        for _ in 0..<100_000 {
            // Small second factors make ties likely.
            let a = Int32.random(in: .min ... .max, using: &random)
            let b = Int32.random(in: .min ... .max, using: &random) >> Int32.random(in: 0...31, using: &random)
            #expect(saturatingRoundingDoublingHighMultiply(a, b) == original(a, b), "\(a) · \(b)")
        }
        #expect(saturatingRoundingDoublingHighMultiply(.min, .min) == .max)
    }

    @Test func everyModeEqualsItsDefinition() throws {
        var random = SplitMix64(seed: 4)
        for _ in 0..<20_000 {
            let real = Double.random(in: 0.5..<1, using: &random)
            let multiplier = try FixedPointMultiplier(
                Double(sign: .plus, exponent: Int.random(in: -31...30, using: &random), significand: real))
            let x = Int32.random(in: .min ... .max, using: &random) >> Int32.random(in: 0...31, using: &random)
            let m = Int128(multiplier.significand)
            let left = Int128(max(multiplier.shift, 0))
            let right = Int128(1) << Int128(max(-multiplier.shift, 0))

            let high = saturate(roundHalfUp(Int128(saturate(Int128(x) << left)) * m, 1 << 31))
            let label: Comment = "x \(x), significand \(m), shift \(multiplier.shift)"
            #expect(Int128(multiplier.apply(x, .gemmlowp)) == roundHalfAway(Int128(high), right), label)
            #expect(Int128(multiplier.apply(x, .ruy)) == roundHalfUp(Int128(high), right), label)
            #expect(
                multiplier.apply(x, .single)
                    == saturate(roundHalfUp(Int128(x) * m, Int128(1) << Int128(31 - multiplier.shift))), label)
        }
    }

    /// Whatever the mode, the result lies within one unit of M·x (fp32: besides float's relative error).
    @Test(arguments: RoundingMode.allCases)
    func isCloseToTheRealProduct(mode: RoundingMode) throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<20_000 {
            let real = Double.random(in: 0.00001..<4, using: &random)
            let x = Int32.random(in: -(1 << 28)...(1 << 28), using: &random)
            let product = real * Double(x)
            let tolerance = 1 + (mode == .fp32 ? abs(product) * 0x1p-22 : abs(product) * 0x1p-30)
            let result = try FixedPointMultiplier(real).apply(x, mode)
            #expect(abs(Double(result) - product) <= tolerance, "\(real) · \(x) gave \(result)")
        }
    }

    @Test(arguments: RoundingMode.allCases)
    func largeProductsSaturate(mode: RoundingMode) throws {
        for real in [2.5, 1024, 0x1p29] {
            let multiplier = try FixedPointMultiplier(real)
            // gemmlowp and ruy saturate before the product with the significand m, which then scales the bound by m/2³¹.
            let factor = mode == .gemmlowp || mode == .ruy ? Double(multiplier.significand) / 0x1p31 : 1
            let bound = Int32(min((Double(Int32.max) * factor).rounded(), Double(Int32.max)))
            #expect(multiplier.apply(.max, mode) == bound)
            #expect(multiplier.apply(.min, mode) == Int32((Double(Int32.min) * factor).rounded()))
            #expect(multiplier.apply(0, mode) == 0)
        }
    }

    @Test func theFourModesDiffer() throws {
        let quarter = try FixedPointMultiplier(0.25)
        let results = RoundingMode.allCases.map { mode in (-8...8).map { quarter.apply($0, mode) } }
        #expect(Set(results).count == 4)
    }
}
