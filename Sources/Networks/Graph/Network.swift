/// A layer graph: nodes in topological order, each reading earlier tensors. Tensor 0 is the input, tensor i + 1 the
/// output of node i; the last node's output is the network's.
public struct Network: Sendable {
    /// Slash-path base that stays stable, such as `mobilenet_v1_1.0_224`.
    public var name: String
    public var family: String
    /// Depth multiplier, where the family has one.
    public var width: Double?
    public var resolution: Int
    public var input: Shape
    public private(set) var nodes: [Node] = []
    /// What the output means, where it is a detector's; nil where it is one score per class.
    public var head: DetectionHead?

    public struct Node: Sendable {
        /// Unique in the network; the prefix of its parameters' names.
        public var name: String
        public var operation: Operation
        /// Indices of the tensors that it reads.
        public var inputs: [Int]
        public var output: Shape
    }

    public init(name: String, family: String, width: Double?, resolution: Int, input: Shape) {
        (self.name, self.family, self.width, self.resolution, self.input) = (name, family, width, resolution, input)
    }

    /// Shape of tensor `index` (0 is the input).
    public func shape(of index: Int) -> Shape { index == 0 ? input : nodes[index - 1].output }

    /// The last tensor's index: where a chain goes on.
    public var last: Int { nodes.count }

    /// Appends a node; returns its output tensor's index. Reads the last tensor unless told otherwise.
    @discardableResult
    public mutating func append(_ name: String, _ operation: Operation, from inputs: [Int]? = nil) -> Int {
        let inputs = inputs ?? [last]
        precondition(inputs.allSatisfy { (0...last).contains($0) }, "\(name) reads a tensor that does not exist yet")
        let shapes = inputs.map(shape(of:))
        nodes.append(Node(name: name, operation: operation, inputs: inputs, output: operation.output(shapes)))
        return last
    }
}

extension Operation {
    /// The output's shape for inputs of these shapes.
    public func output(_ inputs: [Shape]) -> Shape {
        let input = inputs[0]
        switch self {
        case .conv2d(let window, let channels, _, _): return window.output(input, channels: channels)
        case .depthwiseConv2d(let window, _, _), .averagePool(let window), .maxPool(let window):
            return window.output(input, channels: input.channels)
        case .fullyConnected(let outputs, _): return Shape(1, 1, outputs)
        case .add:
            precondition(inputs.count == 2 && inputs[0] == inputs[1], "add takes two tensors of one shape")
            return input
        case .concat:
            precondition(inputs.allSatisfy { $0.height == input.height && $0.width == input.width })
            return Shape(input.height, input.width, inputs.reduce(0) { $0 + $1.channels })
        case .pad(let margins):
            return Shape(
                input.height + margins.top + margins.bottom, input.width + margins.left + margins.right, input.channels)
        case .reshape(let shape):
            precondition(shape.count == input.count, "reshape keeps the number of elements")
            return shape
        case .softmax: return input
        case .argmax: return Shape(1, 1, 1)
        }
    }

    /// Multiply-accumulates of one image (additions, pools and comparisons are not counted).
    public func macs(_ inputs: [Shape]) -> Int {
        let output = output(inputs)
        switch self {
        case .conv2d(let window, _, _, _): return output.count * window.height * window.width * inputs[0].channels
        case .depthwiseConv2d(let window, _, _): return output.count * window.height * window.width
        case .fullyConnected(let outputs, _): return outputs * inputs[0].count
        default: return 0
        }
    }
}

extension Network {
    /// Multiply-accumulates of one image.
    public var macs: Int { nodes.reduce(0) { $0 + $1.operation.macs($1.inputs.map(shape(of:))) } }

    /// Elements of the output: its classes, unless it has a `head`.
    public var classes: Int { shape(of: last).count }
}
