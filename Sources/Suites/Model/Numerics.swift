/// How numbers are represented in a cell.
public enum Numerics: Hashable, Sendable {
    /// 32-bit floats throughout: what the others are compared with.
    case f32
    /// Integers throughout.
    case quantized(QuantizedNumerics)

    /// The numerics that the text `int8` means: `w8c-a8-ptq`.
    public static let int8 = Numerics.quantized(QuantizedNumerics(weightBits: 8))
}

/// Weights and activations as integers, and how they became so.
public struct QuantizedNumerics: Hashable, Sendable {
    public enum Granularity: Hashable, Sendable {
        case tensor
        /// One scale per output channel.
        case channel
        /// One scale per this many input channels.
        case group(Int)
    }

    public enum Mapping: String, Hashable, Sendable, CaseIterable {
        case symmetric, affine
    }

    public enum Training: String, Hashable, Sendable, CaseIterable {
        /// Quantized after training in float.
        case ptq
        /// Trained with simulated quantization.
        case qat
    }

    /// The rounding of requantization; docs/quantization.md says what each computes.
    public enum Rounding: String, Hashable, Sendable, CaseIterable {
        case gemmlowp, single, ruy, fp32
    }

    public static let weightBitsRange = 2...8
    public static let activationBitsRange = 2...8
    public static let groupRange = 1...65_536
    public static let calibrationImagesRange = 1...1_000_000
    public static let defaultCalibrationImages = 1024
    public static let seedRange = 1...1_000_000

    public var weightBits: Int
    public var granularity: Granularity
    public var mapping: Mapping
    public var activationBits: Int
    public var activationsSigned: Bool
    public var training: Training
    /// Tells trainings of one scheme apart, which differ in the order of the images; 1 for `ptq`.
    public var seed: Int
    public var rounding: Rounding
    /// Training images that set the activations' ranges. Without meaning for `qat`, whose ranges come from training.
    public var calibrationImages: Int
    /// What is done after training beyond rounding to nearest; nothing for `qat`.
    public var method = PostTrainingMethod()

    public init(
        weightBits: Int, granularity: Granularity = .channel, mapping: Mapping = .symmetric, activationBits: Int = 8,
        activationsSigned: Bool = false, training: Training = .ptq, seed: Int = 1, rounding: Rounding = .gemmlowp,
        calibrationImages: Int = defaultCalibrationImages
    ) {
        (self.weightBits, self.granularity, self.mapping) = (weightBits, granularity, mapping)
        (self.activationBits, self.activationsSigned) = (activationBits, activationsSigned)
        (self.training, self.seed, self.rounding) = (training, seed, rounding)
        self.calibrationImages = calibrationImages
    }
}

extension Numerics: CustomStringConvertible {
    /// The canonical text: `f32`, `w8c-a8-ptq`, `w4g32a-a8-qat+seed2+single`. It tells apart whatever differs, and parses back.
    public var description: String {
        switch self {
        case .f32: "f32"
        case .quantized(let numerics): numerics.description
        }
    }
}

extension QuantizedNumerics: CustomStringConvertible {
    public var description: String {
        let granularityText =
            switch granularity {
            case .tensor: "t"
            case .channel: "c"
            case .group(let size): "g\(size)"
            }
        var text = "w\(weightBits)\(granularityText)\(mapping == .affine ? "a" : "")-a\(activationBits)-\(training)"
        if seed != 1 { text += "+seed\(seed)" }
        if activationsSigned { text += "+signed" }
        if rounding != .gemmlowp { text += "+\(rounding)" }
        if calibrationImages != Self.defaultCalibrationImages { text += "+cal\(calibrationImages)" }
        return text + method.options.map { "+\($0)" }.joined()
    }
}
