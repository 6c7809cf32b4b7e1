internal import Glibc

/// How the range of an activation tensor follows from the values that it took on calibration images.
///
/// Each but the first clips: values whose magnitude exceeds a bound T go to the ends, so that the others are represented more
/// finely. The range is [max(minimum, −T), min(maximum, T)], and contains 0.
public enum RangeMethod: Hashable, Sendable {
    /// From the smallest to the largest value.
    case minMax
    /// T exceeds this many percent of the magnitudes, 50 up to, not including, 100.
    case percentile(Double)
    /// T with the smallest mean squared error of quantization.
    case meanSquaredError
    /// T whose quantized distribution has the smallest Kullback-Leibler divergence from the true one (S. Migacz, "8-bit
    /// inference with TensorRT", GTC 2017).
    case entropy
}

extension Histogram {
    /// The range by this method for an affine mapping onto `range`; at most the observed one.
    ///
    /// - Throws: `nothingObserved`, or `invalidPercentile`.
    public func range(
        _ method: RangeMethod, onto range: IntegerRange
    ) throws(QuantizationError) -> (minimum: Double, maximum: Double) {
        guard let observed else { throw .nothingObserved }
        switch method {
        case .minMax: return observed
        case .percentile(let percent): return clipped(to: try percentile(percent))
        case .meanSquaredError: return clipped(to: try leastErrorBound(onto: range))
        // As published, the levels are those of a signed integer's one side.
        case .entropy: return clipped(to: leastDivergenceBound(levels: 1 << (range.bits - 1)))
        }
    }

    private func clipped(to bound: Double) -> (minimum: Double, maximum: Double) {
        let observed = observed ?? (0, 0)
        return (max(min(observed.minimum, 0), -bound), min(max(observed.maximum, 0), bound))
    }

    // MARK: Percentile

    /// The upper edge of the bin that holds the magnitude of rank ⌈percent/100 · count⌉, zeros included: the bound exceeds
    /// that magnitude by at most a bin's width.
    ///
    /// - Throws: `invalidPercentile` outside 50 ..< 100.
    public func percentile(_ percent: Double) throws(QuantizationError) -> Double {
        guard (50..<100).contains(percent) else { throw .invalidPercentile(percent) }
        let rank = Int((Double(count) * percent / 100).rounded(.up))
        var below = zeros
        for (bin, count) in magnitudes.enumerated() {
            if below >= rank { return Double(bin) * width }
            below += count
        }
        return .infinity
    }

    // MARK: Mean squared error

    /// Candidates of the search, evenly spread up to the largest magnitude.
    private static let candidates = 512

    /// The bound, among bin edges, with the least squared error of an affine quantization onto `range`. Values count at the
    /// middle of their bin.
    ///
    /// - Throws: what `QuantizationParameters.affine` refuses.
    public func leastErrorBound(onto range: IntegerRange) throws(QuantizationError) -> Double {
        let used = magnitudes.count
        let points = points
        var best = (bound: Double.infinity, error: Double.infinity)
        for candidate in (1...Self.candidates).reversed() {
            let edge = (used * candidate + Self.candidates - 1) / Self.candidates
            let bound = Double(edge) * width
            let (low, high) = clipped(to: bound)
            let error = squaredError(of: points, try .affine(minimum: low, maximum: high, range: range))
            if error < best.error { best = (bound, error) }
        }
        return best.bound
    }

    /// Occupied bins as values and how often they occur. Zeros have no error, since 0 is always represented exactly.
    private var points: [(value: Double, count: Double)] {
        let observed = observed ?? (0, 0)
        var points: [(value: Double, count: Double)] = []
        for (bins, sign) in [(positive, 1.0), (negative, -1.0)] {
            for (bin, count) in bins.enumerated() where count > 0 {
                let middle = sign * (Double(bin) + 0.5) * width
                points.append((min(max(middle, observed.minimum), observed.maximum), Double(count)))
            }
        }
        return points
    }

    /// Σ count · (x − S(q(x) − Z))².
    private func squaredError(
        of points: [(value: Double, count: Double)], _ parameters: QuantizationParameters
    ) -> Double {
        let (perScale, scale) = (1 / parameters.scale, parameters.scale)
        // Counted from the lowest integer, so that truncation rounds.
        let zero = Double(parameters.zeroPoint) - Double(parameters.range.lowest)
        let highest = Double(parameters.range.steps)
        var sum = 0.0
        for (value, count) in points {
            let position = min(max(value * perScale + zero, 0), highest)
            let error = (Double(Int(position + 0.5)) - zero) * scale - value
            sum += count * error * error
        }
        return sum
    }

    // MARK: Entropy

    /// The bound, among bin edges, at which the magnitudes lose the least information when they are told apart by `levels`
    /// levels only.
    ///
    /// For each candidate of i bins, P is the histogram of those bins with everything beyond added to the last; Q spreads the
    /// count of each of `levels` runs of bins evenly over the run's occupied bins. The candidate with the smallest
    /// Σ P ln(P/Q) wins, the larger one of equals. Where the last bin is empty, Q = 0 < P: not a candidate. Zeros are left out:
    /// they are represented exactly at every bound, and with half of a rectified tensor in the first bin the divergence would
    /// say little of the rest.
    public func leastDivergenceBound(levels: Int) -> Double {
        let counts = magnitudes
        guard counts.count > levels else { return .infinity }
        // Sums over the first k bins: of counts c, of c·ln c, and how many are occupied.
        var sums = [(count: 0.0, entropy: 0.0, occupied: 0)]
        for count in counts {
            let (c, last) = (Double(count), sums[sums.count - 1])
            sums.append((last.count + c, last.entropy + xLogX(c), last.occupied + (count > 0 ? 1 : 0)))
        }
        let total = sums[counts.count].count
        var best = (bins: counts.count, divergence: Double.infinity)
        for bins in (levels...counts.count).reversed() where counts[bins - 1] > 0 {
            let outliers = total - sums[bins].count
            let last = Double(counts[bins - 1])
            // Σ P ln P, times the total, but for its constant −ln total.
            var divergence = sums[bins].entropy - xLogX(last) + xLogX(last + outliers)
            for level in 0..<levels {
                let (from, to) = (level * bins / levels, (level + 1) * bins / levels)
                let count = sums[to].count - sums[from].count
                guard count > 0 else { continue }
                let share = count / Double(sums[to].occupied - sums[from].occupied)
                divergence -= (count + (level == levels - 1 ? outliers : 0)) * log(share)
            }
            divergence = divergence / total + log(sums[bins].count) - log(total)
            if divergence < best.divergence { best = (bins, divergence) }
        }
        return Double(best.bins) * width
    }
}

private func xLogX(_ x: Double) -> Double { x > 0 ? x * log(x) : 0 }
