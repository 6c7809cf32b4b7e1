/// A real multiplier M ≥ 0 as an integer and a power of two: M = significand · 2^(shift − 31), 30 bits or more exact.
///
/// Requantization multiplies accumulators by M = S₁S₂/S₃, the only constant of the integer-only product that is no integer
/// (Jacob et al. 2017, eq. 5–6). M may exceed 1.
public struct FixedPointMultiplier: Hashable, Sendable {
    /// In [2³⁰, 2³¹), or 0.
    public let significand: Int32
    /// −31…30; positive shifts go left.
    public let shift: Int32
    /// M rounded to float32, which the mode `fp32` multiplies by.
    public let single: Float

    /// TFLite's QuantizeMultiplier: (q, shift) = frexp(M), significand = round(q·2³¹), half away from zero. Where that
    /// gives 2³¹, it is halved and the shift raised; below 2⁻³² every accumulator would round to 0, and M becomes 0.
    ///
    /// - Throws: `invalidMultiplier` for a negative M, one that is not finite, and one that needs a shift above 30.
    public init(_ real: Double) throws(QuantizationError) {
        guard real.isFinite, real >= 0 else { throw .invalidMultiplier(real) }
        single = Float(real)
        guard real > 0 else {
            (significand, shift) = (0, 0)
            return
        }
        // frexp: real = (significand/2) · 2^(exponent + 1), with significand/2 in [0.5, 1).
        var mantissa = Int64((real.significand * 0x1p30).rounded(.toNearestOrAwayFromZero))
        var exponent = Int(real.exponent) + 1
        if mantissa == 1 << 31 {
            mantissa /= 2
            exponent += 1
        }
        guard exponent <= 30 else { throw .invalidMultiplier(real) }
        if exponent < -31 { (mantissa, exponent) = (0, 0) }
        (significand, shift) = (Int32(mantissa), Int32(exponent))
    }

    /// M·x, rounded as `mode` says and saturated to int32.
    @inlinable
    public func apply(_ x: Int32, _ mode: RoundingMode) -> Int32 {
        switch mode {
        case .gemmlowp: gemmlowp(x)
        case .single: singleRounding(x)
        case .ruy: ruy(x)
        case .fp32: float32(x)
        }
    }

    /// SRDHM(x·2^left, m): a left shift that leaves int32 saturates before the product.
    @inlinable
    func highProduct(_ x: Int32) -> Int32 {
        let shifted = shift > 0 ? saturatingToInt32(Int64(x) << Int64(shift)) : x
        return saturatingRoundingDoublingHighMultiply(shifted, significand)
    }

    /// RDBPOT(SRDHM(x·2^max(shift, 0), m), max(−shift, 0)).
    @inlinable
    func gemmlowp(_ x: Int32) -> Int32 {
        roundingDivideByPowerOfTwo(highProduct(x), max(-shift, 0))
    }

    /// (SRDHM(x·2^max(shift, 0), m) + 2^(e−1)) >> e with e = max(−shift, 0).
    @inlinable
    func ruy(_ x: Int32) -> Int32 {
        let right = Int64(max(-shift, 0))
        let half: Int64 = right == 0 ? 0 : 1 << (right - 1)
        return Int32(truncatingIfNeeded: (Int64(highProduct(x)) &+ half) >> right)
    }

    /// (x·m + 2^(30−shift)) >> (31 − shift). |x·m| < 2⁶² and the shift is at most 62, so nothing leaves int64.
    @inlinable
    func singleRounding(_ x: Int32) -> Int32 {
        let half = Int64(1) << Int64(30 - shift)
        return saturatingToInt32((Int64(x) &* Int64(significand) &+ half) >> Int64(31 - shift))
    }

    /// round-half-even(float32(x) · float32(M)). M is below 2³⁰ and finite, so the product is never NaN.
    @inlinable
    func float32(_ x: Int32) -> Int32 {
        let product = (Float(x) * single).rounded(.toNearestOrEven)
        // 2³¹ is the first float above Int32.max; −2³¹ is Int32.min itself.
        if product >= 0x1p31 { return .max }
        if product <= -0x1p31 { return .min }
        return Int32(product)
    }
}
