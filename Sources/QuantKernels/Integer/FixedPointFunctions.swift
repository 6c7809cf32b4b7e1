internal import Quantization

/// Functions on fixed-point numbers, without tables and without floating point (gemmlowp's fixedpoint; Jacob et al. 2017,
/// appendix A.1). A number with b integer bits is an int32 that counts units of 2^(b − 31).
package enum FixedPoint {
    /// Product of Q(0) and Q(b) as Q(b).
    static func multiply(_ a: Int32, _ b: Int32) -> Int32 { saturatingRoundingDoublingHighMultiply(a, b) }

    /// x·2^shift with saturation; a negative shift rounds half away from zero.
    static func scale(_ x: Int32, by shift: Int32) -> Int32 {
        shift < 0 ? roundingDivideByPowerOfTwo(x, -shift) : saturatingToInt32(Int64(x) << Int64(shift))
    }

    /// exp(a) as Q0 for a in [−1/4, 0) as Q0: Taylor's series around −1/8 up to the fourth power.
    private static func expNearZero(_ a: Int32) -> Int32 {
        let expOfMinusEighth: Int32 = 1_895_147_668
        let third: Int32 = 715_827_883
        let x = a &+ (1 << 28)
        let x2 = multiply(x, x)
        let x3 = multiply(x2, x)
        let x4 = multiply(x2, x2)
        // x⁴/24 + x³/6 + x²/2 = ((x⁴/4 + x³)/3 + x²)/2
        let tail = roundingDivideByPowerOfTwo(multiply(roundingDivideByPowerOfTwo(x4, 2) &+ x3, third) &+ x2, 1)
        return saturatingToInt32(Int64(expOfMinusEighth) + Int64(multiply(expOfMinusEighth, x &+ tail)))
    }

    /// exp(−2^e) as Q0 for e = −2…4.
    private static let powers: [(exponent: Int32, value: Int32)] = [
        (-2, 1_672_461_947), (-1, 1_302_514_674), (0, 790_015_084), (1, 290_630_308), (2, 39_332_535), (3, 720_401),
        (4, 242),
    ]

    /// exp(a) as Q0 for a ≤ 0 with `integerBits` (at least 1): a is split into a multiple of 1/4, whose bits each
    /// multiply by a constant, and a remainder in [−1/4, 0).
    package static func expOfNegative(_ a: Int32, integerBits: Int32) -> Int32 {
        if a == 0 { return .max }
        let fraction = 31 - integerBits
        // Below −32 the result is less than a unit.
        if integerBits > 5, a < -(1 << (fraction + 5)) { return 0 }
        let quarter = Int32(1) << (fraction - 2)
        let remainder = (a & (quarter - 1)) - quarter
        var result = expNearZero(remainder << integerBits)
        let steps = remainder &- a
        for power in powers where integerBits > power.exponent {
            if steps & (1 << (fraction + power.exponent)) != 0 { result = multiply(result, power.value) }
        }
        return result
    }

    /// 1/(1 + a) as Q0 for a in [0, 1) as Q0: three Newton steps from 48/17 − 32/17·d, d = (1 + a)/2.
    package static func reciprocalOfOnePlus(_ a: Int32) -> Int32 {
        let half = Int32((Int64(a) + Int64(Int32.max) + 1) / 2)
        var x = 1_515_870_810 &+ multiply(half, -1_010_580_540)  // Q2
        for _ in 0..<3 {
            let error = (1 << 29) &- multiply(half, x)  // 1 − d·x as Q2
            x = x &+ scale(multiply(x, error), by: 2)  // Q2·Q2 = Q4, back to Q2
        }
        return scale(x, by: 1)  // x/2 as Q0 = Q2 shifted by two, less one
    }
}
