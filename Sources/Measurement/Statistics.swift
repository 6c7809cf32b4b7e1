import Glibc

/// Statistics of timing samples. Nothing here assumes a normal distribution: timings are skewed and have outliers.
/// docs/measuring.md gives the formulas and the reasons.
public enum Statistics {
    /// The value below which the share `p` (0…1) of the samples lies, by linear interpolation between the closest
    /// ranks: h = (n − 1)·p, x[⌊h⌋] + (h − ⌊h⌋)·(x[⌊h⌋+1] − x[⌊h⌋]) (Hyndman and Fan 1996, type 7).
    /// - Parameter sorted: the samples in ascending order; not empty.
    public static func percentile(_ p: Double, ofSorted sorted: [Double]) -> Double {
        precondition(!sorted.isEmpty && p >= 0 && p <= 1, "percentile needs samples and a share from 0 to 1")
        let h = Double(sorted.count - 1) * p
        let lower = Int(h)
        guard lower + 1 < sorted.count else { return sorted[sorted.count - 1] }
        return sorted[lower] + (h - Double(lower)) * (sorted[lower + 1] - sorted[lower])
    }

    /// The middle sample, or the mean of the two middle ones; nil without samples.
    public static func median(_ samples: [Double]) -> Double? {
        samples.isEmpty ? nil : percentile(0.5, ofSorted: samples.sorted())
    }

    /// Median absolute deviation, median(|x − median(x)|), not scaled to a standard deviation; nil without samples.
    public static func mad(_ samples: [Double]) -> Double? {
        guard let center = median(samples) else { return nil }
        return median(samples.map { abs($0 - center) })
    }

    /// The distribution-free interval of the median by order statistics: [x(k), x(n+1−k)] in ascending order, counted
    /// from 1, for the largest k with P(Bin(n, ½) < k) ≤ (1 − confidence)/2. Its coverage is at least `confidence` for
    /// independent samples of any continuous distribution.
    /// - Returns: nil if no such k exists: fewer than 6 samples at 95 %.
    public static func medianInterval(ofSorted sorted: [Double], confidence: Double = 0.95) -> Interval? {
        let k = medianRank(count: sorted.count, confidence: confidence)
        return k >= 1 ? Interval(sorted[k - 1], sorted[sorted.count - k]) : nil
    }

    /// The largest k with P(Bin(n, ½) ≤ k − 1) ≤ (1 − confidence)/2; 0 if there is none.
    package static func medianRank(count n: Int, confidence: Double) -> Int {
        let tail = (1 - confidence) / 2
        // P(i + 1) = P(i)·(n − i)/(i + 1) in logarithms, because 2^−n underflows for n > 1074.
        var logProbability = -Double(n) * log(2.0)
        var cumulative = 0.0
        for i in 0..<n {
            cumulative += exp(logProbability)
            if cumulative > tail { return i }
            logProbability += log(Double(n - i) / Double(i + 1))
        }
        return 0
    }

    /// Wilson's score interval of a share of successes (Wilson 1927), in 0…1. Stays inside 0…1 and is not empty at
    /// either end, unlike p ± z·√(p(1−p)/n).
    /// - Returns: nil if `trials` is 0.
    public static func wilsonInterval(successes: Int, trials: Int) -> Interval? {
        precondition(successes >= 0 && successes <= trials, "successes lie between 0 and the number of trials")
        guard trials > 0 else { return nil }
        let n = Double(trials)
        let p = Double(successes) / n
        let z2 = normalQuantile975 * normalQuantile975
        let center = (p + z2 / (2 * n)) / (1 + z2 / n)
        let half = normalQuantile975 / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot()
        // Rounding may leave the exact ends by one unit in the last place.
        return Interval(successes == 0 ? 0 : center - half, successes == trials ? 1 : center + half)
    }

    /// The interval of a difference of two shares from their own intervals (Newcombe 1998, method 10): d − √((p₁ − l₁)² + (u₂ − p₂)²)
    /// to d + √((u₁ − p₁)² + (p₂ − l₂)²). Its samples are taken to be independent: of two judgements of the same cases, which mostly
    /// agree, the interval is wider than it need be.
    public static func differenceInterval(
        _ first: (value: Double, interval: Interval), _ second: (value: Double, interval: Interval)
    ) -> Interval {
        func hypotenuse(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
        let difference = first.value - second.value
        return Interval(
            difference - hypotenuse(first.value - first.interval.low, second.interval.high - second.value),
            difference + hypotenuse(first.interval.high - first.value, second.value - second.interval.low))
    }

    /// The standard normal distribution's 97.5 % quantile.
    private static let normalQuantile975 = 1.959963984540054
}

/// The numbers a record keeps of one cell's samples, in the samples' unit.
public struct SampleSummary: Sendable, Equatable {
    public let median: Double
    public let mad: Double
    /// 95 % interval of the median; nil with fewer than 6 samples.
    public let interval: Interval?
    public let p5: Double
    public let p95: Double
    public let p99: Double

    /// - Returns: nil without samples.
    public init?(_ samples: [Double]) {
        guard let mad = Statistics.mad(samples) else { return nil }
        let sorted = samples.sorted()
        median = Statistics.percentile(0.5, ofSorted: sorted)
        self.mad = mad
        interval = Statistics.medianInterval(ofSorted: sorted)
        p5 = Statistics.percentile(0.05, ofSorted: sorted)
        p95 = Statistics.percentile(0.95, ofSorted: sorted)
        p99 = Statistics.percentile(0.99, ofSorted: sorted)
    }
}
