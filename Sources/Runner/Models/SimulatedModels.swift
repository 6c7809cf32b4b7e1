internal import Networks
internal import Quantization
internal import Suites
internal import Training

/// Networks that were trained for the integers that they run with.
extension ModelStore {
    /// Such a network: the integers, and the same parameters without rounding.
    struct SimulatedModel {
        let integer: QuantizedModel
        let float: FloatModel
    }

    /// Why there is no such network for these numerics, with the command that makes it; nil if there is a checkpoint.
    /// - Throws: `QuantizationError` for a scheme that cannot be trained.
    func missingTraining(_ workload: NetworkWorkload, _ numerics: QuantizedNumerics) throws -> String? {
        let network = try float(workload).network
        try numerics.scheme.checkWeights()
        guard checkpoints.path(for: network, numerics.trainingKind) == nil else { return nil }
        let file = CheckpointStore.fileName(for: network, numerics.trainingKind)
        guard let command = checkpoints.trainingCommand(for: network, numerics.trainingKind) else {
            return "no checkpoint of quantization-aware training: \(network.family) is not trained here"
        }
        return "no checkpoint of quantization-aware training, \(file): make it with `\(command)`"
    }

    /// Reads the checkpoint if there is one, so that a damaged one is said early.
    func checkTraining(_ workload: NetworkWorkload, _ numerics: QuantizedNumerics) throws {
        if checkpoints.path(for: try float(workload).network, numerics.trainingKind) != nil {
            _ = try simulated(workload, numerics)
        }
    }

    /// - Throws: `RunnerError.input` for a missing or damaged checkpoint.
    func simulated(_ workload: NetworkWorkload, _ numerics: QuantizedNumerics) throws -> SimulatedModel {
        let key = "\(workload.name)/\(numerics)"
        if let known = simulatedModels[key] { return known }
        let float = try float(workload)
        let (network, scheme, kind) = (float.network, numerics.scheme, numerics.trainingKind)
        let checkpoint = try RunnerError.wrap(.input) { try checkpoints.load(for: network, kind) }
        let integer = try RunnerError.wrap(.input, network.name) {
            try TrainedConversion.quantize(
                network, checkpoint, scheme: scheme, signedActivations: numerics.activationsSigned,
                rounding: RoundingMode(rawValue: numerics.rounding.rawValue)!)
        }
        let folded = try RunnerError.wrap(.input, network.name) {
            try BatchNormFolding.fold(network: network, parameters: checkpoint.parameters)
        }
        let model = SimulatedModel(
            integer: integer,
            float: FloatModel(
                key: CheckpointStore.fileName(for: network, kind), network: network, parameters: folded,
                dataset: float.dataset, modelBytes: float.modelBytes, trainedBy: checkpoint.metadata["command"]))
        simulatedModels[key] = model
        return model
    }

    /// What an integer model's output is compared with: the parameters that it was made of, without rounding.
    func float(behind workload: NetworkWorkload, _ numerics: QuantizedNumerics) throws -> FloatModel {
        numerics.training == .qat ? try simulated(workload, numerics).float : try float(workload)
    }
}
