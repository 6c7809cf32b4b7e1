internal import Counters
internal import Measurement
internal import QuantKernels
internal import Results

/// Reads counters over runs of a cell that are not timed: reading them costs time that samples should not hold.
struct CounterPass {
    let source: any CounterSource
    let selection: CounterSelection
    /// The most passes over a cell, at least 1.
    let passes: Int

    /// Seconds that a pass lasts or more, so that what starting and stopping costs is small against it; and iterations.
    private static let shortestPass = 0.01
    private static let iterations = 3...100_000

    /// Fills the record's counters, metrics, and what counting took.
    func count(_ prepared: PreparedCell, into record: inout Record) {
        guard !selection.items.isEmpty else { return }
        let pool = prepared.pool
        let team = ThreadTeam(count: pool.threads) { body in
            pool.runOnEachThread(LoopOperator { part in body(part.index) })
        }
        let workload = prepared.workload
        let counted = CountingPasses(
            of: selection.events, source: source, on: team, passes: passes,
            iterations: iterations(nanoseconds: record.latency?.median)
        ) { workload.run() }
        var readings = counted.readings
        countSaturation(prepared, &readings)

        let quantities = selection.quantities(readings)
        record.counters = Dictionary(uniqueKeysWithValues: quantities.map { ($0.event, $0.quantity) })
        var metrics: [String: Quantity] = [:]
        for metric in selection.metrics {
            metrics[metric.name] = metric.evaluate(quantities).quantity(unit: metric.unit)
        }
        if !metrics.isEmpty { record.metrics = metrics }
        record.counting = Counting(
            passes: counted.passes, iterations: counted.iterations, costNs: counted.cost.nanoseconds,
            emptyCounts: Dictionary(
                uniqueKeysWithValues: selection.quantities(counted.cost.counts).compactMap { reading in
                    reading.value.map { (reading.event, $0) }
                }))
    }

    /// So many that the pass is as long as the slowest of its counters needs.
    private func iterations(nanoseconds: Double?) -> Int {
        let wanted = selection.events.map { source.shortestRegion(of: $0) }.reduce(Self.shortestPass, max)
        guard let nanoseconds, nanoseconds > 0 else { return 10 }
        let count = min(Double(Self.iterations.upperBound), (wanted * 1e9 / nanoseconds).rounded(.up))
        return max(Self.iterations.lowerBound, Int(count))
    }

    /// Saturation is counted by a run of its own: its scan over the outputs is no part of an inference.
    private func countSaturation(_ prepared: PreparedCell, _ readings: inout [CounterReading]) {
        let saturated = "quantkernels::\(WorkCounter.saturatedOutputs.name)"
        guard let countSaturation = prepared.countSaturation,
            let index = readings.firstIndex(where: { $0.event == saturated })
        else { return }
        let own = source.begin([saturated], on: .callingThread)
        defer { own.close() }
        readings[index] = own.measure { countSaturation() }[0]
    }
}

extension CounterReading {
    var quantity: Quantity { quantity(unit: nil) }

    func quantity(unit: String?) -> Quantity {
        let unit = unit.flatMap { $0.isEmpty ? nil : $0 }
        guard let value else { return .unavailable(provenance.reason ?? "not counted", unit: unit) }
        switch provenance {
        case .measured: return .measured(value, unit: unit)
        case .multiplexed(let share): return .multiplexed(value, share: share, unit: unit)
        case .derived(let formula, let share):
            return .derived(value, formula: formula, share: share < 1 ? share : nil, unit: unit)
        case .unavailable(let reason): return .unavailable(reason, unit: unit)
        }
    }
}
