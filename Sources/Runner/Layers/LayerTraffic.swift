package import Counters
internal import Networks
internal import QuantKernels
internal import Results

/// Counts what each layer gets from beyond the last cache, inside the chain: in inferences of their own, since starting and
/// stopping counters costs more than many a layer.
package struct LayerTraffic {
    /// The quantity of the counter groups that is counted.
    package static let misses = "L3_MISSES"
    /// Inferences per layer.
    private static let rounds = 10

    private let source: any CounterSource
    private let selection: CounterSelection

    package init(_ source: any CounterSource, groups: GroupLibrary) {
        self.source = source
        selection = groups.select([Self.misses], source: source)
    }

    /// Adds the counts of one inference, or the reason why there are none, to the records of the cell's layers.
    func count(_ prepared: PreparedCell) {
        guard let executor = prepared.executor, let layers = prepared.record.layers else { return }
        let pool = prepared.pool
        let team = ThreadTeam(count: pool.threads) { body in
            pool.runOnEachThread(LoopOperator { part in body(part.index) })
        }
        let counts = count(steps: layers.count, on: team) { executor.runSteps(afterEach: $0) }
        for (index, count) in counts.enumerated() {
            prepared.record.layers?[index].counters?[Self.misses] = count.quantity
        }
    }

    /// - Parameter run: an inference that tells each step that is done.
    package func count(steps: Int, on team: ThreadTeam, run: (_ afterEach: (Int) -> Void) -> Void) -> [CounterReading] {
        let events = selection.events
        guard !events.isEmpty else {
            return Array(repeating: selection.quantities([])[0], count: steps)
        }
        return (0..<steps).map { step in
            let session = source.begin(events, on: team)
            defer { session.close() }
            for _ in 0..<Self.rounds {
                if step == 0 { session.start() }
                run { done in
                    if done == step { session.stop() }
                    if done == step - 1 { session.start() }
                }
            }
            return selection.quantities(session.readings().map { $0.perIteration(Self.rounds) })[0]
        }
    }
}
