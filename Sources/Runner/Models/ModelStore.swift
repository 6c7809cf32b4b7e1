internal import Datasets
internal import Foundation
internal import Measurement
internal import Networks
internal import QuantKernels
internal import Quantization
internal import Suites
internal import Training

/// Networks with their parameters, datasets, calibrations and quantized models, each made once per run.
final class ModelStore {
    let checkpoints: CheckpointStore
    private let seed: UInt64
    private let clock = MonotonicClock()
    private var floats: [String: FloatModel] = [:]
    private var quantized: [String: QuantizedModel] = [:]
    var simulatedModels: [String: SimulatedModel] = [:]
    private var equalized: [String: FloatModel] = [:]
    private var calibrations: [String: Calibration] = [:]
    private var statistics: [String: InputStatistics] = [:]
    /// Nanoseconds that making a calibration or a quantized model took, by its key.
    private var durations: [String: Double] = [:]
    private var datasets: [String: ImageDataset] = [:]

    init(checkpoints: CheckpointStore, seed: UInt64) { (self.checkpoints, self.seed) = (checkpoints, seed) }

    /// A network, its folded parameters, and where calibration images come from.
    struct FloatModel {
        /// Tells models apart: the network's name, or that of its checkpoint for other integers.
        let key: String
        let network: Network
        let parameters: any FoldedLayers
        /// Set for networks that are trained here.
        let dataset: String?
        /// What the float model takes on disk: 4 bytes for each weight and bias.
        let modelBytes: Int
        /// The command that trained it, if its checkpoint tells.
        var trainedBy: String?
    }

    /// - Throws: `RunnerError.input` for a missing or damaged checkpoint.
    func float(_ workload: NetworkWorkload) throws -> FloatModel {
        if let known = floats[workload.name] { return known }
        guard let family = NetworkFamily.named(workload.family) else {
            throw RunnerError(.input, "unknown network '\(workload.family)'")
        }
        let network = family.network(width: workload.width ?? 1, resolution: workload.resolution)
        let layers: any FoldedLayers
        var trainedBy: String?
        if family.dataset != nil {
            let checkpoint = try RunnerError.wrap(.input) { try checkpoints.load(for: network) }
            layers = try RunnerError.wrap(.input, network.name) {
                try BatchNormFolding.fold(network: network, parameters: checkpoint.parameters)
            }
            trainedBy = checkpoint.metadata["command"]
        } else {
            layers = RandomLayers(network, seed: seed)
        }
        let model = FloatModel(
            key: workload.name, network: network, parameters: layers, dataset: family.dataset,
            modelBytes: 4 * network.foldedCount, trainedBy: trainedBy)
        floats[workload.name] = model
        return model
    }

    /// Why this network cannot run, with the command that trains it; nil if it has a checkpoint or needs none.
    func missingCheckpoint(_ workload: NetworkWorkload) -> String? {
        guard floats[workload.name] == nil, let family = NetworkFamily.named(workload.family), family.dataset != nil
        else { return nil }
        let network = family.network(width: workload.width ?? 1, resolution: workload.resolution)
        guard checkpoints.path(for: network) == nil, let command = checkpoints.trainingCommand(for: network) else {
            return nil
        }
        return "no checkpoint, \(CheckpointStore.fileName(for: network)): make it with `\(command)`"
    }

    /// The split of a dataset at this resolution.
    /// - Throws: `RunnerError.input` for a missing or damaged file.
    func dataset(_ name: String, split: String, resolution: Int) throws -> ImageDataset {
        let key = "\(name)/\(split)/\(resolution)"
        if let known = datasets[key] { return known }
        let set = try RunnerError.wrap(.input) {
            try DatasetCatalogue.named(name).load(split: split).resized(to: resolution)
        }
        datasets[key] = set
        return set
    }

    /// The input that cells of this network are timed and checked on: the first test image, or noise in [0, 1].
    func image(_ model: FloatModel) throws -> [Float] {
        if let dataset = model.dataset {
            return try self.dataset(dataset, split: "test", resolution: model.network.resolution).batch([0])
        }
        var generator = SeededGenerator(seed: seed &+ 1)
        return noise(model.network.input.count, &generator)
    }

    private func noise(_ count: Int, _ generator: inout SeededGenerator) -> [Float] {
        (0..<count).map { _ in Float.random(in: 0...1, using: &generator) }
    }

    /// The model after training, quantized as `numerics` says. That of a large network is made anew for each cell, so that it
    /// does not stay beside its packed form.
    /// - Throws: `QuantizationError` for what the scheme cannot do; `NetworkError`.
    func quantized(_ workload: NetworkWorkload, _ numerics: QuantizedNumerics) throws -> QuantizedModel {
        let key = "\(workload.name)/\(numerics)"
        if let known = quantized[key] { return known }
        if numerics.training == .qat { return try simulated(workload, numerics).integer }
        let model = try source(workload, numerics)
        let calibration = try calibration(model, numerics)
        let statistics = try inputStatistics(model, numerics)
        let start = clock.now()
        let quantizer = try PostTrainingQuantizer(numerics)
        // An 8-bit image is its own quantization: scale 1/255, zero point 0 (int8: −128).
        let input = try QuantizationParameters(
            scale: 1.0 / 255, zeroPoint: numerics.activationsSigned ? -128 : 0,
            range: numerics.activationsSigned ? .int8 : .uint8)
        let result = try quantizer.quantize(
            model.network, model.parameters, calibration: calibration, inputParameters: input, statistics: statistics)
        if RandomLayers.keeps(model.network) { quantized[key] = result }
        durations[key] = Double(clock.now() - start)
        return result
    }

    /// Nanoseconds of calibrating and quantizing the model: the same for every cell that uses it, whichever came first.
    func calibrationTime(_ workload: NetworkWorkload, _ numerics: QuantizedNumerics) -> Double? {
        guard let quantizing = durations["\(workload.name)/\(numerics)"] else { return nil }
        let keys: [String?] = [calibrationKey(workload.name, numerics), statisticsKey(workload.name, numerics)]
        return keys.compactMap { $0.flatMap { durations[$0] } }.reduce(quantizing, +)
    }

    /// The float model that is quantized: equalized, if the numerics say so.
    private func source(_ workload: NetworkWorkload, _ numerics: QuantizedNumerics) throws -> FloatModel {
        let model = try float(workload)
        guard numerics.method.equalization else { return model }
        let key = "\(workload.name)/\(numerics.calibrationImages)/equalized"
        if let known = equalized[key] { return known }
        let training = try requiredImages(model, numerics)
        let peaks = try ChannelPeaks(training.executor, images: training.count, load: training.load)
        let result = FloatModel(
            key: key, network: model.network,
            parameters: try CrossLayerEqualization.apply(model.network, model.parameters, peaks: peaks),
            dataset: model.dataset, modelBytes: model.modelBytes, trainedBy: model.trainedBy)
        equalized[key] = result
        return result
    }

    private func calibrationKey(_ network: String, _ numerics: QuantizedNumerics) -> String {
        "\(network)/\(numerics.calibrationImages)" + (numerics.method.equalization ? "/equalized" : "")
            + (numerics.method.calibration == .minMax ? "" : "/histograms")
    }

    /// nil where the numerics need none.
    private func statisticsKey(_ network: String, _ numerics: QuantizedNumerics) -> String? {
        let method = numerics.method
        guard method.biasCorrection || method.weightRounding != .nearest else { return nil }
        return "\(network)/\(numerics.calibrationImages)/inputs" + (method.equalization ? "/equalized" : "")
            + (method.weightRounding == .nearest ? "" : "/products")
    }

    /// Ranges over training images; a network with random weights sees a few noise images.
    private func calibration(_ model: FloatModel, _ numerics: QuantizedNumerics) throws -> Calibration {
        let key = calibrationKey(model.network.name, numerics)
        if let known = calibrations[key] { return known }
        let start = clock.now()
        let histograms = numerics.method.calibration != .minMax
        let result: Calibration
        if let training = try trainingImages(model, numerics) {
            result = try Calibration(
                training.executor, images: training.count, histograms: histograms, load: training.load)
        } else {
            var generator = SeededGenerator(seed: seed &+ 2)
            result = try Calibration(
                model.network, model.parameters, images: min(numerics.calibrationImages, 4), histograms: histograms,
                registry: KernelRegistry(), pool: Self.pool
            ) { _, input in
                for (index, value) in noise(input.count, &generator).enumerated() { input[index] = value }
            }
        }
        calibrations[key] = result
        durations[key] = Double(clock.now() - start)
        return result
    }

    /// What bias correction and AdaRound learn from; nil where the numerics ask for neither.
    private func inputStatistics(_ model: FloatModel, _ numerics: QuantizedNumerics) throws -> InputStatistics? {
        guard let key = statisticsKey(model.network.name, numerics) else { return nil }
        if let known = statistics[key] { return known }
        let start = clock.now()
        let training = try requiredImages(model, numerics)
        let result = try InputStatistics(
            training.executor, images: training.count, products: numerics.method.weightRounding != .nearest,
            load: training.load)
        statistics[key] = result
        durations[key] = Double(clock.now() - start)
        return result
    }

    private static var pool: ThreadPool { ThreadPool(threads: min(2, ProcessInfo.processInfo.activeProcessorCount)) }

    private typealias TrainingImages = (
        executor: FloatExecutor, count: Int, load: (Range<Int>, UnsafeMutableBufferPointer<Float>) -> Void
    )

    /// For methods that `NetworkCells` leaves out where there is no dataset.
    private func requiredImages(_ model: FloatModel, _ numerics: QuantizedNumerics) throws -> TrainingImages {
        guard let images = try trainingImages(model, numerics) else {
            throw RunnerError(.failure, "\(model.network.name) has no dataset to quantize it by '\(numerics)'")
        }
        return images
    }

    /// A float executor and what loads its images: training images, spread evenly over the set. nil without a dataset.
    private func trainingImages(
        _ model: FloatModel, _ numerics: QuantizedNumerics
    ) throws -> TrainingImages? {
        guard let dataset = model.dataset else { return nil }
        let executor = try FloatExecutor(
            network: model.network, parameters: model.parameters, batch: 16, registry: KernelRegistry(), pool: Self.pool
        )
        let set = try self.dataset(dataset, split: "train", resolution: model.network.resolution)
        let (count, size) = (min(numerics.calibrationImages, set.count), model.network.input.count)
        return (
            executor, count,
            { range, input in
                set.writeBatch(
                    range.map { $0 * set.count / count },
                    into: UnsafeMutableBufferPointer(rebasing: input.prefix(range.count * size)))
            }
        )
    }
}

extension Network {
    /// Weights and biases with batch norm folded in: its β becomes the bias.
    var foldedCount: Int {
        parameterShapes.filter { shape in [".weight", ".bias", ".bn.beta"].contains { shape.name.hasSuffix($0) } }
            .reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
}
