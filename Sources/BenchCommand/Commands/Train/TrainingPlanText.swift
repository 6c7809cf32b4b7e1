internal import Foundation
internal import Networks
internal import Runner
internal import Suites

/// A plan as text: a line on the whole, then one for each checkpoint.
struct TrainingPlanText {
    let text: String

    /// - Parameter hasState: whether an interrupted training left its state.
    init(_ plan: TrainingPlan, suite: String, hasState: (TrainingJob) -> Bool) {
        guard !plan.entries.isEmpty else {
            text = "\(suite): no checkpoint is needed that could be trained here"
            return
        }
        let missing = plan.missing.count
        let (count, there) = (plural(plan.entries.count, "checkpoint"), plan.entries.count - missing)
        var lines = [
            "\(suite) needs \(count): "
                + (missing == 0 ? "all are there, nothing to train" : "\(there) there, \(missing) to train")
        ]
        let width = plan.entries.map(\.job.name.count).max()!
        var number = 0
        for entry in plan.entries {
            let job = entry.job
            let name = job.name.padding(toLength: width, withPad: " ", startingAt: 0)
            if let path = entry.path {
                lines.append("  there  \(name)  \(path)")
            } else {
                number += 1
                // The images do not matter to the number of epochs.
                let epochs = plural(job.settledRecipe(images: 1).epochs!, "epoch")
                let macs = String(format: "%.1f MMAC", Double(job.network.macs) / 1e6)
                lines.append(
                    String(format: "  %5d", number) + "  \(name)  \(epochs) of \(macs) an image"
                        + (hasState(job) ? ", goes on where it was interrupted" : ""))
            }
        }
        text = lines.joined(separator: "\n")
    }
}
