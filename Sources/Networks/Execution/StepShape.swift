/// What one step of an executor reads, writes and computes: the arithmetic behind a profile of its layers.
public struct StepShape: Sendable {
    /// The nodes that the step does the work of, in the order of the network.
    public let nodes: [Network.Node]
    /// Shape of the first tensor that the step reads.
    public let input: Shape
    /// Multiply-accumulates of the batch.
    public let macs: Int
    /// Bytes of the tensors that the step reads and does not make itself.
    public let inputBytes: Int
    /// Bytes of the tensors that others read from it.
    public let outputBytes: Int
    /// Weights, without biases.
    public let weights: Int
    /// Elements that are sums of products: each goes through the output stage once. 0 where nothing is multiplied.
    public let sums: Int

    /// The nodes' names, joined with '+' where a step does the work of several.
    public var name: String { nodes.map(\.name).joined(separator: "+") }
    /// The nodes' operations, joined likewise.
    public var operation: String { nodes.map(\.operation.name).joined(separator: "+") }
}

extension Executor {
    /// What step `index` does.
    public func shape(ofStep index: Int) -> StepShape {
        network.shape(ofNodes: nodes(ofStep: index), batch: batch, bytes: bytes(of:))
    }
}

extension Network {
    /// What one operator does that does the work of these nodes.
    /// - Parameter bytes: of a tensor, for the whole batch.
    package func shape(ofNodes indices: [Int], batch: Int, bytes: (_ tensor: Int) -> Int) -> StepShape {
        let nodes = indices.map { self.nodes[$0] }
        let made = Set(indices.map { $0 + 1 })
        let read = Set(nodes.flatMap(\.inputs)).subtracting(made)
        let others = self.nodes.indices.filter { !indices.contains($0) }
        let readElsewhere = Set(others.flatMap { self.nodes[$0].inputs })
        let left = made.filter { $0 == last || readElsewhere.contains($0) }
        func macs(_ node: Node) -> Int { node.operation.macs(node.inputs.map(shape(of:))) }
        return StepShape(
            nodes: nodes, input: shape(of: nodes[0].inputs[0]), macs: batch * nodes.reduce(0) { $0 + macs($1) },
            inputBytes: read.reduce(0) { $0 + bytes($1) }, outputBytes: left.reduce(0) { $0 + bytes($1) },
            weights: weights(ofNodes: Set(nodes.map { "\($0.name).weight" })),
            sums: batch * nodes.reduce(0) { $0 + (macs($1) > 0 ? $1.output.count : 0) })
    }
}

extension Network {
    private func weights(ofNodes names: Set<String>) -> Int {
        parameterShapes.reduce(0) { $0 + (names.contains($1.name) ? $1.shape.reduce(1, *) : 0) }
    }
}

extension Operation {
    /// The operation's name in records.
    public var name: String {
        switch self {
        case .conv2d: "conv2d"
        case .depthwiseConv2d: "depthwise"
        case .fullyConnected: "fully_connected"
        case .add: "add"
        case .concat: "concat"
        case .averagePool: "average_pool"
        case .maxPool: "max_pool"
        case .pad: "pad"
        case .reshape: "reshape"
        case .softmax: "softmax"
        case .argmax: "argmax"
        }
    }

    /// The sliding window, where there is one.
    public var window: Window? {
        switch self {
        case .conv2d(let window, _, _, _), .depthwiseConv2d(let window, _, _), .averagePool(let window),
            .maxPool(let window):
            window
        default: nil
        }
    }
}
