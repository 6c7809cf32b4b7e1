public import Quantization

/// A network with integer weights and the quantization of every activation tensor: all that the integer-only executor
/// and the reference need.
public struct QuantizedModel: Sendable {
    public struct Layer: Sendable {
        public var weights: QuantizedWeights
        /// At scale S_input·S_weight, zero point 0.
        public var bias: [Int32]
    }

    public var network: Network
    /// One per tensor; 0 is the input.
    public var activations: [QuantizationParameters]
    /// By node name, for nodes with weights.
    public var layers: [String: Layer]
    public var rounding: RoundingMode

    /// Bytes that the model needs on disk: weights at their true width, a 4-byte scale (and zero point, where weights are
    /// affine) per set, 4-byte biases.
    public var modelBytes: Int {
        layers.values.reduce(0) { sum, layer in
            let bits = layer.weights.values.count * layer.weights.range.bits
            let perSet = layer.weights.range.isSigned ? 4 : 8
            return sum + (bits + 7) / 8 + layer.weights.parameters.count * perSet + layer.bias.count * 4
        }
    }
}
