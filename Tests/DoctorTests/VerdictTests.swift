import Counters
import Doctor
import Testing

/// Expected, counted, error, verdict: arithmetic on values.
@Suite struct VerdictTests {
    static func compare(_ expectation: KnownCount, _ reading: CounterReading?, time: Double = 0) -> Comparison {
        expectation.comparison(work: "loop", threadTime: time, reading: reading)
    }

    @Test(arguments: [
        (989.0, false), (990, true), (1000, true), (1060, true), (1061, false), (0, false), (64_000, false),
    ])
    func theAcceptedRangeHasBothItsEnds(counted: Double, agrees: Bool) throws {
        let expectation = KnownCount.count(.cycles, 1000, within: -0.01...0.05, slack: 10)
        let comparison = Self.compare(expectation, .measured("PAPI_TOT_CYC", counted))
        #expect(comparison.lowest == 990 && comparison.highest == 1060)
        #expect(comparison.agrees == agrees)
        #expect(comparison.provenance == "measured" && comparison.detail == nil)
        let error = try #require(comparison.errorPercent)
        #expect(abs(error - 100 * (counted - 1000) / 1000) < 1e-9)
    }

    @Test func nothingExpectedHasNoRelativeError() {
        let expectation = KnownCount.count(.macs, 0, slack: 2)
        let none = Self.compare(expectation, .measured("e", 0))
        #expect(none.agrees == true && none.errorPercent == nil)
        #expect(Self.compare(expectation, .measured("e", 2)).agrees == true)
        #expect(Self.compare(expectation, .measured("e", 3)).agrees == false)
    }

    @Test func whatWasNotCountedHasNoNumber() {
        let expectation = KnownCount.count(.macs, 7)
        for reading in [nil, CounterReading.unavailable("e", "no PMU")] {
            let comparison = Self.compare(expectation, reading)
            #expect(comparison.expected == 7)
            #expect(comparison.counted == nil && comparison.agrees == nil && comparison.errorPercent == nil)
            #expect(comparison.provenance == nil)
        }
    }

    @Test func timesAreHeldAgainstTheKernelsAccount() {
        let expectation = KnownCount.threadTime(.taskClock)
        #expect(Self.compare(expectation, .measured("e", 10_000_000), time: 10_000_000).agrees == true)
        #expect(Self.compare(expectation, .measured("e", 10_300_000), time: 10_000_000).agrees == false)
        // Short times may differ by the cost of reading.
        #expect(Self.compare(expectation, .measured("e", 30_000), time: 0).agrees == true)
    }

    @Test func provenanceIsKeptWithItsShareOrFormula() {
        let expectation = KnownCount.count(.cycles, 100, within: -0.5...0.5)
        let multiplexed = Self.compare(expectation, .multiplexed("e", 100, share: 0.334))
        #expect(multiplexed.provenance == "multiplexed" && multiplexed.detail == "33 % of the runs")
        let derived = Self.compare(expectation, .derived("e", 100, formula: "perf::CYCLES"))
        #expect(derived.provenance == "derived" && derived.detail == "perf::CYCLES")
    }

    @Test func oneLoopThatDisagreesIsEnough() {
        let right = Self.compare(.count(.macs, 7), .measured("e", 7))
        let wrong = Self.compare(.count(.macs, 7), .measured("e", 8))
        #expect(EventReport("e", comparisons: [right, right], failure: nil).verdict == .trusted)
        #expect(EventReport("e", comparisons: [right, wrong], failure: nil).verdict == .contradicted)
        #expect(EventReport("e", comparisons: [], failure: nil).verdict == .unverified)
        let failed = EventReport("e", comparisons: [right, wrong], failure: "no PMU")
        #expect(failed.verdict == .unavailable && failed.reason == "no PMU")
    }
}
