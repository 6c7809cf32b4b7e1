/// The integers that a quantized value may take.
///
/// | constructor | lowest | highest | used for |
/// |---|---|---|---|
/// | `signed(bits:)` | −2^(b−1) | 2^(b−1) − 1 | int8 activations |
/// | `unsigned(bits:)` | 0 | 2^b − 1 | uint8 activations, affine weights |
/// | `symmetric(bits:)` | −(2^(b−1) − 1) | 2^(b−1) − 1 | symmetric weights: int8 never takes −128 |
///
/// Values have 2…8 bits; 16 bits, and 32 where they are signed, exist for the bookkeeping of accumulators and biases.
public struct IntegerRange: Hashable, Sendable, CustomStringConvertible {
    /// Width in bits.
    public let bits: Int
    public let isSigned: Bool
    /// Whether the lowest signed value is left out, so that the range is symmetric around 0.
    public let isNarrow: Bool
    /// Smallest member; 0 or negative.
    public let lowest: Int32
    /// Largest member; positive.
    public let highest: Int32

    private init(bits: Int, isSigned: Bool, isNarrow: Bool) throws(QuantizationError) {
        guard (2...8).contains(bits) || bits == 16 || (bits == 32 && isSigned) else {
            throw .unsupportedBits(bits, isSigned: isSigned)
        }
        (self.bits, self.isSigned, self.isNarrow) = (bits, isSigned, isNarrow)
        let highest = (Int64(1) << (isSigned ? bits - 1 : bits)) - 1
        self.highest = Int32(highest)
        lowest = Int32(isSigned ? -highest - (isNarrow ? 0 : 1) : 0)
    }

    /// [−2^(b−1), 2^(b−1) − 1].
    public static func signed(bits: Int) throws(QuantizationError) -> IntegerRange {
        try IntegerRange(bits: bits, isSigned: true, isNarrow: false)
    }

    /// [0, 2^b − 1].
    public static func unsigned(bits: Int) throws(QuantizationError) -> IntegerRange {
        try IntegerRange(bits: bits, isSigned: false, isNarrow: false)
    }

    /// The restricted range of symmetric weights, [−(2^(b−1) − 1), 2^(b−1) − 1].
    public static func symmetric(bits: Int) throws(QuantizationError) -> IntegerRange {
        try IntegerRange(bits: bits, isSigned: true, isNarrow: true)
    }

    /// int8 activations, [−128, 127].
    public static let int8 = IntegerRange(bits: 8, lowest: -128, highest: 127)
    /// uint8 activations, [0, 255].
    public static let uint8 = IntegerRange(bits: 8, lowest: 0, highest: 255)
    /// Symmetric int8 weights, [−127, 127].
    public static let int8Weights = IntegerRange(bits: 8, lowest: -127, highest: 127)

    /// For the constants above, whose bounds the tests hold against the throwing constructors.
    private init(bits: Int, lowest: Int32, highest: Int32) {
        (self.bits, self.lowest, self.highest) = (bits, lowest, highest)
        (isSigned, isNarrow) = (lowest < 0, lowest == -highest)
    }

    /// Number of steps from the lowest to the highest member.
    public var steps: Int64 { Int64(highest) - Int64(lowest) }

    /// `value` moved to the nearest member.
    @inlinable
    public func clamp(_ value: Int32) -> Int32 { min(max(value, lowest), highest) }

    public var description: String {
        "\(bits)-bit \(isNarrow ? "symmetric" : isSigned ? "signed" : "unsigned") [\(lowest), \(highest)]"
    }
}
