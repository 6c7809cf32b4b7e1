public import Quantization

/// Which of a network's trainings a checkpoint comes from.
public enum TrainingKind: Hashable, Sendable, CustomStringConvertible {
    case float
    /// With simulated quantization of this scheme. Trainings with other seeds start from the same float checkpoint.
    case integers(QuantizationScheme, seed: Int = 1)

    /// As suites write it: `f32`, `w4c-a8-qat`, `w4c-a8-qat+seed2`.
    public var description: String {
        switch self {
        case .float: "f32"
        case .integers(let scheme, let seed): "\(scheme)-qat" + (seed == 1 ? "" : "+seed\(seed)")
        }
    }

    /// The flags of `bench train` that ask for it.
    var flags: [String] {
        switch self {
        case .float: []
        case .integers(let scheme, let seed): ["--qat \(scheme)"] + (seed == 1 ? [] : ["--seed \(seed)"])
        }
    }
}
