internal import CPlatform

/// What counting itself costs: a region with nothing in it.
public struct ReadingCost: Sendable, Equatable {
    /// Median time of a start and a stop, all threads included, in nanoseconds.
    public let nanoseconds: Double
    /// What an empty region counts, per round; the counts of a real region contain it once.
    public let counts: [CounterReading]
}

extension CounterSession {
    /// Measures empty rounds, outside any other. Forgets the totals before and after.
    public func cost(rounds: Int = 15) -> ReadingCost {
        reset()
        defer { reset() }
        let turns = max(1, batches.count)
        var times: [UInt64] = []
        for _ in 0..<max(1, rounds) * turns {
            let begin = cp_monotonic_ns()
            start()
            stop()
            times.append(cp_monotonic_ns() &- begin)
        }
        times.sort()
        return ReadingCost(
            nanoseconds: Double(times[times.count / 2]),
            counts: readings().map { $0.perIteration(max(1, rounds) * turns) })
    }
}
