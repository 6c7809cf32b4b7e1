/// Counts events over a region that can be repeated, in as many passes as they need and are allowed.
public struct CountingPasses: Sendable {
    /// Per iteration, one for each event asked for, by name.
    public let readings: [CounterReading]
    /// How many passes were made.
    public let passes: Int
    /// Iterations of each pass.
    public let iterations: Int
    public let cost: ReadingCost

    /// Turns of each batch, where batches take turns within a pass.
    private static let turns = 5

    /// Events that fit on the counters together are counted in one pass. Otherwise each part that fits has a pass of its
    /// own, and its events are measured; with fewer passes than parts, the parts of a pass take turns in it, and their events
    /// are multiplexed.
    ///
    /// - Parameters:
    ///   - passes: the most passes, at least 1.
    ///   - iterations: of `run` in each pass, at least; each does the same work.
    public init(
        of events: [String], source: any CounterSource, on team: ThreadTeam, passes: Int, iterations: Int,
        run: () -> Void
    ) {
        let first = source.begin(events, on: team)
        cost = first.cost()
        let parts = Self.parts(events, batches: first.batches, passes: passes)
        if parts.count > 1 { first.close() }
        var most = 0
        var readings: [CounterReading] = []
        for part in parts {
            let session = parts.count > 1 ? source.begin(part, on: team) : first
            let batches = session.batches.count
            let rounds = batches > 1 ? batches * Self.turns : 1
            let each = max(1, (iterations + rounds - 1) / rounds)
            for _ in 0..<rounds {
                session.start()
                for _ in 0..<each { run() }
                session.stop()
            }
            readings += session.readings().map { $0.perIteration(rounds * each) }
            session.close()
            most = max(most, rounds * each)
        }
        let byName = Dictionary(readings.map { ($0.event, $0) }) { first, _ in first }
        self.readings = events.map { byName[$0] ?? .unavailable($0, "was not counted") }
        self.passes = parts.count
        self.iterations = most
    }

    /// The events of each pass. Events of no batch cannot be counted: the first pass says why.
    static func parts(_ events: [String], batches: [[String]], passes: Int) -> [[String]] {
        let count = min(max(1, passes), batches.count)
        guard count > 1 else { return [events] }
        var parts: [[String]] = Array(repeating: [], count: count)
        for (index, batch) in batches.enumerated() { parts[index % count] += batch }
        let counted = Set(batches.joined())
        parts[0] += events.filter { !counted.contains($0) }
        return parts
    }
}
