import Foundation
import Networks
import Testing

/// A line of the lists in docs/networks.md: op, h_in, c_in, k, s, c_out. What follows from it is worked out here by itself,
/// not by the graph.
struct DocumentedLayer: Hashable {
    var operation: String
    var size: Int
    var channels: Int
    /// 0 for joins and reshapes, which have no window.
    var kernel: Int
    var stride: Int
    var outputs: Int

    /// The list of this network, in its order, each line with its repeats. Networks of one shape share a list.
    static func list(of network: String) throws -> [(layer: DocumentedLayer, repeats: Int)] {
        let text = try String(contentsOf: repository.appendingPathComponent("docs/networks.md"), encoding: .utf8)
        let blocks = text.split(separator: "```layers ").dropFirst().map { $0.split(separator: "```")[0] }
        let block = try #require(
            blocks.first { $0.prefix { !$0.isNewline }.split(separator: " ").contains(network[...]) },
            "docs/networks.md has no layers of \(network)")
        return try block.drop { !$0.isNewline }.split(whereSeparator: { $0.isNewline || $0 == ";" }).map { entry in
            let fields = entry.split(separator: ",")
            let numbers = fields.dropFirst().compactMap { $0 == "-" ? 0 : Int($0) }
            try #require(numbers.count == 6, "\(entry)")
            let layer = DocumentedLayer(
                operation: String(fields[0]), size: numbers[0], channels: numbers[1], kernel: numbers[2],
                stride: numbers[3], outputs: numbers[4])
            return (layer, numbers[5])
        }
    }

    /// Every line as often as it repeats.
    static func layers(of network: String) throws -> [DocumentedLayer] {
        try list(of: network).flatMap { Array(repeating: $0.layer, count: $0.repeats) }
    }

    var isPool: Bool { operation.hasSuffix("pool") }
    /// Channels of a concatenation are those of its first input.
    var isJoin: Bool { operation == "add" || operation == "concat" }
    /// Elements that are only put elsewhere.
    var isMove: Bool { operation == "concat" || operation == "reshape" }

    /// ⌈h/s⌉² positions of all output channels.
    private var outputCount: Int {
        let size = isJoin || isMove ? size : (size + stride - 1) / stride
        return size * size * outputs
    }

    /// A convolution reads k²·c_in elements for each output, a depthwise one k².
    var macs: Int {
        isPool || isJoin || isMove ? 0 : outputCount * kernel * kernel * (operation == "dw" ? 1 : channels)
    }

    /// Int32 sums that an integer network brings to the output's scale.
    var requantized: Int { isPool || isMove ? 0 : outputCount }
}

extension DocumentedLayer {
    /// A node of a graph as the lists write it, but for one name, conv, for every convolution that is not depthwise.
    init(_ node: Network.Node, of network: Network) throws {
        let input = network.shape(of: node.inputs[0])
        try #require(input.height == input.width)
        (size, channels, outputs) = (input.height, input.channels, node.output.channels)
        (kernel, stride) = (0, 0)
        func set(_ window: Window) throws {
            try #require(window.height == window.width)
            (kernel, stride) = (window.height, window.stride)
        }
        switch node.operation {
        case .conv2d(let window, _, _, true):
            operation = "conv"
            try set(window)
        case .conv2d(let window, _, .none, false):
            operation = "head"
            try set(window)
        case .depthwiseConv2d(let window, _, true):
            operation = "dw"
            try set(window)
        case .averagePool(let window):
            operation = "avgpool"
            try set(window)
        case .maxPool(let window):
            operation = "maxpool"
            try set(window)
        case .fullyConnected(_, .none): (operation, kernel, stride) = ("fc", 1, 1)
        case .add: operation = "add"
        case .concat: operation = "concat"
        case .reshape: operation = "reshape"
        default: throw NetworkError.unsupported("\(node) is in no documented list")
        }
    }

    /// pw, pl and proj are convolutions.
    var generic: DocumentedLayer {
        var layer = self
        if ["pw", "pl", "proj"].contains(operation) { layer.operation = "conv" }
        return layer
    }
}
