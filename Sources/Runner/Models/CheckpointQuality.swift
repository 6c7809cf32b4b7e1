internal import Datasets
internal import Foundation
public import Networks
internal import QuantKernels
public import Results
public import Suites
internal import Training

/// What a trained checkpoint is worth, measured by the kernels that suites time: as a network for classes or as a detector.
public enum CheckpointQuality: Sendable, Equatable {
    case classes(correct: Int, images: Int)
    case detection(DetectionQuality)

    /// - Parameters:
    ///   - numerics: of training with simulated quantization: measured on integers alone; nil measures in floats.
    ///   - goOn: told the share of images done, now and then; false ends the evaluation.
    /// - Returns: nil if it was ended.
    /// - Throws: `RunnerError`.
    public static func measure(
        _ network: Network, _ checkpoint: Checkpoint, _ numerics: QuantizedNumerics?, dataset: String, split: String,
        goOn: (_ share: Double) -> Bool
    ) throws -> CheckpointQuality? {
        let set = try RunnerError.wrap(.input) {
            try DatasetCatalogue.named(dataset).load(split: split).resized(to: network.resolution)
        }
        return try RunnerError.wrap(.failure) {
            let model: ImageSweep.Model =
                if let numerics {
                    .integer(try TrainedConversion.quantize(network, checkpoint, scheme: numerics.scheme))
                } else {
                    .float(
                        ModelStore.FloatModel(
                            key: network.name, network: network,
                            parameters: try BatchNormFolding.fold(network: network, parameters: checkpoint.parameters),
                            dataset: dataset, modelBytes: 4 * network.foldedCount))
                }
            if network.head != nil {
                return try DetectionEvaluation.measure(model, on: set, registry: KernelRegistry(), goOn: goOn)
                    .map(CheckpointQuality.detection)
            }
            return try AccuracyEvaluation.measure(model, on: set, registry: KernelRegistry(), goOn: goOn)
                .map { .classes(correct: $0.correct, images: $0.images) }
        }
    }

    /// For people: `93.25 %`, or `mAP 61.20 %, precision 80.11 %, recall 70.52 %`.
    public var text: String {
        func percent(_ value: Double) -> String { String(format: "%.2f %%", value) }
        switch self {
        case .classes(let correct, let images): return percent(100 * Double(correct) / Double(images))
        case .detection(let found):
            let (precision, recall) = (found.precision.map(percent) ?? "–", found.recall.map(percent) ?? "–")
            return "mAP \(percent(found.map)), precision \(precision), recall \(recall)"
        }
    }
}
