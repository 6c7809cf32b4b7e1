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

/// Where folded layers come from: a dictionary, or what makes each one when it is asked for, so that a network's weights
/// need not all be in memory at once.
public protocol FoldedLayers: Sendable {
    /// The layer of a node; nil if there is none.
    subscript(node: String) -> FoldedLayer? { get }
}

extension FoldedParameters: FoldedLayers {}
