internal import Counters
internal import Measurement
internal import QuantKernels
internal import Results

/// Reads counters over runs of a cell that are not timed: reading them costs time that samples should not hold.
struct CounterPass {
    let source: any CounterSource
    let events: [String]
    let groups: GroupLibrary

    /// Iterations that are counted; values are per iteration.
    private static let iterations = 10

    /// Fills the record's counters and metrics.
    func count(_ prepared: PreparedCell, into record: inout Record) {
        guard !events.isEmpty else { return }
        let pool = prepared.pool
        let team = ThreadTeam(count: pool.threads) { body in
            pool.runOnEachThread(LoopOperator { part, _ in body(part) })
        }
        let session = source.begin(events, on: team)
        defer { session.close() }
        var readings = session.measure {
            for _ in 0..<Self.iterations { prepared.workload.run() }
        }.map { $0.perIteration(Self.iterations) }

        // Saturation is counted by a run of its own: its scan over the outputs is no part of an inference.
        let saturated = "quantkernels::\(WorkCounter.saturatedOutputs.name)"
        if let countSaturation = prepared.countSaturation,
            let index = readings.firstIndex(where: { $0.event == saturated })
        {
            let own = source.begin([saturated], on: .callingThread)
            defer { own.close() }
            readings[index] = own.measure { countSaturation() }[0]
        }
        record.counters = Dictionary(uniqueKeysWithValues: readings.map { ($0.event, $0.quantity) })
        var metrics: [String: Quantity] = [:]
        for group in groups.groups where group.events.allSatisfy(Set(events).contains) {
            for metric in group.metrics { metrics[metric.name] = metric.evaluate(readings).quantity(unit: metric.unit) }
        }
        if !metrics.isEmpty { record.metrics = metrics }
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
        case .derived: return .derived(value, unit: unit)
        case .unavailable(let reason): return .unavailable(reason, unit: unit)
        }
    }
}
