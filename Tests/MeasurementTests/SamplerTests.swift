import Glibc
import Measurement
import Testing

/// Lets scripted time pass: `cost` nanoseconds per run, plus what `extra` says for that run.
private final class ScriptedWorkload: Workload {
    let clock: ScriptedClock
    let cost: UInt64
    let extra: (Int) -> UInt64
    let log: Log
    private(set) var runs = 0

    init(
        _ name: String, cost: UInt64, clock: ScriptedClock, log: Log = Log(),
        extra: @escaping (Int) -> UInt64 = { _ in 0 }
    ) {
        self.clock = clock
        self.cost = cost
        self.extra = extra
        self.log = log
        super.init(name: name)
    }

    override func run() {
        clock.advance(by: cost + extra(runs))
        runs += 1
        log.names.append(name)
    }
}

private final class Log {
    var names: [String] = []
}

/// Sees a preemption in the samples of these numbers. A look takes time, which no sample may contain.
private final class ScriptedWitness: Witness {
    private let clock: ScriptedClock
    private let disturbed: Set<Int>
    private var looks = 0
    private var seen = Sightings()

    init(clock: ScriptedClock, disturbed: Set<Int>) { (self.clock, self.disturbed) = (clock, disturbed) }

    func look() -> Sightings {
        clock.advance(by: 500_000)
        defer { looks += 1 }
        if looks % 2 == 1, disturbed.contains(looks / 2) { seen.preemptions += 1 }
        return seen
    }
}

@Suite struct WitnessTests {
    @Test func disturbedSamplesAreMarkedAndLooksAreNotTimed() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: 2_000_000, clock: clock)
        let plan = MeasurePlan(warmup: 0.01, minTime: 0.1, maxTime: 1, relativeCI: 0.01, maxSamples: 1000)
        let sampler = try Sampler(
            plan: plan, clock: clock, witness: ScriptedWitness(clock: clock, disturbed: [0, 7, 49]))
        let cell = sampler.measure([work]) { _ in }[0]
        #expect(cell.samples == Array(repeating: 2e6, count: 50))
        #expect(cell.disturbed == [0, 7, 49])
    }

    @Test func withoutAWitnessNothingIsClaimed() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: 2_000_000, clock: clock)
        let sampler = try Sampler(plan: MeasurePlan(warmup: 0, minTime: 0.01), clock: clock)
        #expect(sampler.measure([work]) { _ in }[0].disturbed == nil)
    }

    @Test func theSchedulerIsWatched() {
        let witness = SchedulerWitness()
        let before = witness.look()
        usleep(1000)
        let after = witness.look()
        #expect(after.sleeps > before.sleeps)
        #expect(after.preemptions >= before.preemptions)
        #expect(before.processor >= 0)
    }
}

@Suite struct SamplerTests {
    private let millisecond: UInt64 = 1_000_000
    private func sampler(_ plan: MeasurePlan, _ clock: ScriptedClock) throws -> Sampler<ScriptedClock> {
        try Sampler(plan: plan, clock: clock)
    }

    @Test func steadyCellStopsByIntervalOnceItsMinimumTimeIsReached() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: 2 * millisecond, clock: clock)
        let plan = MeasurePlan(warmup: 0.01, minTime: 0.1, maxTime: 1, relativeCI: 0.01, maxSamples: 1000)
        let cell = try sampler(plan, clock).measure([work]) { _ in }[0]
        #expect(cell.stopReason == .interval)
        #expect(cell.iterationsPerSample == 1)
        #expect(cell.samples == Array(repeating: 2e6, count: 50))
        #expect(cell.sampledNanoseconds == 100 * millisecond)
    }

    @Test func noisyCellStopsByTime() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: millisecond, clock: clock) { $0 % 2 == 0 ? 0 : 4_000_000 }
        let plan = MeasurePlan(warmup: 0, minTime: 0.05, maxTime: 0.3, relativeCI: 0.01, maxSamples: 1000)
        let cell = try sampler(plan, clock).measure([work]) { _ in }[0]
        #expect(cell.stopReason == .time)
        #expect(cell.samples.count == 100)  // 0.3 s at 3 ms on average
    }

    @Test func noisyCellStopsBySamples() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: millisecond, clock: clock) { $0 % 2 == 0 ? 0 : 4_000_000 }
        let plan = MeasurePlan(warmup: 0, minTime: 0.01, maxTime: 10, relativeCI: 0.01, maxSamples: 40)
        let cell = try sampler(plan, clock).measure([work]) { _ in }[0]
        #expect(cell.stopReason == .samples)
        #expect(cell.samples.count == 40)
    }

    @Test func aRunLongerThanTheMaximumStillGivesOneSample() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: 5000 * millisecond, clock: clock)
        let plan = MeasurePlan(warmup: 0, minTime: 1, maxTime: 2, relativeCI: 0.01, maxSamples: 10)
        let cell = try sampler(plan, clock).measure([work]) { _ in }[0]
        #expect(cell.samples == [5e9])
        #expect(cell.stopReason == .time)
    }

    @Test func shortRunsAreRepeatedUntilASampleLasts200Microseconds() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: 130, clock: clock)
        let plan = MeasurePlan(warmup: 0.001, minTime: 0.01, maxTime: 0.1, relativeCI: 0.01, maxSamples: 1000)
        let cell = try sampler(plan, clock).measure([work]) { _ in }[0]
        #expect(cell.iterationsPerSample * 130 >= 200_000)
        #expect(cell.iterationsPerSample * 130 < 400_000)
        #expect(cell.samples.allSatisfy { $0 == 130 })
    }

    @Test func samplesAreLongEnoughThatTheMostAllowedFillTheMinimumTime() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: 1000, clock: clock)
        let plan = MeasurePlan(warmup: 0, minTime: 1, maxTime: 2, relativeCI: 0.01, maxSamples: 100)
        let cell = try sampler(plan, clock).measure([work]) { _ in }[0]
        #expect(cell.stopReason == .interval)
        #expect(cell.sampledNanoseconds >= 1000 * millisecond)
    }

    @Test func aColdFirstRunDoesNotMisleadTheCalibration() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: 1000, clock: clock) { $0 == 0 ? 50_000_000 : 0 }
        let plan = MeasurePlan(warmup: 0, minTime: 0.01, maxTime: 0.1, relativeCI: 0.01, maxSamples: 1000)
        let cell = try sampler(plan, clock).measure([work]) { _ in }[0]
        #expect(cell.iterationsPerSample >= 200)
        #expect(cell.samples.allSatisfy { $0 == 1000 })
    }

    @Test func aWorkloadThatTakesNoTimeEnds() throws {
        let clock = ScriptedClock()
        final class Nothing: Workload { override func run() {} }
        let plan = MeasurePlan(warmup: 0.1, minTime: 0, maxTime: 0.1, relativeCI: 0.01, maxSamples: 3)
        let cell = try sampler(plan, clock).measure([Nothing(name: "nothing")], finished: { _ in })[0]
        #expect(cell.samples == [0, 0, 0])
        #expect(cell.stopReason == .samples)
    }

    @Test func warmUpLastsAsLongAsAsked() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: millisecond, clock: clock)
        let plan = MeasurePlan(warmup: 0.025, minTime: 0.001, maxTime: 0.001, relativeCI: 0, maxSamples: 1)
        _ = try sampler(plan, clock).measure([work]) { _ in }
        #expect(work.runs == 26)
    }

    @Test func everyRoundRunsEveryUnfinishedCellOnceInChangingOrder() throws {
        let clock = ScriptedClock()
        let log = Log()
        let names = ["a", "b", "c", "d"]
        let works = names.map { ScriptedWorkload($0, cost: millisecond, clock: clock, log: log) }
        let plan = MeasurePlan(warmup: 0, minTime: 0.02, maxTime: 0.02, relativeCI: 0, maxSamples: 1000, seed: 4)
        var first: Int?
        let cells = try sampler(plan, clock).measure(
            works,
            progress: { state in
                if state.phase == .sampling && first == nil { first = log.names.count }
            },
            finished: { _ in })
        #expect(cells.map(\.name) == names)
        #expect(cells.allSatisfy { $0.samples.count == 20 })
        let order = Array(log.names.dropFirst(try #require(first)))
        let rounds = stride(from: 0, to: order.count, by: 4).map { Array(order[$0..<$0 + 4]) }
        #expect(rounds.count == 20)
        #expect(rounds.allSatisfy { $0.sorted() == names })
        #expect(Set(rounds).count > 5, "the order never changes: \(rounds)")
    }

    @Test func theSameSeedGivesTheSameOrder() throws {
        func order(seed: UInt64) throws -> [String] {
            let clock = ScriptedClock()
            let log = Log()
            let works = ["a", "b", "c"].map { ScriptedWorkload($0, cost: millisecond, clock: clock, log: log) }
            let plan = MeasurePlan(warmup: 0, minTime: 0.02, maxTime: 0.02, relativeCI: 0, maxSamples: 100, seed: seed)
            _ = try sampler(plan, clock).measure(works) { _ in }
            return log.names
        }
        #expect(try order(seed: 1) == order(seed: 1))
        #expect(try order(seed: 1) != order(seed: 2))
    }

    @Test func minimumTimeCountsOnlyTheCellsOwnSamples() throws {
        let clock = ScriptedClock()
        let slow = ScriptedWorkload("slow", cost: 100 * millisecond, clock: clock)
        let fast = ScriptedWorkload("fast", cost: millisecond, clock: clock)
        let plan = MeasurePlan(warmup: 0, minTime: 0.5, maxTime: 2, relativeCI: 0.01, maxSamples: 10_000)
        var finished: [String] = []
        let cells = try sampler(plan, clock).measure([slow, fast]) { finished.append($0.name) }
        #expect(finished == ["slow", "fast"])
        #expect(cells[0].sampledNanoseconds == 600 * millisecond)  // 6 samples: the fewest that have an interval
        #expect(cells[1].sampledNanoseconds == 500 * millisecond)
        #expect(cells[1].samples.count == 500)
    }

    @Test func interruptionKeepsWhatWasSampledAndReportsOnlyFinishedCells() throws {
        let clock = ScriptedClock()
        let short = ScriptedWorkload("short", cost: 50 * millisecond, clock: clock)
        let long = ScriptedWorkload("long", cost: millisecond, clock: clock)
        let plan = MeasurePlan(warmup: 0, minTime: 0.3, maxTime: 0.3, relativeCI: 0, maxSamples: 10_000)
        var finished: [String] = []
        let cells = try sampler(plan, clock).measure(
            [short, long], shouldStop: { long.runs >= 20 }, finished: { finished.append($0.name) })
        #expect(finished == ["short"])
        #expect(cells[0].stopReason == .time)
        #expect(cells[1].stopReason == .interrupted)
        #expect(cells[1].samples.count == 18)  // 2 runs went to warm-up and calibration
    }

    @Test func interruptionBeforeTheFirstSampleGivesNoSamples() throws {
        let clock = ScriptedClock()
        let work = ScriptedWorkload("a", cost: millisecond, clock: clock)
        let cells = try sampler(MeasurePlan(), clock).measure([work], shouldStop: { true }, finished: { _ in })
        #expect(cells[0].stopReason == .interrupted && cells[0].samples.isEmpty)
        #expect(work.runs == 0)
    }

    @Test func anErrorFromTheCallbackEndsTheRun() throws {
        struct DiskFull: Error {}
        let clock = ScriptedClock()
        let works = ["a", "b"].map { ScriptedWorkload($0, cost: millisecond, clock: clock) }
        let plan = MeasurePlan(warmup: 0, minTime: 0.01, maxTime: 0.01, relativeCI: 0, maxSamples: 100)
        var calls = 0
        #expect(throws: DiskFull.self) {
            try sampler(plan, clock).measure(works) { _ throws(DiskFull) in
                calls += 1
                throw DiskFull()
            }
        }
        #expect(calls == 1)
    }

    @Test func progressRisesToOne() throws {
        let clock = ScriptedClock()
        let works = ["a", "b"].map { ScriptedWorkload($0, cost: millisecond, clock: clock) }
        let plan = MeasurePlan(warmup: 0, minTime: 0.01, maxTime: 0.01, relativeCI: 0, maxSamples: 100)
        var states: [SamplingProgress] = []
        _ = try sampler(plan, clock).measure(works, progress: { states.append($0) }, finished: { _ in })
        let fractions = states.map(\.fraction)
        #expect(fractions == fractions.sorted())
        #expect(fractions.first == 0 && fractions.last == 1)
        #expect(states.last?.finishedCells == 2 && states.last?.totalCells == 2)
        #expect(states.first?.phase == .warmup)
    }

    @Test func impossiblePlansAreRefused() {
        let clock = ScriptedClock()
        for (plan, field) in [
            (MeasurePlan(warmup: -1), "warmup"), (MeasurePlan(minTime: 3, maxTime: 2), "min_time"),
            (MeasurePlan(maxTime: .infinity), "max_time"), (MeasurePlan(relativeCI: .nan), "relative_ci"),
            (MeasurePlan(maxSamples: 0), "max_samples"),
        ] {
            let error = #expect(throws: MeasurementError.self) { try Sampler(plan: plan, clock: clock) }
            #expect(error?.description.contains("measure.\(field): ") == true)
        }
    }

    @Test func theMonotonicClockAdvancesAsTheSystemsDoes() {
        let clock = MonotonicClock()
        let start = clock.now()
        let reference = ContinuousClock.now
        while ContinuousClock.now - reference < .milliseconds(20) {}
        let elapsed = clock.now() - start
        #expect(elapsed >= 19_900_000 && elapsed < 10_000_000_000)
    }
}
