public import Networks
public import Quantization

/// Turns what training with simulated quantization has left into the integer-only network that it simulated.
public enum TrainedConversion {
    /// - Parameters:
    ///   - checkpoint: with the tensors of `TrainedRanges`.
    ///   - scheme: the one that it was trained for.
    ///   - signedActivations: int8 instead of uint8: the same levels, 128 further down.
    /// - Throws: `CheckpointError` for missing ranges, `TrainingError` for missing parameters, `QuantizationError`,
    ///   `NetworkError`.
    public static func quantize(
        _ network: Network, _ checkpoint: Checkpoint, scheme: QuantizationScheme, signedActivations: Bool = false,
        rounding: RoundingMode = .gemmlowp
    ) throws -> QuantizedModel {
        let ranges = try TrainedRanges(checkpoint.parameters, of: network, file: checkpoint.file ?? "checkpoint")
        let quantizer = try PostTrainingQuantizer(
            weightBits: scheme.weightBits, granularity: scheme.granularity, mapping: scheme.mapping,
            activationBits: scheme.activationBits, signedActivations: signedActivations, rounding: rounding)
        // An 8-bit image is its own quantization: scale 1/255, real 0 at the lowest integer.
        let image = quantizer.inputRange
        return try quantizer.quantize(
            network, BatchNormFolding.fold(network: network, parameters: checkpoint.parameters),
            calibration: ranges.calibration(of: network),
            inputParameters: QuantizationParameters(scale: 1.0 / 255, zeroPoint: image.lowest, range: image),
            weightScales: ranges.weightScales)
    }
}
