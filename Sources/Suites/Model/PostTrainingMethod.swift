/// What quantization after training does beyond the plain way: ranges from minimum to maximum, rounding to nearest.
/// docs/quantization.md has the formulas.
public struct PostTrainingMethod: Hashable, Sendable {
    /// How the ranges of activations follow from the calibration images.
    public enum Calibration: Hashable, Sendable {
        case minMax, meanSquaredError, entropy
        /// Percent of the magnitudes that are not clipped.
        case percentile(Double)
    }

    /// How the ranges of weights are found.
    public enum WeightRange: String, Hashable, Sendable, CaseIterable {
        case minMax = "minmax"
        case meanSquaredError = "mse"
    }

    public enum WeightRounding: Hashable, Sendable {
        case nearest
        /// AdaRound with this many steps per layer.
        case adaptive(steps: Int)
    }

    public static let percentileRange = 50.0..<100
    public static let stepsRange = 1...100_000
    public static let defaultSteps = 500

    public var calibration = Calibration.minMax
    public var weightRange = WeightRange.minMax
    /// Cross-layer equalization.
    public var equalization = false
    public var biasCorrection = false
    public var weightRounding = WeightRounding.nearest

    public init() {}

    /// What differs from the plain way, as the text of numerics spells it, in its order: `mse`, `wmse`, `cle`, `bc`,
    /// `adaround`.
    public var options: [String] {
        var options: [String] = []
        if calibration != .minMax { options.append(calibration.word) }
        if weightRange != .minMax { options.append("w\(weightRange.rawValue)") }
        if equalization { options.append("cle") }
        if biasCorrection { options.append("bc") }
        if weightRounding != .nearest { options.append(weightRounding.word) }
        return options
    }
}

extension PostTrainingMethod.Calibration {
    static let words = "minmax, mse, entropy or p with a percentile from 50 up to, not including, 100, such as p99.99"

    /// `minmax`, `mse`, `entropy`, or `p` with the percentile.
    var word: String {
        switch self {
        case .minMax: "minmax"
        case .meanSquaredError: "mse"
        case .entropy: "entropy"
        case .percentile(let percent): "p" + (percent == percent.rounded() ? "\(Int(percent))" : "\(percent)")
        }
    }

    init?(word: String) {
        switch word {
        case "minmax": self = .minMax
        case "mse": self = .meanSquaredError
        case "entropy": self = .entropy
        default:
            guard word.first == "p", word.dropFirst().allSatisfy({ $0 == "." || $0.isASCII && $0.isNumber }),
                let percent = Double(word.dropFirst()), PostTrainingMethod.percentileRange.contains(percent)
            else { return nil }
            self = .percentile(percent)
        }
    }
}

extension PostTrainingMethod.WeightRounding {
    static let words = "nearest, adaround, or adaround with 1 to 100000 steps, such as adaround1000"

    /// `nearest`, or `adaround` with the steps where they are not the usual number.
    var word: String {
        switch self {
        case .nearest: "nearest"
        case .adaptive(PostTrainingMethod.defaultSteps): "adaround"
        case .adaptive(let steps): "adaround\(steps)"
        }
    }

    init?(word: String) {
        switch word {
        case "nearest": self = .nearest
        case "adaround": self = .adaptive(steps: PostTrainingMethod.defaultSteps)
        default:
            guard word.hasPrefix("adaround"), word.dropFirst(8).allSatisfy({ $0.isASCII && $0.isNumber }),
                let steps = Int(word.dropFirst(8)), PostTrainingMethod.stepsRange.contains(steps)
            else { return nil }
            self = .adaptive(steps: steps)
        }
    }
}
