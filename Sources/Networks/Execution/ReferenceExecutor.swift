internal import QuantKernels
internal import Quantization

/// Runs one image through the reference operators: slow, and the judge of what is fast.
public enum ReferenceExecutor {
    /// Every tensor's integers of one image; element 0 is the input.
    ///
    /// - Throws: `NetworkError.missingLayer`; `NetworkError.unsupported` for operations whose integer form has no
    ///   reference (softmax, argmax).
    public static func run(_ model: QuantizedModel, input: [Int32]) throws -> [[Int32]] {
        try run(model, input: input, keepsAll: true)
    }

    /// The output's integers of one image. A tensor is forgotten when its last reader has run.
    ///
    /// - Throws: as `run`.
    public static func output(_ model: QuantizedModel, input: [Int32]) throws -> [Int32] {
        try run(model, input: input, keepsAll: false).last!
    }

    private static func run(_ model: QuantizedModel, input: [Int32], keepsAll: Bool) throws -> [[Int32]] {
        let network = model.network
        var tensors = [input]
        for (index, node) in network.nodes.enumerated() {
            let first = tensors[node.inputs[0]]
            let parameters = model.activations[node.inputs[0]]
            let shape = network.shape(of: node.inputs[0])
            var stage = model.requantization(ofNode: index)
            func layer() throws(NetworkError) -> QuantizedModel.Layer {
                guard let layer = model.layers[node.name] else {
                    throw .missingLayer(node.name, network: network.name)
                }
                return layer
            }
            switch node.operation {
            case .conv2d(let window, _, _, _):
                let layer = try layer()
                tensors.append(
                    try ReferenceInteger.convolution(
                        first, parameters, weights: layer.weights, bias: layer.bias,
                        geometry: network.geometry(node, window: window, batch: 1), requantization: stage))
            case .depthwiseConv2d(let window, _, _):
                let layer = try layer()
                tensors.append(
                    try ReferenceInteger.depthwise(
                        first, parameters, weights: layer.weights, bias: layer.bias,
                        geometry: network.geometry(node, window: window, batch: 1), requantization: stage))
            case .fullyConnected(let outputs, _):
                let layer = try layer()
                tensors.append(
                    try ReferenceInteger.convolution(
                        first, parameters, weights: layer.weights, bias: layer.bias,
                        geometry: .product(rows: 1, depth: shape.count, columns: outputs), requantization: stage))
            case .add:
                stage.rounding = .gemmlowp
                tensors.append(
                    try ReferenceInteger.add(
                        first, parameters, tensors[node.inputs[1]], model.activations[node.inputs[1]],
                        requantization: stage))
            case .averagePool(let window):
                tensors.append(
                    ReferenceInteger.averagePool(first, geometry: network.geometry(node, window: window, batch: 1)))
            case .maxPool(let window):
                tensors.append(
                    ReferenceInteger.maxPool(first, geometry: network.geometry(node, window: window, batch: 1)))
            case .reshape: tensors.append(first)
            case .concat:
                tensors.append(concatenated(node.inputs.map { (tensors[$0], network.shape(of: $0).channels) }, shape))
            case .pad(let margins):
                tensors.append(padded(first, shape, node.output, margins, with: parameters.zeroPoint))
            case .softmax, .argmax:
                throw NetworkError.unsupported("\(node.name): the reference ends at the logits")
            }
            if !keepsAll { forget(network, after: index, &tensors) }
        }
        return tensors
    }

    /// Empties the tensors that node `index` was the last to read.
    private static func forget<Element>(_ network: Network, after index: Int, _ tensors: inout [[Element]]) {
        for tensor in network.nodes[index].inputs
        where !network.nodes[(index + 1)...].contains(where: { $0.inputs.contains(tensor) }) {
            tensors[tensor] = []
        }
    }
}

extension ReferenceExecutor {
    /// The output of one image in float, by the reference operators.
    ///
    /// - Throws: `NetworkError.missingLayer`; `NetworkError.unsupported` for softmax and argmax.
    public static func run(_ network: Network, _ parameters: any FoldedLayers, input: [Float]) throws -> [Float] {
        var tensors = [input]
        for (index, node) in network.nodes.enumerated() {
            let first = tensors[node.inputs[0]]
            let shape = network.shape(of: node.inputs[0])
            let bounds = node.operation.activation.bounds
            func layer() throws(NetworkError) -> FoldedLayer {
                guard let layer = parameters[node.name] else {
                    throw .missingLayer(node.name, network: network.name)
                }
                return layer
            }
            switch node.operation {
            case .conv2d(let window, _, _, _):
                let layer = try layer()
                tensors.append(
                    ReferenceFloat.convolution(
                        first, weights: layer.weight, bias: layer.bias,
                        geometry: network.geometry(node, window: window, batch: 1), activation: bounds))
            case .depthwiseConv2d(let window, _, _):
                let layer = try layer()
                tensors.append(
                    ReferenceFloat.depthwise(
                        first, weights: layer.weight, bias: layer.bias,
                        geometry: network.geometry(node, window: window, batch: 1), activation: bounds))
            case .fullyConnected(let outputs, _):
                let layer = try layer()
                tensors.append(
                    ReferenceFloat.convolution(
                        first, weights: layer.weight, bias: layer.bias,
                        geometry: .product(rows: 1, depth: shape.count, columns: outputs), activation: bounds))
            case .add:
                tensors.append(
                    zip(first, tensors[node.inputs[1]]).map { min(max($0 + $1, bounds.lower), bounds.upper) })
            case .averagePool(let window), .maxPool(let window):
                tensors.append(
                    ReferenceFloat.pool(
                        first, geometry: network.geometry(node, window: window, batch: 1),
                        maximum: node.operation == .maxPool(window)))
            case .reshape: tensors.append(first)
            case .concat:
                tensors.append(concatenated(node.inputs.map { (tensors[$0], network.shape(of: $0).channels) }, shape))
            case .pad(let margins): tensors.append(padded(first, shape, node.output, margins, with: 0))
            case .softmax, .argmax:
                throw NetworkError.unsupported("\(node.name): the reference ends at the logits")
            }
            forget(network, after: index, &tensors)
        }
        return tensors.last!
    }

    private static func concatenated<Element>(_ inputs: [([Element], Int)], _ shape: Shape) -> [Element] {
        (0..<shape.height * shape.width).flatMap { pixel in
            inputs.flatMap { values, channels in values[pixel * channels..<(pixel + 1) * channels] }
        }
    }

    private static func padded<Element>(
        _ input: [Element], _ shape: Shape, _ output: Shape, _ margins: Margins, with value: Element
    ) -> [Element] {
        (0..<output.count).map { element in
            let c = element % shape.channels
            let x = element / shape.channels % output.width - margins.left
            let y = element / shape.channels / output.width - margins.top
            let inside = x >= 0 && x < shape.width && y >= 0 && y < shape.height
            return inside ? input[(y * shape.width + x) * shape.channels + c] : value
        }
    }
}
