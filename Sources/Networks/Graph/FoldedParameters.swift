/// A layer's weight and bias as inference needs them: batch norm folded in.
public struct FoldedLayer: Sendable, Equatable {
    /// OHWI (convolution), HWC (depthwise), OI (fully connected).
    public var weight: [Float]
    /// One per output channel.
    public var bias: [Float]

    public init(weight: [Float], bias: [Float]) { (self.weight, self.bias) = (weight, bias) }
}

/// Folded layers by node name.
public typealias FoldedParameters = [String: FoldedLayer]
