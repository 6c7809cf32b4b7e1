/// Which values share one scale and zero point. Activations are always per tensor.
public enum Granularity: Hashable, Sendable {
    case perTensor
    /// One scale per output channel.
    case perChannel
    /// One scale per group of this many input channels.
    case perGroup(Int)
}

/// How real numbers are laid on the integers: r = S(q − Z).
public enum Mapping: String, Hashable, Sendable, CaseIterable, Codable {
    /// The range from minimum to maximum is mapped; the zero point Z is free.
    case affine
    /// Z = 0 (Krishnamoorthi 2018, arXiv:1806.08342, §2.2).
    case symmetric
}

/// How a network's weights and activations become integers: what training simulates and conversion does.
public struct QuantizationScheme: Hashable, Sendable, CustomStringConvertible {
    /// Bits of the weights, 2…8.
    public var weightBits: Int
    public var granularity: Granularity
    public var mapping: Mapping
    /// Bits of the activations, 2…8. They are affine, per tensor.
    public var activationBits: Int

    public init(
        weightBits: Int, granularity: Granularity = .perChannel, mapping: Mapping = .symmetric, activationBits: Int = 8
    ) {
        (self.weightBits, self.granularity) = (weightBits, granularity)
        (self.mapping, self.activationBits) = (mapping, activationBits)
    }

    /// As suites write it: `w4c-a8`, `w8ta-a8`.
    public var description: String {
        let granularityText =
            switch granularity {
            case .perTensor: "t"
            case .perChannel: "c"
            case .perGroup(let size): "g\(size)"
            }
        return "w\(weightBits)\(granularityText)\(mapping == .affine ? "a" : "")-a\(activationBits)"
    }
}
