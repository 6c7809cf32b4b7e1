package import Counters

/// What an event should count in one run of a loop, and how far off is still right.
package struct KnownCount {
    package enum Amount: Equatable {
        case count(Double)
        /// Nanoseconds of processor time, as the kernel accounts them to the thread during the run.
        case threadTime
    }

    package let role: Role
    package let amount: Amount
    /// Relative to the amount: −0.01 … 0.05 accepts 1 % less to 5 % more.
    let tolerance: ClosedRange<Double>
    /// Counts more that do not grow with the work: starting and stopping the counter, a page table's walk.
    let slack: Double

    package static func count(
        _ role: Role, _ amount: Double, within tolerance: ClosedRange<Double> = 0...0, slack: Double = 0
    ) -> KnownCount {
        KnownCount(role: role, amount: .count(amount), tolerance: tolerance, slack: slack)
    }

    package static func threadTime(_ role: Role) -> KnownCount {
        // The clock is read outside the counter, so the counter sees a little less; both are the kernel's.
        KnownCount(role: role, amount: .threadTime, tolerance: -0.02...0.02, slack: 50_000)
    }

    /// The comparison of one loop, counted or not.
    /// - Parameters:
    ///   - threadTime: nanoseconds that the kernel accounted; for expectations of a count without meaning.
    ///   - reading: nil if the event cannot be counted.
    package func comparison(work: String, threadTime: Double, reading: CounterReading?) -> Comparison {
        let expected = if case .count(let count) = amount { count } else { threadTime }
        // Nothing can count less than nothing.
        var comparison = Comparison(
            work: work, expected: expected,
            lowest: max(0, expected * (1 + tolerance.lowerBound) - (amount == .threadTime ? slack : 0)),
            highest: expected * (1 + tolerance.upperBound) + slack)
        guard let reading, let counted = reading.value else { return comparison }
        comparison.counted = counted
        comparison.provenance = reading.provenance.word
        switch reading.provenance {
        case .multiplexed(let share): comparison.detail = Self.share(share)
        case .derived(let formula, let share):
            comparison.detail = share < 1 ? "\(formula), \(Self.share(share))" : formula
        case .measured, .unavailable: break
        }
        comparison.errorPercent = expected > 0 ? 100 * (counted / expected - 1) : nil
        comparison.agrees = (comparison.lowest...comparison.highest).contains(counted)
        return comparison
    }

    private static func share(_ share: Double) -> String { "\(Int((100 * share).rounded())) % of the runs" }
}

extension EventReport {
    /// The verdict over all loops: one that disagrees is enough, and so is one in which the counter failed.
    package init(_ event: String, comparisons: [Comparison], failure: String?) {
        let verdict: Verdict =
            if failure != nil {
                .unavailable
            } else if comparisons.contains(where: { $0.agrees == false }) {
                .contradicted
            } else if comparisons.isEmpty {
                .unverified
            } else {
                .trusted
            }
        self.init(event: event, verdict: verdict, reason: failure, comparisons: comparisons)
    }
}
