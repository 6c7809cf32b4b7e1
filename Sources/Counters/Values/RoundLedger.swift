/// The totals of events that are counted in batches, one batch a round, the batches taking turns.
///
/// Right in what it claims if every round does the same work: a count is scaled by rounds / rounds counted, and its
/// share is rounds counted / rounds.
package struct RoundLedger: Sendable {
    /// Indices of the events that fit on the counters together.
    package let batches: [[Int]]
    private var totals: [CounterTotal]
    /// Why an event can never be counted, by its index; outlives `reset`.
    private let broken: [Int: String]
    private var round = 0

    /// What one event counted in one round.
    package struct Entry: Sendable {
        package var count: Int64
        /// The part of the round for which it was on a counter, 0…1.
        package var share: Double

        package init(_ count: Int64, share: Double = 1) { (self.count, self.share) = (count, share) }
    }

    package init(events: Int, batches: [[Int]], broken: [Int: String]) {
        self.batches = batches
        self.broken = broken
        totals = Array(repeating: CounterTotal(), count: events)
        reset()
    }

    /// The batch of the round that is under way or comes next; nil if there is nothing to count.
    package var current: Int? { batches.isEmpty ? nil : round % batches.count }

    /// A round counts as this many units of time.
    private static let unit: UInt64 = 1_000_000

    /// Ends a round: `entries` are those of the current batch, in its order. The others were enabled only.
    package mutating func finish(_ entries: [Entry]) {
        guard let current else { return }
        for batch in batches.indices {
            for (place, index) in batches[batch].enumerated() {
                let entry = batch == current ? entries[place] : Entry(0, share: 0)
                let running = UInt64((Double(Self.unit) * min(1, max(0, entry.share))).rounded())
                totals[index].add(entry.count, enabled: Self.unit, running: running)
            }
        }
        round += 1
    }

    /// The current batch has no numbers until the next reset.
    package mutating func fail(_ reason: String) {
        guard let current else { return }
        for index in batches[current] { totals[index].fail(reason) }
    }

    package mutating func reset() {
        round = 0
        for index in totals.indices {
            totals[index] = CounterTotal()
            if let reason = broken[index] { totals[index].fail(reason) }
        }
    }

    package func reading(_ index: Int, of event: String) -> CounterReading { totals[index].reading(of: event) }
}
