internal import Foundation
internal import Training

/// What is said while networks are trained: a note after each epoch, and between them a line that is written over.
struct TrainingDisplay {
    let quiet: Bool
    let line: ProgressLine
    /// Which of several trainings this is, such as `2/12 fashion_mobilenet_v1_0.25_28`; nil for a single one.
    var title: String?

    init(quiet: Bool, noProgress: Bool) {
        self.quiet = quiet
        line = ProgressLine(enabled: !quiet && !noProgress)
    }

    func note(_ text: @autoclosure () -> String) {
        line.clear()
        if !quiet { Console.note(text()) }
    }

    /// - Parameters:
    ///   - hits: what it means that an image is a hit, such as `accuracy`.
    ///   - leftOfAll: seconds until the last training's end.
    func show(_ progress: TrainingProgress, hits: String, leftOfAll: Double?) {
        let epoch = "epoch \(progress.epoch)/\(progress.epochs)"
        let rate = progress.imagesPerSecond.map { String(format: "%.0f images/s", $0) }
        let left = progress.secondsLeft.flatMap { $0 > 0 ? "\(ProgressLine.time($0)) left" : nil }
        let all = leftOfAll.map { "\(ProgressLine.time($0)) left of all" }
        let loss = String(format: "loss %.4f", progress.loss)
        let training = String(format: "training \(hits) %.2f %%", progress.accuracy * 100)
        if let validation = progress.validation {
            let test = String(format: "test \(hits) %.2f %%", validation.accuracy * 100)
            let parts = [loss, training, test, rate, left, all].compactMap(\.self)
            note((title.map { "\($0), " } ?? "") + "\(epoch): \(parts.joined(separator: ", "))")
        } else {
            let done = Double(progress.epoch - 1) + Double(progress.step) / Double(progress.steps)
            // What matters most stands first: a narrow terminal cuts off the end.
            let parts = [title, epoch, left, all, rate, loss, training].compactMap(\.self)
            line.show(
                "\(ProgressLine.bar(done / Double(progress.epochs), width: 12)) \(parts.joined(separator: ", "))")
        }
    }
}
