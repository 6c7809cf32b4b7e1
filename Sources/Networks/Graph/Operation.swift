/// What a node computes. Tensors are NHWC; convolution weights OHWI; depthwise weights HWC; fully connected weights OI.
public enum Operation: Sendable, Hashable {
    /// Dense convolution, SAME or VALID padding.
    case conv2d(Window, outChannels: Int, activation: Activation, batchNorm: Bool)
    /// Depthwise convolution with multiplier 1: as many outputs as inputs.
    case depthwiseConv2d(Window, activation: Activation, batchNorm: Bool)
    /// Matrix product with the flattened input, plus bias.
    case fullyConnected(outputs: Int, activation: Activation)
    case add(activation: Activation)
    /// Concatenation along the channels.
    case concat
    case averagePool(Window)
    case maxPool(Window)
    case pad(Margins)
    case reshape(Shape)
    case softmax
    case argmax
}

/// The fused activation function.
public enum Activation: String, Sendable, Hashable, Codable, CaseIterable {
    case none, relu, relu6

    /// The interval that the activation's output lies in.
    public var bounds: (lower: Float, upper: Float) {
        switch self {
        case .none: (-.infinity, .infinity)
        case .relu: (0, .infinity)
        case .relu6: (0, 6)
        }
    }
}

/// A square or oblong sliding window.
public struct Window: Sendable, Hashable {
    public enum Padding: String, Sendable, Hashable { case same, valid }
    public var height: Int
    public var width: Int
    public var stride: Int
    public var padding: Padding

    public init(_ size: Int, stride: Int = 1, padding: Padding = .same) {
        self.init(height: size, width: size, stride: stride, padding: padding)
    }

    public init(height: Int, width: Int, stride: Int, padding: Padding) {
        (self.height, self.width, self.stride, self.padding) = (height, width, stride, padding)
    }

    /// Output extent: SAME ⌈n/s⌉; VALID ⌊(n − k)/s⌋ + 1, and 0 where the window does not fit: executors refuse that.
    public func output(_ input: Shape, channels: Int) -> Shape {
        switch padding {
        case .same:
            Shape((input.height + stride - 1) / stride, (input.width + stride - 1) / stride, channels)
        case .valid:
            Shape(valid(input.height, height), valid(input.width, width), channels)
        }
    }

    private func valid(_ extent: Int, _ size: Int) -> Int { extent < size ? 0 : (extent - size) / stride + 1 }

    /// Padding at the top and left edge: SAME splits max((out − 1)·s + k − in, 0), the smaller half first.
    public func leading(_ input: Shape) -> (top: Int, left: Int) {
        guard padding == .same else { return (0, 0) }
        let output = output(input, channels: 1)
        return (
            max((output.height - 1) * stride + height - input.height, 0) / 2,
            max((output.width - 1) * stride + width - input.width, 0) / 2
        )
    }
}

/// Rows and columns of padding around an image.
public struct Margins: Sendable, Hashable {
    public var top: Int
    public var bottom: Int
    public var left: Int
    public var right: Int

    public init(top: Int, bottom: Int, left: Int, right: Int) {
        (self.top, self.bottom, self.left, self.right) = (top, bottom, left, right)
    }
}

/// Height, width and channels of one image's tensor; the batch stands outside.
public struct Shape: Sendable, Hashable, CustomStringConvertible {
    public var height: Int
    public var width: Int
    public var channels: Int

    public init(_ height: Int, _ width: Int, _ channels: Int) {
        (self.height, self.width, self.channels) = (height, width, channels)
    }

    public var count: Int { height * width * channels }
    public var description: String { "\(height)×\(width)×\(channels)" }
}
