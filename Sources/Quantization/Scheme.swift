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
