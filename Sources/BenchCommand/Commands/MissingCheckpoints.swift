internal import Networks
internal import Runner
internal import Suites

/// What a run says of checkpoints that its cells need and that are not there.
struct MissingCheckpoints {
    /// How many there are and what makes them; nil if none is missing.
    let sentence: String?
    private let stopsRuns: Bool

    /// - Parameter filter: what the cells were chosen by.
    init(_ cells: [Cell], of suite: Suite, filter: String?, _ checkpoints: CheckpointStore) {
        let missing = TrainingPlan(cells, training: suite.training, checkpoints: checkpoints).missing
        // Integers that are missing cost only their cells.
        stopsRuns = missing.contains { $0.kind == .float }
        guard !missing.isEmpty else {
            sentence = nil
            return
        }
        let command =
            "bench train --suite \(shellQuoted(suite.file))" + (filter.map { " --filter \(shellQuoted($0))" } ?? "")
        let them = missing.count == 1 ? "checkpoint" : "\(missing.count) checkpoints"
        sentence = "`\(command)` makes the \(them) that cells lack"
    }

    /// Whether a run that failed so may have failed for want of a checkpoint.
    func explains(_ error: RunnerError) -> Bool { stopsRuns && error.kind == .input }
}
