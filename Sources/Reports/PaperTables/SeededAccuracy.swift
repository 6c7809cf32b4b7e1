import Measurement
import Results

/// The accuracy of one cell, over the seeds of its training.
struct SeededAccuracy {
    /// In percent, one per seed.
    let values: [Double]
    /// Recall at 5, the mean over the seeds; nil unless each has it.
    let recallAt5: Double?
    /// Binomial 95 % interval of the mean, as of one evaluation of the test images: all seeds see the same ones.
    let interval: Interval

    var mean: Double { values.reduce(0, +) / Double(values.count) }

    /// - Returns: nil unless each has an accuracy that was measured on as many images.
    init?(_ records: [Record]) {
        let all = records.compactMap(\.accuracy).filter { $0.provenance == .measured }
        guard let images = all.first?.n, all.count == records.count, all.allSatisfy({ $0.n == images }) else {
            return nil
        }
        values = all.map(\.top1)
        let recalls = all.compactMap(\.top5)
        recallAt5 = recalls.count == all.count ? recalls.reduce(0, +) / Double(recalls.count) : nil
        let mean = values.reduce(0, +) / Double(values.count)
        guard
            let interval = Accuracy.measured(
                correct: Int((mean / 100 * Double(images)).rounded()), of: images)?.ci95
        else { return nil }
        self.interval = interval
    }

    /// `93.25 ±0.51`, and behind it the range over several seeds.
    var text: String { Metric.top1.formatCompact(mean, interval) + range(of: values, .top1) }

    /// The same with recall at 5 behind it, if it is known: `93.25 ±0.51 / 99.87`.
    var textWithRecall: String { text + (recallAt5.map { " / \(Metric.top1.format($0))" } ?? "") }

    /// What it is above another one, in points.
    func difference(from other: SeededAccuracy) -> Difference {
        let changes = values.map { $0 - other.mean }
        let interval = Statistics.differenceInterval((mean, self.interval), (other.mean, other.interval))
        return Difference(
            value: mean - other.mean, interval: interval, changes: changes,
            isNoise: interval.contains(0) || (changes.contains { $0 > 0 } && changes.contains { $0 < 0 }))
    }

    struct Difference {
        let value: Double
        let interval: Interval
        /// One per seed.
        let changes: [Double]
        /// Chance explains it: its interval contains 0, or seeds disagree on its sign.
        let isNoise: Bool

        /// `−2.22 ±0.77`, and behind it the range over several seeds.
        var text: String {
            let half = max(interval.high - value, value - interval.low)
            return "\(Metric.deltaF32.format(value)) ±\(Metric.top1.format(half))" + range(of: changes, .deltaF32)
        }
    }
}

private func range(of values: [Double], _ metric: Metric) -> String {
    guard values.count > 1, let low = values.min(), let high = values.max() else { return "" }
    return " (\(metric.format(low)) to \(metric.format(high)))"
}
