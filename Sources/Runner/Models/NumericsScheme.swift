public import Networks
public import Quantization
public import Suites

extension QuantizedNumerics {
    /// What conversion and training with simulated quantization need to know of the numerics.
    public var scheme: QuantizationScheme {
        let granularity: Quantization.Granularity =
            switch granularity {
            case .tensor: .perTensor
            case .channel: .perChannel
            case .group(let size): .perGroup(size)
            }
        return QuantizationScheme(
            weightBits: weightBits, granularity: granularity, mapping: mapping == .affine ? .affine : .symmetric,
            activationBits: activationBits)
    }

    /// The training that numerics with `-qat` run.
    public var trainingKind: TrainingKind { .integers(scheme, seed: seed) }
}
