internal import Measurement
internal import Networks
internal import QuantKernels
internal import Results
internal import Suites

/// Profiles the network cells of one workload, layer by layer, before they are timed as wholes: whole and chained inferences
/// of all cells in turn and in random order, so that layers may be compared with each other and with the whole.
struct LayerProfiler {
    let seed: UInt64
    /// Nanoseconds that a cell's chained inferences should take.
    let time: Double

    /// Rounds of a cell, however long they take.
    private static let rounds = 20...300

    /// Sets the layers of the records; leaves them as they are if it was stopped.
    func profile(_ cells: [PreparedCell], shouldStop: () -> Bool) {
        let cost = LayerTimer.clockCost()
        let networks = cells.compactMap { cell in
            cell.executor.map { (cell: cell, timer: LayerTimer($0, clockCost: cost)) }
        }
        for (_, timer) in networks {
            if shouldStop() { return }
            timer.timeWarm()
        }
        let wanted = networks.map { network in
            let once = network.timer.warm.reduce(0, +) * Double(network.timer.iterations)
            return min(max(Int(time / once), Self.rounds.lowerBound), Self.rounds.upperBound)
        }
        var generator = SeededGenerator(seed: seed)
        for round in 0..<(wanted.max() ?? 0) {
            if shouldStop() { return }
            let turns = networks.indices.filter { round < wanted[$0] }.flatMap { [($0, true), ($0, false)] }
            for (index, isChain) in turns.shuffled(using: &generator) {
                isChain ? networks[index].timer.timeChain() : networks[index].timer.timeWhole()
            }
        }
        let profiles = networks.map { LayerRecords(cell: $0.cell, timer: $0.timer) }
        for (network, profile) in zip(networks, profiles) {
            network.cell.record.layers = profile.records(among: profiles)
            network.cell.record.layerSum = profile.sum
        }
    }
}
