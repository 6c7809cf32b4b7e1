internal import Datasets
internal import Networks
internal import QuantKernels
internal import Results

/// Top-1 accuracy and recall at 5 over a whole data split, by the executors that are timed.
package enum AccuracyEvaluation {
    struct Result {
        let correct: Int
        /// Images whose class is among the best five; nil where there are no more classes.
        let amongFive: Int?
        let images: Int

        /// nil of no images.
        var accuracy: Accuracy? { .measured(correct: correct, amongFive: amongFive, of: images) }
    }

    /// - Parameter goOn: told the share of images done, now and then; false ends the evaluation.
    /// - Returns: nil if it was ended.
    static func measure(
        _ model: ImageSweep.Model, on set: ImageDataset, registry: KernelRegistry, goOn: (Double) -> Bool
    ) throws -> Result? {
        let labels = set.labels
        return try ImageSweep(model, on: set, registry: registry)
            .run(goOn: goOn) { image, output in rank(of: Int(labels[image]), in: output) }
            .map { ranks in
                Result(
                    correct: ranks.count { $0 == 0 },
                    amongFive: model.network.classes > 5 ? ranks.count { $0 < 5 } : nil, images: ranks.count)
            }
    }

    /// How many classes are before this one: larger ones, and equal ones of a lower index, as in `ImageSweep.firstLargest`.
    package static func rank(of label: Int, in output: [Float]) -> Int {
        output.indices.count { output[$0] > output[label] || (output[$0] == output[label] && $0 < label) }
    }
}
