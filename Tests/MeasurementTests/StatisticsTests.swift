import Measurement
import Testing

@Suite struct StatisticsTests {
    @Test func medianMadAndPercentilesOfKnownSamples() throws {
        let samples = [9.0, 1, 4, 2, 100]
        #expect(Statistics.median(samples) == 4)
        #expect(Statistics.mad(samples) == 3)  // deviations 5 3 0 2 96
        #expect(Statistics.median([1, 2, 3, 10]) == 2.5)
        #expect(Statistics.median([]) == nil)
        #expect(Statistics.mad([]) == nil)
        // h = 9·0.95 = 8.55: 9 + 0.55·(10 − 9)
        let ten = (1...10).map(Double.init)
        #expect(abs(Statistics.percentile(0.95, ofSorted: ten) - 9.55) < 1e-12)
        #expect(Statistics.percentile(0, ofSorted: ten) == 1)
        #expect(Statistics.percentile(1, ofSorted: ten) == 10)
    }

    @Test(arguments: [(5, 0), (6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (50, 18), (100, 40)])
    func ranksAgreeWithTheTablesOfTheSignTest(count: Int, rank: Int) {
        #expect(Statistics.medianRank(count: count, confidence: 0.95) == rank)
    }

    @Test func rankOfManySamplesFollowsTheNormalApproximation() {
        // 5000 − 1.96·√10000/2 = 4902; 2^−10000 alone would underflow.
        #expect(abs(Statistics.medianRank(count: 10_000, confidence: 0.95) - 4902) <= 1)
    }

    @Test func intervalOfTheMedianIsMadeOfSamples() throws {
        let ten = (1...10).map(Double.init)
        #expect(Statistics.medianInterval(ofSorted: ten) == Interval(2, 9))
        #expect(Statistics.medianInterval(ofSorted: [1, 2, 3, 4, 5]) == nil)
    }

    @Test func intervalOfTheMedianCoversAsPromisedOnSkewedSamples() throws {
        var generator = SeededGenerator(seed: 7)
        var covered = 0
        let trials = 4000
        for _ in 0..<trials {
            // x = 1/u − 1 has median 1 and no mean.
            let samples = (0..<37).map { _ in 1 / Double.random(in: 1e-9..<1, using: &generator) - 1 }.sorted()
            if try #require(Statistics.medianInterval(ofSorted: samples)).contains(1) { covered += 1 }
        }
        // n = 37: k = 13, coverage 95.3 %; 4 standard errors of 0.34 %.
        let coverage = Double(covered) / Double(trials)
        #expect(coverage > 0.938 && coverage < 0.968, "coverage \(coverage)")
    }

    @Test func wilsonAgreesWithPublishedValues() throws {
        // Newcombe 1998, table I: 81/263 → 0.2553…0.3662; 15/148 → 0.0624…0.1605; 0/20 → 0…0.1611.
        for (successes, trials, low, high) in [
            (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (29, 29, 0.8830, 1),
        ] {
            let interval = try #require(Statistics.wilsonInterval(successes: successes, trials: trials))
            #expect(abs(interval.low - low) < 5e-5 && abs(interval.high - high) < 5e-5, "\(interval)")
        }
        #expect(Statistics.wilsonInterval(successes: 0, trials: 0) == nil)
    }

    @Test func summaryHoldsEveryNumberOrNone() throws {
        #expect(SampleSummary([]) == nil)
        let few = try #require(SampleSummary([3, 1, 2]))
        #expect(few.median == 2 && few.mad == 1 && few.interval == nil)
        let many = try #require(SampleSummary((1...10).map(Double.init)))
        #expect(many.interval == Interval(2, 9))
        #expect(many.p5 < many.median && many.median < many.p95 && many.p95 < many.p99)
    }
}

@Suite struct RatioOfMediansTests {
    /// `count` rounds: a common drift of each round times the cell's own noise.
    private func pair(rounds: Int, ratio: Double, seed: UInt64) -> (slow: [Double], fast: [Double]) {
        var generator = SeededGenerator(seed: seed)
        var slow: [Double] = []
        var fast: [Double] = []
        for _ in 0..<rounds {
            let drift = Double.random(in: 1...1.5, using: &generator)
            slow.append(ratio * drift * Double.random(in: 1...1.1, using: &generator))
            fast.append(drift * Double.random(in: 1...1.1, using: &generator))
        }
        return (slow, fast)
    }

    @Test func exactForConstantSamples() throws {
        let estimate = try #require(
            Statistics.ratioOfMedians(
                numerator: Array(repeating: 6, count: 8), denominator: Array(repeating: 2, count: 11)))
        #expect(
            estimate
                == Statistics.ratioOfMedians(
                    numerator: Array(repeating: 6, count: 8), denominator: Array(repeating: 2, count: 11)))
        #expect(estimate.value == 3 && estimate.interval == Interval(3, 3))
    }

    @Test func sameSeedSameInterval() throws {
        let (slow, fast) = pair(rounds: 40, ratio: 2, seed: 3)
        let one = Statistics.ratioOfMedians(numerator: slow, denominator: fast, seed: 5)
        #expect(one != nil && one == Statistics.ratioOfMedians(numerator: slow, denominator: fast, seed: 5))
        #expect(one?.interval != Statistics.ratioOfMedians(numerator: slow, denominator: fast, seed: 6)?.interval)
    }

    @Test func coversTheTrueRatio() throws {
        var covered = 0
        let trials = 300
        for trial in 0..<trials {
            let (slow, fast) = pair(rounds: 41, ratio: 2, seed: UInt64(1000 + trial))
            let estimate = try #require(
                Statistics.ratioOfMedians(numerator: slow, denominator: fast, resamples: 400, seed: UInt64(trial)))
            if estimate.interval.contains(2) { covered += 1 }
        }
        // 95 % nominal; 4 standard errors of 1.26 %.
        #expect(Double(covered) / Double(trials) > 0.90, "\(covered) of \(trials)")
    }

    @Test func pairingCancelsDriftThatBothSidesShare() throws {
        let (slow, fast) = pair(rounds: 60, ratio: 2, seed: 11)
        let paired = try #require(Statistics.ratioOfMedians(numerator: slow, denominator: fast))
        let shuffled = try #require(
            Statistics.ratioOfMedians(numerator: slow.sorted(), denominator: fast.reversed().sorted(by: >)))
        #expect(paired.interval.width < shuffled.interval.width)
    }

    /// Newcombe 1998, table II, example (a): 56/70 − 48/80, method 10 gives 0.0524 to 0.3339.
    @Test func differenceOfShares() throws {
        let first = try #require(Statistics.wilsonInterval(successes: 56, trials: 70))
        let second = try #require(Statistics.wilsonInterval(successes: 48, trials: 80))
        let interval = Statistics.differenceInterval((0.8, first), (0.6, second))
        #expect(abs(interval.low - 0.0524) < 5e-5 && abs(interval.high - 0.3339) < 5e-5)
        let opposite = Statistics.differenceInterval((0.6, second), (0.8, first))
        #expect(abs(opposite.low + interval.high) < 1e-12 && abs(opposite.high + interval.low) < 1e-12)
    }

    @Test func bothSidesNeedUsableSamples() {
        let good = [1.0, 2, 3, 4, 5, 6]
        #expect(Statistics.ratioOfMedians(numerator: good, denominator: [1, 2, 3, 4, 5]) == nil)
        #expect(Statistics.ratioOfMedians(numerator: [0, 1, 2, 3, 4, 5], denominator: good) == nil)
        #expect(Statistics.ratioOfMedians(numerator: good, denominator: [1, 2, 3, 4, 5, .infinity]) == nil)
        #expect(Statistics.ratioOfMedians(numerator: good, denominator: good + [7, 8, 9]) != nil)
    }
}
