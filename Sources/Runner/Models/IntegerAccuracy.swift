internal import Datasets
public import Networks
internal import QuantKernels
public import Suites
internal import Training

/// What a checkpoint of training with simulated quantization is worth: measured by the integer kernels.
public enum IntegerAccuracy {
    /// How many images of the split are named rightly.
    ///
    /// - Parameter goOn: told the share of images done, now and then; false ends the evaluation.
    /// - Returns: nil if it was ended.
    /// - Throws: `RunnerError`.
    public static func measure(
        _ network: Network, _ checkpoint: Checkpoint, _ numerics: QuantizedNumerics, dataset: String, split: String,
        goOn: (_ share: Double) -> Bool
    ) throws -> (correct: Int, images: Int)? {
        let set = try RunnerError.wrap(.input) {
            try DatasetCatalogue.named(dataset).load(split: split).resized(to: network.resolution)
        }
        return try RunnerError.wrap(.failure) {
            let model = try TrainedConversion.quantize(network, checkpoint, scheme: numerics.scheme)
            return try AccuracyEvaluation.integer(model, on: set, registry: KernelRegistry(), goOn: goOn)
                .map { ($0.correct, $0.images) }
        }
    }
}
