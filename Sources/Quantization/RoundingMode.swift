/// How an int32 accumulator is scaled by M to the output's scale: an axis of its own, because engines differ.
/// docs/quantization.md has a table of values on which the four disagree.
public enum RoundingMode: String, CaseIterable, Codable, Sendable {
    /// Round to Q31, then divide by a power of two with ties away from zero: the paper, and TFLite's reference convolution.
    case gemmlowp
    /// One rounding of the exact product, ties towards +∞: TFLite's single rounding.
    case single
    /// Round to Q31, then shift right with ties towards +∞: TFLite's optimised kernels.
    case ruy
    /// float32 product, rounded half to even: XNNPACK. Not integer-only.
    case fp32
}
