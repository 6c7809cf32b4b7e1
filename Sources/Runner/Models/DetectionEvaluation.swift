package import Datasets
internal import Measurement
package import Networks
internal import QuantKernels
internal import Results
package import Training

/// Detections over a whole data split: the network by the executors that are timed, decoding and non-maximum suppression in
/// floating point behind them.
enum DetectionEvaluation {
    /// Resampled sets behind the interval of mAP.
    private static let resamples = 200

    /// As `AccuracyEvaluation.measure`; the network has a head and the set objects.
    static func measure(
        _ model: ImageSweep.Model, on set: ImageDataset, registry: KernelRegistry, goOn: (Double) -> Bool
    ) throws -> DetectionQuality? {
        guard let head = model.network.head, let objects = set.labelledBoxes else {
            throw RunnerError(.input, "\(model.network.name) on \(set.name): a detector is measured on boxes")
        }
        let found = try ImageSweep(model, on: set, registry: registry)
            .run(goOn: goOn) { _, output in head.detections(output) }
        guard let found else { return nil }
        var scoring = DetectionScoring(classes: head.classes)
        for (detections, objects) in zip(found, objects) { scoring.add(detections, objects: objects) }
        guard let quality = scoring.quality else {
            throw RunnerError(.input, "\(set.name)/\(set.split) shows no object to be found")
        }
        var generator = SeededGenerator(seed: 1)
        let maps = scoring.resampled(resamples) { Int.random(in: 0..<$0, using: &generator) }.sorted()
        return DetectionQuality(
            map: 100 * quality.map, map50: 100 * quality.map50, precision: quality.precision.map { 100 * $0 },
            recall: 100 * quality.recall, images: set.count,
            ci95: Interval(
                100 * Statistics.percentile(0.025, ofSorted: maps), 100 * Statistics.percentile(0.975, ofSorted: maps)),
            provenance: .measured)
    }
}

extension ImageDataset {
    /// The objects of each image; nil for images that have a class as a whole.
    package var labelledBoxes: [[LabelledBox]]? {
        objects?.map { objects in
            objects.map { object in
                LabelledBox(
                    label: Int(object.label),
                    box: Box(left: object.left, top: object.top, right: object.right, bottom: object.bottom))
            }
        }
    }
}

extension TrainingTargets {
    /// What the images of a set should yield.
    package init(_ set: ImageDataset) {
        self = set.labelledBoxes.map(TrainingTargets.objects) ?? .classes(set.labels)
    }
}
