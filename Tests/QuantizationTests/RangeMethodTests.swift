import Foundation
import Quantization
import Testing

/// Ranges by percentile, squared error and entropy, each against a slow computation of its own.
@Suite struct RangeMethodTests {
    private static func sample(_ seed: UInt64) -> [Float] {
        HistogramTests.sample(seed, rectified: seed % 2 == 0, outliers: seed % 3 != 0)
    }

    private static func histogram(_ values: [Float]) throws -> Histogram {
        var histogram = Histogram()
        try histogram.observe(values)
        return histogram
    }

    // MARK: Percentile

    @Test func percentileByHand() throws {
        // A hundred values: 0.5, 1.5, … 49.5 and 50 zeros. Rank 90 is 39.5.
        let values = (0..<50).map { Float($0) + 0.5 } + [Float](repeating: 0, count: 50)
        let histogram = try Self.histogram(values)
        #expect(try histogram.percentile(90) == 39.5 + histogram.width)
        #expect(try histogram.percentile(50) == 0)
        #expect(try histogram.range(.percentile(90), onto: .uint8) == (0, 39.5 + histogram.width))
        // Beyond the last rank nothing is cut.
        #expect(try histogram.range(.percentile(99.5), onto: .uint8).maximum == 49.5)
        // Of both signs, the smaller side stays whole.
        let both = try Self.histogram(values + [-3])
        #expect(try both.range(.percentile(90), onto: .uint8).minimum == -3)
        #expect(try both.range(.percentile(52), onto: .uint8).minimum == -both.percentile(52))
    }

    @Test(arguments: 1...6, [99, 99.9, 99.99]) func percentileAgainstSorting(seed: UInt64, percent: Double) throws {
        let values = Self.sample(seed)
        let histogram = try Self.histogram(values)
        let sorted = values.map { abs(Double($0)) }.sorted()
        let ranked = sorted[Int((Double(values.count) * percent / 100).rounded(.up)) - 1]
        let bound = try histogram.percentile(percent)
        if bound.isFinite {
            #expect(bound - histogram.width <= ranked && ranked < bound)
        } else {
            #expect(ranked > sorted.last! - histogram.width)
        }
    }

    // MARK: Mean squared error

    private static func meanSquaredError(_ values: [Float], bound: Double, _ range: IntegerRange) throws -> Double {
        let (low, high) = (Double(values.min()!), Double(values.max()!))
        let parameters = try QuantizationParameters.affine(
            minimum: max(low, -bound), maximum: min(high, bound), range: range)
        return values.reduce(0) { $0 + pow(Double(parameters.fakeQuantize($1) - $1), 2) } / Double(values.count)
    }

    /// On the samples themselves, no bound is better by more than the histogram blurs.
    @Test(arguments: 1...6, [8, 4, 3]) func squaredErrorAgainstBruteForce(seed: UInt64, bits: Int) throws {
        let values = Self.sample(seed)
        let range = try bits == 3 ? IntegerRange.signed(bits: bits) : .unsigned(bits: bits)
        let bound = try Self.histogram(values).leastErrorBound(onto: range)
        let found = try Self.meanSquaredError(values, bound: bound, range)
        let largest = Double(values.map(abs).max()!)
        let best = try (1...200).map { try Self.meanSquaredError(values, bound: largest * Double($0) / 200, range) }
            .min()!
        #expect(found <= 1.02 * best, "found \(found), best \(best)")
        #expect(try found <= Self.meanSquaredError(values, bound: .infinity, range) * 1.001)
    }

    /// 1000 values at 1 and one at 10 on the four points 0, T/3, 2T/3, T: the error 1000·(T/3 − 1)² + (10 − T)² is least at
    /// T = (10 + 1000/3)/(1 + 1000/9) = 3.0624.
    @Test func squaredErrorByHand() throws {
        let histogram = try Self.histogram([Float](repeating: 1, count: 1000) + [10])
        let bound = try histogram.leastErrorBound(onto: .unsigned(bits: 2))
        #expect(abs(bound - 3.0624) <= 10.0 / 512)
        // With 255 steps, hardly anything needs clipping.
        #expect(try histogram.range(.meanSquaredError, onto: .uint8).maximum > 9.7)
    }

    // MARK: Entropy

    /// As published, straight from the definition: P and Q as arrays, for each candidate anew.
    private static func divergence(_ counts: [Int], bins: Int, levels: Int) -> Double {
        var p = counts[..<bins].map(Double.init)
        p[bins - 1] += Double(counts[bins...].reduce(0, +))
        var q = [Double](repeating: 0, count: bins)
        for level in 0..<levels {
            let run = level * bins / levels..<(level + 1) * bins / levels
            let occupied = run.filter { counts[$0] > 0 }
            let total = run.reduce(0) { $0 + counts[$1] }
            for bin in occupied { q[bin] = Double(total) / Double(occupied.count) }
        }
        let (sumP, sumQ) = (p.reduce(0, +), q.reduce(0, +))
        var divergence = 0.0
        for bin in 0..<bins where p[bin] > 0 {
            guard q[bin] > 0 else { return .infinity }
            divergence += p[bin] / sumP * log(p[bin] / sumP / (q[bin] / sumQ))
        }
        return divergence
    }

    @Test(arguments: 1...4, [128, 8]) func entropyAgainstTheDefinition(seed: UInt64, levels: Int) throws {
        let histogram = try Self.histogram(Self.sample(seed))
        let counts = histogram.magnitudes
        let bins = Int(histogram.leastDivergenceBound(levels: levels) / histogram.width)
        let found = Self.divergence(counts, bins: bins, levels: levels)
        // Every candidate in steps, and the neighbours of the one that was found.
        let candidates =
            Array(stride(from: levels, to: counts.count, by: 7)) + [counts.count]
            + (max(levels, bins - 40)..<min(counts.count, bins + 40))
        for candidate in candidates {
            let other = Self.divergence(counts, bins: candidate, levels: levels)
            #expect(found <= other + 1e-9, "\(candidate) bins diverge by \(other), \(bins) by \(found)")
        }
    }

    @Test func entropyCutsWhatHardlyOccurs() throws {
        let plain = HistogramTests.sample(5, rectified: true, outliers: false)
        let bound = try Self.histogram(plain + [40]).range(.entropy, onto: .uint8).maximum
        #expect(bound < 8, "one value of 20,000 stretched the range tenfold")
        // More zeros change nothing: they are exact.
        let zeros = [Float](repeating: 0, count: 100_000)
        #expect(try Self.histogram(plain + [40] + zeros).range(.entropy, onto: .uint8).maximum == bound)
    }

    /// No more magnitudes than levels: nothing to merge.
    @Test func entropyKeepsFewBins() throws {
        var histogram = Histogram()
        try histogram.observe([Float](repeating: 1, count: 10))
        #expect(histogram.leastDivergenceBound(levels: 4096) == .infinity)
        #expect(try histogram.range(.entropy, onto: .uint8) == (0, 1))
    }
}
