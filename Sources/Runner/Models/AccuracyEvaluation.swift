internal import Datasets
internal import Networks
internal import QuantKernels
internal import Results

/// Top-1 accuracy over a whole data split, by the executors that are timed.
enum AccuracyEvaluation {
    /// - Parameter goOn: told the share of images done, now and then; false ends the evaluation.
    /// - Returns: nil if it was ended.
    static func measure(
        _ model: ImageSweep.Model, on set: ImageDataset, registry: KernelRegistry, goOn: (Double) -> Bool
    ) throws -> (correct: Int, images: Int)? {
        let labels = set.labels
        return try ImageSweep(model, on: set, registry: registry)
            .run(goOn: goOn) { image, output in ImageSweep.firstLargest(output) == Int(labels[image]) }
            .map { ($0.count { $0 }, $0.count) }
    }
}
