/// How often which magnitudes occur among real values, in bounded memory however many values there are.
///
/// Each sign has 4096 bins of one width; bin k counts the magnitudes in [k·w, (k + 1)·w), zeros are counted by themselves.
/// The width w is the power of two at which the largest magnitude so far just fits, so the values fill more than half of
/// the bins. A larger value doubles w and adds up neighbouring bins, which is exact: the result is the same as if w had
/// been known from the start, in whatever order the values came.
public struct Histogram: RangeObserver, Equatable {
    /// Bins of each sign.
    public static let bins = 4096
    /// Binary logarithm of the smallest width: a bin then holds everything up to 2⁻¹⁰⁰.
    private static let smallestExponent = -100

    /// Counts by magnitude; empty before the first value of the sign.
    public private(set) var positive: [Int] = []
    public private(set) var negative: [Int] = []
    public private(set) var zeros = 0
    public private(set) var observed: (minimum: Double, maximum: Double)?
    /// Binary logarithm of the width.
    private var exponent = smallestExponent

    public init() {}

    /// w: real extent of a bin, a power of two.
    public var width: Double { Double(sign: .plus, exponent: exponent, significand: 1) }

    /// Number of values.
    public var count: Int { zeros + positive.reduce(0, +) + negative.reduce(0, +) }

    public mutating func observe(_ values: UnsafeBufferPointer<Float>) throws(QuantizationError) {
        guard let batch = try extremes(of: values) else { return }
        observed = observed.map { (min($0.minimum, batch.minimum), max($0.maximum, batch.maximum)) } ?? batch
        grow(toHold: max(-batch.minimum, batch.maximum))
        if batch.minimum < 0, negative.isEmpty { negative = Array(repeating: 0, count: Self.bins) }
        if batch.maximum > 0, positive.isEmpty { positive = Array(repeating: 0, count: Self.bins) }
        // A product with a power of two is exact, so the bin is, too.
        let perWidth = Float(sign: .plus, exponent: -exponent, significand: 1)
        var zeros = 0
        positive.withUnsafeMutableBufferPointer { positive in
            negative.withUnsafeMutableBufferPointer { negative in
                for value in values {
                    if value > 0 {
                        positive[Int(value * perWidth)] += 1
                    } else if value < 0 {
                        negative[Int(-value * perWidth)] += 1
                    } else {
                        zeros += 1
                    }
                }
            }
        }
        self.zeros += zeros
    }

    /// Counts of magnitudes, whatever their sign; empty if all values were zeros. The last bin is never empty.
    public var magnitudes: [Int] {
        let sums = (0..<Self.bins).map { bin in
            (positive.isEmpty ? 0 : positive[bin]) + (negative.isEmpty ? 0 : negative[bin])
        }
        return Array(sums[..<((sums.lastIndex { $0 > 0 } ?? -1) + 1)])
    }

    /// Doubles the width until `magnitude` has a bin.
    private mutating func grow(toHold magnitude: Double) {
        guard magnitude > 0 else { return }
        // 2^e ≤ magnitude < 2^(e + 1) = bins · width.
        let needed = Int(magnitude.exponent) + 1 - Self.bins.trailingZeroBitCount
        guard needed > exponent else { return }
        let merged = 1 << min(needed - exponent, Self.bins.trailingZeroBitCount)
        for side in [\Histogram.positive, \.negative] where !self[keyPath: side].isEmpty {
            var bins = [Int](repeating: 0, count: Self.bins)
            for (bin, count) in self[keyPath: side].enumerated() { bins[bin / merged] += count }
            self[keyPath: side] = bins
        }
        exponent = needed
    }

    public static func == (a: Histogram, b: Histogram) -> Bool {
        a.positive == b.positive && a.negative == b.negative && a.zeros == b.zeros && a.exponent == b.exponent
            && a.observed?.minimum == b.observed?.minimum && a.observed?.maximum == b.observed?.maximum
    }
}
