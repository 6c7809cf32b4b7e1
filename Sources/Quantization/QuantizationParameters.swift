/// Scale and zero point of the mapping r = S(q − Z) between a real r and an integer q
/// (Jacob et al. 2017, arXiv:1712.05877, eq. 1).
public struct QuantizationParameters: Hashable, Sendable {
    /// S: the real distance of two neighbouring integers; finite and positive.
    public let scale: Double
    /// Z: the integer that stands for real 0, a member of `range`.
    public let zeroPoint: Int32
    /// The integers that q is clipped to.
    public let range: IntegerRange

    /// Parameters that are known already, as from a file.
    ///
    /// - Throws: `invalidParameters` where `scale` is not finite and positive or the zero point lies outside `range`.
    public init(scale: Double, zeroPoint: Int32, range: IntegerRange) throws(QuantizationError) {
        guard scale.isFinite, scale > 0, range.clamp(zeroPoint) == zeroPoint else {
            throw .invalidParameters(scale: scale, zeroPoint: zeroPoint, range: range)
        }
        (self.scale, self.zeroPoint, self.range) = (scale, zeroPoint, range)
    }

    private init(validScale scale: Double, zeroPoint: Int32, range: IntegerRange) {
        (self.scale, self.zeroPoint, self.range) = (scale, zeroPoint, range)
    }

    /// Maps [minimum, maximum] affinely onto `range`: S = (β − α)/(βq − αq), Z = round(αq − α/S).
    ///
    /// The range is first widened to contain 0, and rounding Z nudges it by at most S/2, so that real 0 is exact: zero
    /// padding must not add an error. A range of zeros alone, or one too small for a normal scale, gets S = 1: every
    /// member of it is then represented by Z.
    ///
    /// - Throws: `invalidRealRange` where an end is not finite or the ends are out of order.
    public static func affine(
        minimum: Double, maximum: Double, range: IntegerRange
    ) throws(QuantizationError) -> QuantizationParameters {
        guard minimum.isFinite, maximum.isFinite, minimum <= maximum, (maximum - minimum).isFinite else {
            throw .invalidRealRange(minimum: minimum, maximum: maximum)
        }
        let (low, high) = (min(minimum, 0), max(maximum, 0))
        let scale = (high - low) / Double(range.steps)
        guard scale.isNormal else {
            return QuantizationParameters(validScale: 1, zeroPoint: range.clamp(0), range: range)
        }
        let zero = (Double(range.lowest) - low / scale).rounded(.toNearestOrAwayFromZero)
        let zeroPoint = Int32(min(max(zero, Double(range.lowest)), Double(range.highest)))
        return QuantizationParameters(validScale: scale, zeroPoint: zeroPoint, range: range)
    }

    /// Maps [−m, m] symmetrically: S = m / βq, Z = 0. With m = 0, or too small for a normal scale, S = 1.
    ///
    /// - Throws: `invalidRealRange` where `maximumMagnitude` is negative or not finite.
    public static func symmetric(
        maximumMagnitude: Double, range: IntegerRange
    ) throws(QuantizationError) -> QuantizationParameters {
        guard maximumMagnitude.isFinite, maximumMagnitude >= 0 else {
            throw .invalidRealRange(minimum: -maximumMagnitude, maximum: maximumMagnitude)
        }
        let scale = maximumMagnitude / Double(range.highest)
        return QuantizationParameters(validScale: scale.isNormal ? scale : 1, zeroPoint: 0, range: range)
    }

    /// What to do with a real that lies midway between two integers.
    public enum TieRule: Sendable, CaseIterable {
        /// As the paper and TFLite do.
        case awayFromZero
        /// As ONNX's QuantizeLinear does.
        case toEven

        @inlinable
        func round(_ value: Double) -> Double {
            switch self {
            case .awayFromZero: value.rounded(.toNearestOrAwayFromZero)
            case .toEven: value.rounded(.toNearestOrEven)
            }
        }
    }

    /// q = clip(round(r/S) + Z). Infinities go to the ends; NaN, which stands for no number, to Z.
    @inlinable
    public func quantize(_ real: Float, ties: TieRule = .awayFromZero) -> Int32 {
        let integer = ties.round(Double(real) / scale) + Double(zeroPoint)
        if integer.isNaN { return zeroPoint }
        return Int32(min(max(integer, Double(range.lowest)), Double(range.highest)))
    }

    /// r = S(q − Z).
    @inlinable
    public func dequantize(_ integer: Int32) -> Float {
        Float(scale * (Double(integer) - Double(zeroPoint)))
    }

    /// The nearest representable real: `dequantize(quantize(real))`, eq. 12 of the paper.
    @inlinable
    public func fakeQuantize(_ real: Float, ties: TieRule = .awayFromZero) -> Float {
        dequantize(quantize(real, ties: ties))
    }

    /// The smallest and largest representable real.
    public var realRange: (minimum: Float, maximum: Float) { (dequantize(range.lowest), dequantize(range.highest)) }

    /// The sub-interval of `range` that a fused activation function clamps its output to.
    ///
    /// | activation | bounds | result |
    /// |---|---|---|
    /// | none | −∞, ∞ | qmin, qmax |
    /// | ReLU | 0, ∞ | max(qmin, Q(0)), qmax |
    /// | ReLU6 | 0, 6 | max(qmin, Q(0)), min(qmax, Q(6)) |
    public func clampBounds(activationLower: Float, activationUpper: Float) -> (Int32, Int32) {
        (quantize(activationLower), quantize(activationUpper))
    }
}
