internal import Networks
internal import Quantization
internal import Suites

extension PostTrainingQuantizer {
    /// The quantizer that a suite's numerics describe; equalization comes before it.
    ///
    /// - Throws: `QuantizationError` for what the scheme cannot do.
    init(_ numerics: QuantizedNumerics) throws(QuantizationError) {
        let (scheme, method) = (numerics.scheme, numerics.method)
        try self.init(
            weightBits: scheme.weightBits, granularity: scheme.granularity, mapping: scheme.mapping,
            activationBits: scheme.activationBits, signedActivations: numerics.activationsSigned,
            clipping: method.weightRange == .meanSquaredError ? .meanSquaredError : .none,
            rounding: RoundingMode(rawValue: numerics.rounding.rawValue)!)
        ranges = method.calibration.quantization
        correctsBias = method.biasCorrection
        if case .adaptive(let steps) = method.weightRounding { weightRounding = AdaptiveRounding(steps: steps) }
    }
}

extension PostTrainingMethod.Calibration {
    fileprivate var quantization: RangeMethod {
        switch self {
        case .minMax: .minMax
        case .meanSquaredError: .meanSquaredError
        case .entropy: .entropy
        case .percentile(let percent): .percentile(percent)
        }
    }
}
