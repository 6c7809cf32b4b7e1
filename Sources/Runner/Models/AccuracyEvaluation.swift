internal import Datasets
internal import Networks
internal import QuantKernels
internal import Results

/// Top-1 accuracy and recall at 5 over a whole data split, by the executors that are timed.
package enum AccuracyEvaluation {
    struct Result {
        /// Images whose class is the best one, and those where it is among the best five.
        var correct = 0
        var amongFive = 0
        var images = 0
        var classes = 0

        /// nil of no images.
        var accuracy: Accuracy? {
            .measured(correct: correct, amongFive: classes > 5 ? amongFive : nil, of: images)
        }
    }

    /// - Parameter goOn: told the share of images done, now and then; false ends the evaluation.
    /// - Returns: nil if it was ended.
    static func measure(
        _ model: ImageSweep.Model, on set: ImageDataset, registry: KernelRegistry, goOn: (Double) -> Bool
    ) throws -> Result? {
        let labels = set.labels
        return try ImageSweep(model, on: set, registry: registry)
            .run(goOn: goOn) { image, output in (rank(of: Int(labels[image]), in: output), output.count) }
            .map { answers in
                answers.reduce(into: Result()) { result, answer in
                    result.correct += answer.0 == 0 ? 1 : 0
                    result.amongFive += answer.0 < 5 ? 1 : 0
                    result.images += 1
                    result.classes = answer.1
                }
            }
    }

    /// How many classes are before this one: larger ones, and equal ones of a lower index, as in `ImageSweep.firstLargest`.
    package static func rank(of label: Int, in output: [Float]) -> Int {
        output.indices.count { output[$0] > output[label] || (output[$0] == output[label] && $0 < label) }
    }
}
