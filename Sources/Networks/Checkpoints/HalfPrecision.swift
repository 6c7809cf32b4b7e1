/// IEEE 754 binary16, by its bits: 1 sign, 5 exponent (bias 15), 10 fraction. Swift's Float16 is missing on some
/// platforms, and hardware conversion may flush small values.
enum HalfPrecision {
    /// The value of the bits; every half has an exact float.
    static func float(_ bits: UInt16) -> Float {
        let sign: FloatingPointSign = bits >> 15 == 0 ? .plus : .minus
        let exponent = Int(bits >> 10 & 0x1f)
        let fraction = Float(bits & 0x3ff)
        let magnitude: Float =
            switch exponent {
            // Subnormal: fraction · 2⁻²⁴.
            case 0: fraction * 0x1p-24
            case 0x1f: fraction == 0 ? .infinity : .nan
            // (1024 + fraction) · 2^(exponent − 25)
            default: Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
            }
        return Float(signOf: sign == .plus ? 1 : -1, magnitudeOf: magnitude)
    }

    /// The nearest half, ties to even; infinity from 65520 on.
    static func bits(_ value: Float) -> UInt16 {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        guard !value.isNaN else { return sign | 0x7e00 }
        let magnitude = value.magnitude
        guard magnitude < 65520 else { return sign | 0x7c00 }
        // Distance between halves at this magnitude: 2^(e − 10), and 2⁻²⁴ below the smallest normal, 2⁻¹⁴.
        let exponent = magnitude < 0x1p-14 ? -14 : Int(magnitude.exponent)
        // Exact: a scaling by a power of two, of at most 2048 after rounding.
        let steps = Float(sign: .plus, exponent: 10 - exponent, significand: magnitude).rounded(.toNearestOrEven)
        // A normal number counts its steps from 1024; 2048 carries into the next exponent.
        return sign | (UInt16(exponent + 14) << 10 + UInt16(steps))
    }
}
