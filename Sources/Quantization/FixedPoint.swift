// The two primitives of gemmlowp's fixed-point arithmetic, from which the rounding modes are built.

/// round(a·b / 2³¹), ties towards +∞: the product of two numbers in [−1, 1) that are written as int32 (Q31).
///
/// gemmlowp states it as trunc((ab + nudge)/2³¹) with nudge = 2³⁰ for ab ≥ 0 and 1 − 2³⁰ otherwise, which is the floor
/// computed here: for ab < 0, trunc((ab + 1 − 2³⁰)/2³¹) = ⌊(ab + 2³⁰)/2³¹⌋. Only (−1)·(−1) = 1 does not fit and saturates.
@inlinable
public func saturatingRoundingDoublingHighMultiply(_ a: Int32, _ b: Int32) -> Int32 {
    if a == .min && b == .min { return .max }
    // |ab| ≤ 2⁶², so neither the product nor the sum leaves int64; the quotient fits in int32.
    return Int32(truncatingIfNeeded: (Int64(a) &* Int64(b) &+ (1 << 30)) >> 31)
}

/// round(x / 2^exponent), ties away from zero: −12 / 2³ gives −2, where a plain rounding shift gives −1. A bias upwards
/// of every tie costs accuracy (Jacob et al. 2017, appendix B).
///
/// - Parameter exponent: 0…31.
@inlinable
public func roundingDivideByPowerOfTwo(_ x: Int32, _ exponent: Int32) -> Int32 {
    let mask = Int32(truncatingIfNeeded: (Int64(1) << Int64(exponent)) &- 1)
    let remainder = x & mask
    let threshold = (mask >> 1) &+ (x < 0 ? 1 : 0)
    return (x >> exponent) &+ (remainder > threshold ? 1 : 0)
}

/// `value` moved to the nearest int32.
@inlinable
public func saturatingToInt32(_ value: Int64) -> Int32 {
    Int32(truncatingIfNeeded: min(max(value, Int64(Int32.min)), Int64(Int32.max)))
}
