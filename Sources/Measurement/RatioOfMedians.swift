/// A ratio of two medians with its 95 % bootstrap interval.
public struct RatioEstimate: Sendable, Equatable {
    public let value: Double
    public let interval: Interval
}

extension Statistics {
    /// median(numerator) / median(denominator) of two cells that were sampled in the same rounds.
    ///
    /// The interval is the 2.5 % and 97.5 % percentile of the ratio over `resamples` bootstrap resamples. Sample i of
    /// both cells stems from round i, so rounds are drawn in pairs: what slowed a whole round slows both sides and
    /// cancels. Where one cell has more rounds than the other, its further samples are drawn among themselves, as many
    /// as there are.
    /// - Returns: nil if either side has fewer than 6 samples (no 95 % interval of its median exists then either) or
    ///   holds a value that is not a positive, finite number.
    public static func ratioOfMedians(
        numerator: [Double], denominator: [Double], resamples: Int = 1000, seed: UInt64 = 1
    ) -> RatioEstimate? {
        let usable = { (samples: [Double]) in samples.count >= 6 && samples.allSatisfy { $0 > 0 && $0.isFinite } }
        guard usable(numerator), usable(denominator), resamples > 0,
            let top = median(numerator), let bottom = median(denominator)
        else { return nil }

        let paired = min(numerator.count, denominator.count)
        var generator = SeededGenerator(seed: seed)
        var over = RankedResample(numerator)
        var under = RankedResample(denominator)
        var ratios: [Double] = []
        ratios.reserveCapacity(resamples)
        for _ in 0..<resamples {
            over.reset()
            under.reset()
            for _ in 0..<paired {
                let round = Int.random(in: 0..<paired, using: &generator)
                over.draw(round)
                under.draw(round)
            }
            over.drawRest(from: paired, using: &generator)
            under.drawRest(from: paired, using: &generator)
            ratios.append(over.median / under.median)
        }
        ratios.sort()
        let interval = Interval(percentile(0.025, ofSorted: ratios), percentile(0.975, ofSorted: ratios))
        return RatioEstimate(value: top / bottom, interval: interval)
    }
}

/// A bootstrap resample kept as a count per rank: its median is found by one scan, without sorting each resample.
private struct RankedResample {
    private let sorted: [Double]
    /// rank[i] is the place of sample i in `sorted`.
    private let rank: [Int]
    private var counts: [Int]

    init(_ samples: [Double]) {
        let order = samples.indices.sorted { samples[$0] < samples[$1] }
        var rank = [Int](repeating: 0, count: samples.count)
        for (place, index) in order.enumerated() { rank[index] = place }
        self.rank = rank
        sorted = order.map { samples[$0] }
        counts = [Int](repeating: 0, count: samples.count)
    }

    mutating func reset() {
        for i in counts.indices { counts[i] = 0 }
    }

    mutating func draw(_ index: Int) {
        counts[rank[index]] += 1
    }

    mutating func drawRest(from first: Int, using generator: inout SeededGenerator) {
        for _ in first..<rank.count { draw(Int.random(in: first..<rank.count, using: &generator)) }
    }

    /// Median of as many draws as there are samples.
    var median: Double {
        let n = rank.count
        var seen = 0
        var lower = 0.0
        for i in counts.indices where counts[i] > 0 {
            let before = seen
            seen += counts[i]
            // 0-based positions (n−1)/2 and n/2 are the two middle draws; the same one if n is odd.
            if before <= (n - 1) / 2 { lower = sorted[i] }
            if seen > n / 2 { return (lower + sorted[i]) / 2 }
        }
        return lower
    }
}
