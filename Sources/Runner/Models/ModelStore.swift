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
    private var calibrations: [String: Calibration] = [:]
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
    }

    /// - Throws: `RunnerError.input` for a missing or damaged checkpoint.
    func float(_ workload: NetworkWorkload) throws -> FloatModel {
        if let known = floats[workload.name] { return known }
        guard let family = NetworkFamily.named(workload.family) else {
            throw RunnerError(.input, "unknown network '\(workload.family)'")
        }
        let network = family.network(width: workload.width ?? 1, resolution: workload.resolution)
        let layers: any FoldedLayers
        if family.dataset != nil {
            let parameters = try RunnerError.wrap(.input) { try checkpoints.load(for: network).parameters }
            layers = try RunnerError.wrap(.input, network.name) {
                try BatchNormFolding.fold(network: network, parameters: parameters)
            }
        } else {
            layers = RandomLayers(network, seed: seed)
        }
        let model = FloatModel(
            key: workload.name, network: network, parameters: layers, dataset: family.dataset,
            modelBytes: 4 * network.foldedCount)
        floats[workload.name] = model
        return model
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
        let model = try float(workload)
        let calibration = try calibration(workload, images: numerics.calibrationImages)
        let start = clock.now()
        let scheme = numerics.scheme
        let quantizer = try PostTrainingQuantizer(
            weightBits: scheme.weightBits, granularity: scheme.granularity, mapping: scheme.mapping,
            activationBits: scheme.activationBits,
            signedActivations: numerics.activationsSigned,
            rounding: RoundingMode(rawValue: numerics.rounding.rawValue)!)
        // An 8-bit image is its own quantization: scale 1/255, zero point 0 (int8: −128).
        let input = try QuantizationParameters(
            scale: 1.0 / 255, zeroPoint: numerics.activationsSigned ? -128 : 0,
            range: numerics.activationsSigned ? .int8 : .uint8)
        let result = try quantizer.quantize(
            model.network, model.parameters, calibration: calibration, inputParameters: input)
        if RandomLayers.keeps(model.network) { quantized[key] = result }
        durations[key] = Double(clock.now() - start)
        return result
    }

    /// Nanoseconds of calibrating and quantizing the model: the same for every cell that uses it, whichever came first.
    func calibrationTime(_ workload: NetworkWorkload, _ numerics: QuantizedNumerics) -> Double? {
        guard let ranges = durations["\(workload.name)/\(numerics.calibrationImages)"],
            let quantizing = durations["\(workload.name)/\(numerics)"]
        else { return nil }
        return ranges + quantizing
    }

    /// Ranges over training images, spread evenly over the set; a network with random weights sees a few noise images.
    private func calibration(_ workload: NetworkWorkload, images: Int) throws -> Calibration {
        let key = "\(workload.name)/\(images)"
        if let known = calibrations[key] { return known }
        let start = clock.now()
        let model = try float(workload)
        let pool = ThreadPool(threads: min(2, ProcessInfo.processInfo.activeProcessorCount))
        let size = model.network.input.count
        let result: Calibration
        if let dataset = model.dataset {
            let executor = try FloatExecutor(
                network: model.network, parameters: model.parameters, batch: 16, registry: KernelRegistry(), pool: pool)
            let set = try self.dataset(dataset, split: "train", resolution: model.network.resolution)
            let count = min(images, set.count)
            result = try Calibration(executor, images: count) { range, input in
                set.writeBatch(
                    range.map { $0 * set.count / count },
                    into: UnsafeMutableBufferPointer(rebasing: input.prefix(range.count * size)))
            }
        } else {
            var generator = SeededGenerator(seed: seed &+ 2)
            result = try Calibration(
                model.network, model.parameters, images: min(images, 4), registry: KernelRegistry(), pool: pool
            ) { _, input in
                for (index, value) in noise(input.count, &generator).enumerated() { input[index] = value }
            }
        }
        calibrations[key] = result
        durations[key] = Double(clock.now() - start)
        return result
    }
}

extension Network {
    /// Weights and biases with batch norm folded in: its β becomes the bias.
    var foldedCount: Int {
        parameterShapes.filter { shape in [".weight", ".bias", ".bn.beta"].contains { shape.name.hasSuffix($0) } }
            .reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
}
