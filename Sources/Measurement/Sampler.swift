/// Why a cell's measurement ended.
public enum StopReason: String, Sendable, Codable {
    /// The 95 % interval of the median is narrower than asked.
    case interval
    /// The cell's own samples add up to the longest time allowed.
    case time
    /// The largest number of samples was reached.
    case samples
    /// The user stopped the run before the cell was complete.
    case interrupted
}

/// The raw samples of one cell.
public struct CellMeasurement: Sendable, Equatable {
    public let name: String
    /// Nanoseconds per iteration. Sample i was taken in round i, for every cell of the run.
    public let samples: [Double]
    /// How many times the workload ran per sample.
    public let iterationsPerSample: Int
    public let stopReason: StopReason
    /// Time spent in this cell's own samples, in nanoseconds.
    public let sampledNanoseconds: UInt64
    /// Indices of the samples during which the witness saw the system interfere, ascending; nil without a witness.
    public let disturbed: [Int]?

    public init(
        name: String, samples: [Double], iterationsPerSample: Int, stopReason: StopReason, sampledNanoseconds: UInt64,
        disturbed: [Int]? = nil
    ) {
        self.disturbed = disturbed
        self.name = name
        self.samples = samples
        self.iterationsPerSample = iterationsPerSample
        self.stopReason = stopReason
        self.sampledNanoseconds = sampledNanoseconds
    }
}

/// Where a run stands, for a progress line.
public struct SamplingProgress: Sendable, Equatable {
    public enum Phase: Sendable { case warmup, sampling }
    public let phase: Phase
    /// The round that comes next, counted from 0; in the warm-up, the number of cells already warm.
    public let round: Int
    public let finishedCells: Int
    public let totalCells: Int
    /// Mean over the cells of the share of their minimum time that has been sampled; a finished cell counts as 1.
    public let fraction: Double
}

/// Takes samples of several workloads in one process, interleaved in random order.
///
/// Machines drift (frequency, temperature, neighbours), so cells that are to be compared must see the same drift: in each
/// round every unfinished cell takes one sample, in a new random order. Called by the runner, once per suite.
public struct Sampler<Clock: MeasurementClock> {
    private let clock: Clock
    private let plan: MeasurePlan
    private let witness: (any Witness)?

    /// - Parameter witness: asked before and after each sample, outside its timed region, whether the system interfered.
    /// - Throws: `MeasurementError.invalidPlan`.
    public init(plan: MeasurePlan, clock: Clock, witness: (any Witness)? = nil) throws(MeasurementError) {
        try plan.validate()
        self.plan = plan
        self.clock = clock
        self.witness = witness
    }

    /// Measures all workloads.
    /// - Parameters:
    ///   - shouldStop: asked between samples; true ends the run, and unfinished cells are returned as `interrupted`.
    ///   - progress: called between rounds, outside every timed region.
    ///   - finished: called as soon as a cell is complete, not for interrupted ones. What it throws ends the run.
    /// - Returns: one measurement per workload, in the order given.
    public func measure<Failure: Error>(
        _ workloads: [Workload],
        shouldStop: () -> Bool = { false },
        progress: (SamplingProgress) -> Void = { _ in },
        finished: (CellMeasurement) throws(Failure) -> Void
    ) throws(Failure) -> [CellMeasurement] {
        var cells = warmUp(workloads, shouldStop: shouldStop, progress: progress)
        var generator = SeededGenerator(seed: plan.seed)
        var open = cells.indices.filter { cells[$0].iterations > 0 }
        var round = 0
        rounds: while !open.isEmpty {
            progress(report(.sampling, round: round, cells: cells))
            open.shuffle(using: &generator)
            for index in open {
                if shouldStop() { break rounds }
                let before = witness?.look()
                let elapsed = time(cells[index].workload, iterations: cells[index].iterations)
                let disturbed = before != witness?.look()
                cells[index].add(elapsed: elapsed, disturbed: witness == nil ? nil : disturbed, plan: plan)
                if cells[index].stopReason != nil { try finished(cells[index].measurement) }
            }
            open.removeAll { cells[$0].stopReason != nil }
            round += 1
        }
        progress(report(.sampling, round: round, cells: cells))
        return cells.map(\.measurement)
    }

    /// The timed region: two readings of the clock around plain virtual calls.
    @inline(never)
    private func time(_ workload: Workload, iterations: Int) -> UInt64 {
        let start = clock.now()
        for _ in 0..<iterations { workload.run() }
        let end = clock.now()
        return end &- start
    }

    // MARK: Warm-up and calibration

    private func warmUp(
        _ workloads: [Workload], shouldStop: () -> Bool, progress: (SamplingProgress) -> Void
    ) -> [Cell] {
        let target = sampleTarget()
        var cells = workloads.map { Cell(workload: $0) }
        for index in cells.indices {
            if shouldStop() { break }
            progress(report(.warmup, round: index, cells: cells))
            let (iterations, elapsed) = calibrate(cells[index].workload, target: target)
            cells[index].begin(iterations: iterations, nanosecondsPerSample: max(elapsed, 1), plan: plan)
        }
        return cells
    }

    /// Nanoseconds one sample should last: 200 µs, longer if reading the clock costs more than 0.1 % of that, and long
    /// enough that `maxSamples` of them fill `minTime`.
    private func sampleTarget() -> UInt64 {
        let readings = 1000
        let start = clock.now()
        for _ in 0..<readings { _ = clock.now() }
        let costOfTwo = (clock.now() &- start) * 2 / UInt64(readings)
        let share = (plan.minTime * 1e9 / Double(plan.maxSamples)).rounded(.up)
        return max(200_000, 1000 * costOfTwo, UInt64(share))
    }

    /// Runs the workload for the warm-up time and finds how many iterations fill one sample: 1 if a run is longer.
    /// The first run only warms: page faults and cold caches would make it look longer than a run is.
    private func calibrate(_ workload: Workload, target: UInt64) -> (iterations: Int, elapsed: UInt64) {
        let warmup = UInt64(plan.warmup * 1e9)
        let limit = 1 << 30
        var iterations = 1
        var spent = time(workload, iterations: 1)
        while true {
            let elapsed = time(workload, iterations: iterations)
            spent += elapsed
            let filled = elapsed >= target || iterations == limit
            if filled && (spent >= warmup || elapsed == 0) { return (iterations, elapsed) }
            if !filled {
                // 5 % more than the last batch says, at most ten times as many: the first runs are slow.
                let wanted = Double(iterations) * Double(target) / Double(max(elapsed, 1)) * 1.05
                iterations = min(limit, max(iterations + 1, Int(min(wanted, Double(iterations) * 10).rounded(.up))))
            }
        }
    }

    private func report(_ phase: SamplingProgress.Phase, round: Int, cells: [Cell]) -> SamplingProgress {
        let done = cells.reduce(0) { $0 + ($1.stopReason == nil ? 0 : 1) }
        let fraction = cells.reduce(0.0) { $0 + $1.fraction(of: plan) } / Double(max(cells.count, 1))
        return SamplingProgress(
            phase: phase, round: round, finishedCells: done, totalCells: cells.count, fraction: fraction)
    }
}

/// One workload while it is being sampled.
private struct Cell {
    let workload: Workload
    /// 0 until the cell is warm.
    private(set) var iterations = 0
    private(set) var stopReason: StopReason?
    private var samples: [Double] = []
    private var disturbed: [Int]?
    private var spent: UInt64 = 0
    /// The interval is looked at when this many samples are there.
    private var nextCheck = 6

    init(workload: Workload) {
        self.workload = workload
    }

    /// Reserves room for all samples the plan allows, so that no sample is followed by an allocation.
    mutating func begin(iterations: Int, nanosecondsPerSample: UInt64, plan: MeasurePlan) {
        self.iterations = iterations
        let byTime = plan.maxTime * 1e9 / Double(nanosecondsPerSample) + 1
        samples.reserveCapacity(Int(min(Double(min(plan.maxSamples, 1 << 24)), byTime * 2)))
    }

    /// - Parameter disturbed: nil if nobody watched.
    mutating func add(elapsed: UInt64, disturbed: Bool?, plan: MeasurePlan) {
        if let disturbed { self.disturbed = (self.disturbed ?? []) + (disturbed ? [samples.count] : []) }
        samples.append(Double(elapsed) / Double(iterations))
        spent += elapsed
        if isNarrow(plan) {
            stopReason = .interval
        } else if Double(spent) >= plan.maxTime * 1e9 {
            stopReason = .time
        } else if samples.count >= plan.maxSamples {
            stopReason = .samples
        }
    }

    /// Sorts the samples only when their number has grown by an eighth since the last look: O(n log n) in all.
    private mutating func isNarrow(_ plan: MeasurePlan) -> Bool {
        guard samples.count >= nextCheck, Double(spent) >= plan.minTime * 1e9 else { return false }
        nextCheck = samples.count + max(1, samples.count / 8)
        let sorted = samples.sorted()
        guard let interval = Statistics.medianInterval(ofSorted: sorted) else { return false }
        return interval.width < plan.relativeCI * Statistics.percentile(0.5, ofSorted: sorted)
    }

    func fraction(of plan: MeasurePlan) -> Double {
        if stopReason != nil { return 1 }
        return plan.minTime > 0 ? min(1, Double(spent) / (plan.minTime * 1e9)) : 0
    }

    var measurement: CellMeasurement {
        CellMeasurement(
            name: workload.name, samples: samples, iterationsPerSample: iterations,
            stopReason: stopReason ?? .interrupted, sampledNanoseconds: spent, disturbed: disturbed)
    }
}
