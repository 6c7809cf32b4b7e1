internal import CKnownWork
package import Counters
package import Measurement

/// Runs loops of known work: without counters for their time, and with each quantity alone for its count. Alone, so that a
/// processor with few counters has one for it, and a quantity's error is its own.
package struct Examination {
    private let source: any CounterSource
    private let work: [KnownWork]

    package init(source: any CounterSource, work: [KnownWork]) { (self.source, self.work) = (source, work) }

    /// Runs of a loop; the fastest tells its time, the median its count.
    package static let runs = 5

    /// - Parameter hertz: the core clock.
    package func timings(coreClock hertz: Double, clock: some MeasurementClock = MonotonicClock()) -> [TimedWork] {
        work.filter { $0.name != KnownWork.nothing.name }.map { work in
            var best = Double.infinity
            for _ in 0..<Self.runs {
                let start = clock.now()
                work.run()
                best = min(best, Double(clock.now() - start))
            }
            let each = best / work.operations
            return TimedWork(
                name: work.name, title: work.title, operation: work.operation, operations: work.operations,
                nanoseconds: each, cycles: each * hertz / 1e9)
        }
    }

    /// - Parameter selection: of one quantity.
    package func report(_ selection: CounterSelection) -> EventReport {
        let item = selection.items[0]
        let role = Role.of(item.name)
        let loops = work.flatMap { work in
            work.counts.filter { $0.role == role }.map { (work: work, known: $0) }
        }
        guard item.formula != nil else {
            // What it should have counted stands in the report all the same, unless that depends on the run.
            let comparisons = loops.filter { $0.known.amount != .threadTime }.map {
                $0.known.comparison(work: $0.work.name, threadTime: 0, reading: nil)
            }
            return EventReport(item.name, comparisons: comparisons, failure: item.reason)
        }
        var failure: String?
        let comparisons = loops.map { loop in
            let (reading, threadTime) = count(selection, loop.work)
            failure = failure ?? reading.provenance.reason
            return loop.known.comparison(work: loop.work.name, threadTime: threadTime, reading: reading)
        }
        // Nothing to compare with, but at least it must be readable.
        if loops.isEmpty { failure = count(selection, .nothing).reading.provenance.reason }
        return EventReport(item.name, comparisons: comparisons, failure: failure)
    }

    /// The run with the median count, or the first that failed, with the processor time that the kernel accounted to it.
    private func count(
        _ selection: CounterSelection, _ work: KnownWork
    ) -> (reading: CounterReading, threadTime: Double) {
        let session = source.begin(selection.events, on: .callingThread)
        defer { session.close() }
        var runs: [(reading: CounterReading, threadTime: Double)] = []
        for _ in 0..<Self.runs {
            var time = 0.0
            let readings = session.measure {
                let start = kw_thread_time_ns()
                work.run()
                time = Double(kw_thread_time_ns() - start)
            }
            let reading = selection.quantities(readings)[0]
            if reading.value == nil { return (reading, time) }
            runs.append((reading, time))
        }
        return runs.sorted { ($0.reading.value ?? 0) < ($1.reading.value ?? 0) }[runs.count / 2]
    }
}
