import Counters
import Doctor
import Measurement
import Testing

/// The examination with counters that a test wrote down: what it makes of sources that count right, wrong, or not at all.
@Suite struct ExaminationTests {
    /// Two loops whose cycles are known.
    static var work: [KnownWork] {
        [
            KnownWork(
                name: "short", title: "a short loop", operation: "addition", operations: 10,
                counts: [.count(.cycles, 100, within: -0.1...0.1), .count(.macs, 5)], run: {}),
            KnownWork(
                name: "long", title: "a long loop", operation: "addition", operations: 1000,
                counts: [.count(.cycles, 1000, within: -0.1...0.1)], run: {}),
        ]
    }

    static func rounds(_ counts: [UInt64]) -> [ScriptedSource.Round] { counts.map { .init(from: 0, to: $0) } }

    static let groups = GroupLibrary(groups: [])

    static func report(_ event: String, _ source: ScriptedSource) -> EventReport {
        Examination(source: source, work: work).report(groups.select([event], source: source))
    }

    @Test func theMedianRunCounts() {
        // A session plays its script from the start: both loops see the same five rounds.
        let source = ScriptedSource(script: ["PAPI_TOT_CYC": Self.rounds([105, 9000, 100, 1, 95])])
        let report = Self.report("PAPI_TOT_CYC", source)
        #expect(report.comparisons.map(\.work) == ["short", "long"])
        #expect(report.comparisons.map(\.counted) == [100, 100])
        #expect(report.comparisons.map(\.agrees) == [true, false])
        #expect(report.verdict == .contradicted)
    }

    @Test func aCounterThatMeetsEveryLoopIsTrusted() {
        let source = ScriptedSource(script: ["quantkernels::MACS": Self.rounds([5])])
        let report = Self.report("quantkernels::MACS", source)
        #expect(report.verdict == .trusted)
        #expect(report.comparisons.map(\.errorPercent) == [0])
    }

    @Test func anEventThatNoLoopKnowsIsUnverified() {
        let source = ScriptedSource(script: ["ODD": Self.rounds([3])], missing: ["GONE": "no such unit"])
        #expect(Self.report("ODD", source) == EventReport(event: "ODD", verdict: .unverified, comparisons: []))
        #expect(Self.report("GONE", source).reason == "no such unit")
        let unknown = Self.report("NEVER", source)
        #expect(unknown.verdict == .unavailable && unknown.reason == "unknown event NEVER")
    }

    @Test func whatShouldHaveBeenCountedStandsThereWithoutACounter() {
        let report = Self.report("PAPI_TOT_CYC", ScriptedSource(script: [:], missing: ["PAPI_TOT_CYC": "no PMU"]))
        #expect(report.verdict == .unavailable && report.reason == "no PMU")
        #expect(report.comparisons.map(\.expected) == [100, 1000])
        #expect(report.comparisons.allSatisfy { $0.counted == nil && $0.agrees == nil })
    }

    @Test func aCounterThatFailsWhileItCountsIsUnavailable() {
        // Enabled, but never on a counter.
        let source = ScriptedSource(script: ["PAPI_TOT_CYC": [.init(from: 0, to: 100, enabled: 10, running: 0)]])
        let report = Self.report("PAPI_TOT_CYC", source)
        #expect(report.verdict == .unavailable)
        #expect(report.reason?.contains("no free counter") == true)
    }

    @Test func timesAreThoseOfTheFastestRun() {
        let clock = ScriptedClock()
        var durations: [UInt64] = [500, 200, 300, 250, 900]
        let work = KnownWork(
            name: "loop", title: "a loop", operation: "addition", operations: 100, counts: [],
            run: { clock.advance(by: durations.removeFirst()) })
        let timings = Examination(source: NullSource(reason: "none"), work: [work])
            .timings(coreClock: 4e9, clock: clock)
        #expect(timings.map(\.nanoseconds) == [2])
        #expect(timings.map(\.cycles) == [8])
    }
}
