/// What this target refuses. Each description is the complete message: what is wrong, and what would be right.
public enum QuantizationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No integer range has this width.
    case unsupportedBits(Int, isSigned: Bool)
    /// A real range whose ends are not finite, or stand in the wrong order.
    case invalidRealRange(minimum: Double, maximum: Double)
    /// A scale that is not finite and positive, or a zero point outside the range.
    case invalidParameters(scale: Double, zeroPoint: Int32, range: IntegerRange)
    /// A value that is NaN or infinite, at this index of what was passed.
    case notFinite(value: Float, index: Int)
    /// An observer was asked for parameters before it saw a value.
    case nothingObserved
    /// A symmetric mapping onto unsigned integers would cut the negative values off.
    case negativeValuesInUnsignedRange(minimum: Double)
    /// Smoothing outside 0 ..< 1.
    case invalidSmoothing(Double)
    /// A percentile outside 50 ..< 100.
    case invalidPercentile(Double)
    /// Weights that do not divide into this many channels.
    case channelsDoNotDivide(count: Int, channels: Int)
    /// Per-group weights: the integer operators have one scale per sum.
    case unsupportedGroups(Int)
    /// A multiplier that is negative, not finite, or 2³⁰ and more.
    case invalidMultiplier(Double)
    /// A sum of products that could leave int32.
    case accumulatorOverflow(depth: Int, largestSafeDepth: Int, activations: IntegerRange, weights: IntegerRange)

    public var description: String {
        switch self {
        case .unsupportedBits(let bits, let isSigned):
            "\(bits) bits: \(isSigned ? "signed" : "unsigned") integers here have 2 to 8 bits"
                + (isSigned ? ", 16 or 32" : ", or 16")
        case .invalidRealRange(let minimum, let maximum):
            "the real range \(minimum) … \(maximum) cannot be quantized: both ends must be finite and in order"
        case .invalidParameters(let scale, let zeroPoint, let range):
            "scale \(scale) and zero point \(zeroPoint) do not map onto \(range): the scale must be finite and positive, "
                + "the zero point a member of the range"
        case .notFinite(let value, let index):
            "value \(index) is \(value): only finite values can be quantized"
        case .nothingObserved:
            "no value was observed: calibrate with at least one image before asking for parameters"
        case .negativeValuesInUnsignedRange(let minimum):
            "a symmetric mapping onto unsigned integers would cut off values down to \(minimum): "
                + "use a signed range or the affine mapping"
        case .invalidSmoothing(let smoothing):
            "smoothing \(smoothing): the moving average takes 0 up to, not including, 1"
        case .invalidPercentile(let percent):
            "percentile \(percent): it takes 50 up to, not including, 100; min-max is the method without clipping"
        case .channelsDoNotDivide(let count, let channels):
            "\(count) weights do not divide into \(channels) channels of equal size"
        case .unsupportedGroups(let size):
            "weights in groups of \(size) need one scale per group inside the sum, which the integer operators do not have: "
                + "quantize per tensor or per channel"
        case .invalidMultiplier(let real):
            "the requantization multiplier \(real) is out of bounds: it must be finite, at least 0 and less than 2^30"
        case .accumulatorOverflow(let depth, let largest, let activations, let weights):
            "the layer would overflow its int32 accumulator: \(depth) products of \(activations) activations and "
                + "\(weights) weights; the largest safe depth is \(largest)"
        }
    }
}
