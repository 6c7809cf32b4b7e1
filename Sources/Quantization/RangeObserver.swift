/// Watches the values of an activation tensor during calibration or training and says what range they need.
public protocol RangeObserver: Sendable {
    /// The range so far; nil before the first value.
    var observed: (minimum: Double, maximum: Double)? { get }

    /// Takes in one batch of values; an empty batch changes nothing.
    ///
    /// - Throws: `notFinite` with the index of the first NaN or infinity; the observer then keeps its earlier state.
    mutating func observe(_ values: UnsafeBufferPointer<Float>) throws(QuantizationError)
}

extension RangeObserver {
    public mutating func observe(_ values: [Float]) throws(QuantizationError) {
        try values.withUnsafeBufferPointer { (buffer) throws(QuantizationError) in try observe(buffer) }
    }

    /// The parameters for what was observed.
    ///
    /// - Throws: `nothingObserved`, or what the mapping refuses.
    public func parameters(range: IntegerRange, mapping: Mapping) throws(QuantizationError) -> QuantizationParameters {
        guard let observed else { throw .nothingObserved }
        return try .spanning(minimum: observed.minimum, maximum: observed.maximum, range: range, mapping: mapping)
    }
}

/// The smallest and largest value of all batches: the usual choice after training.
public struct MinMaxObserver: RangeObserver {
    public private(set) var observed: (minimum: Double, maximum: Double)?

    public init() {}

    public mutating func observe(_ values: UnsafeBufferPointer<Float>) throws(QuantizationError) {
        guard let batch = try extremes(of: values) else { return }
        observed = observed.map { (min($0.minimum, batch.minimum), max($0.maximum, batch.maximum)) } ?? batch
    }
}

/// Exponential moving averages of each batch's minimum and maximum: a ← s·a + (1 − s)·batch, starting with the first
/// batch. The choice during training, with s close to 1 (Jacob et al. 2017, §3.1).
public struct MovingAverageObserver: RangeObserver {
    /// s, in 0 ..< 1.
    public let smoothing: Double
    public private(set) var observed: (minimum: Double, maximum: Double)?

    /// - Throws: `invalidSmoothing`.
    public init(smoothing: Double) throws(QuantizationError) {
        guard (0..<1).contains(smoothing) else { throw .invalidSmoothing(smoothing) }
        self.smoothing = smoothing
    }

    public mutating func observe(_ values: UnsafeBufferPointer<Float>) throws(QuantizationError) {
        guard let batch = try extremes(of: values) else { return }
        let s = smoothing
        observed =
            observed.map {
                (s * $0.minimum + (1 - s) * batch.minimum, s * $0.maximum + (1 - s) * batch.maximum)
            } ?? batch
    }
}

/// Smallest and largest of finite values; nil when there are none.
func extremes(
    of values: UnsafeBufferPointer<Float>
) throws(QuantizationError) -> (minimum: Double, maximum: Double)? {
    guard var low = values.first else { return nil }
    var high = low
    // NaN fails both comparisons, so finiteness is judged by x − x == 0, which neither NaN nor infinity satisfies.
    var finite = true
    for value in values {
        finite = finite && value - value == 0
        low = value < low ? value : low
        high = value > high ? value : high
    }
    guard finite else {
        for (index, value) in values.enumerated() where !value.isFinite {
            throw .notFinite(value: value, index: index)
        }
        return nil
    }
    return (Double(low), Double(high))
}
