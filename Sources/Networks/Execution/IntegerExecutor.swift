public import QuantKernels
internal import Quantization

/// Runs a quantized network on integers only: no floating-point operation stands between the quantized input and the
/// quantized output. (The rounding mode `fp32`, which is none of integer-only inference, is refused unless asked for.)
public final class IntegerExecutor: Executor, @unchecked Sendable {
    /// The model without its weights: the operators hold them in their kernels' order.
    public let model: QuantizedModel

    /// - Parameter model: each layer's weights are let go of as soon as they are packed, unless the caller keeps the model.
    /// - Throws: `NetworkError`, `KernelError`, `QuantizationError` (a layer that could overflow its accumulator).
    public init(
        model: consuming QuantizedModel, batch: Int = 1, registry: KernelRegistry, pool: ThreadPool,
        allowsFloatRequantization: Bool = false
    ) throws {
        guard allowsFloatRequantization || model.rounding != .fp32 else {
            throw NetworkError.unsupported(
                "rounding 'fp32' multiplies in floating point and is not integer-only; choose gemmlowp, single or ruy")
        }
        var waiting = model.layers
        model.layers = [:]
        let withoutWeights = model
        self.model = withoutWeights
        try super.init(network: withoutWeights.network, batch: batch, pool: pool, elementBytes: 1) {
            node, index, place in
            var model = withoutWeights
            model.layers[node.name] = waiting.removeValue(forKey: node.name)
            let operation = try Self.prepare(
                node, index, model: model, batch: batch, registry: registry, threads: pool.threads)
            let (input, output) = (UnsafeRawPointer(place(node.inputs[0])), place(index + 1))
            switch operation {
            case let op as IntegerConvolution: op.bind(input: input, output: output)
            case let op as IntegerDepthwise: op.bind(input: input, output: output)
            case let op as IntegerAdd:
                op.bind(left: input, right: UnsafeRawPointer(place(node.inputs[1])), output: output)
            case let op as Concatenation:
                op.bind(inputs: node.inputs.map { UnsafeRawPointer(place($0)) }, output: output)
            case let op as Pool<MeanOfUInt8>: op.bind(input: input, output: output)
            case let op as Pool<MeanOfInt8>: op.bind(input: input, output: output)
            case let op as Pool<MaximumOfUInt8>: op.bind(input: input, output: output)
            case let op as Pool<MaximumOfInt8>: op.bind(input: input, output: output)
            case let op as Padding: op.bind(input: input, output: output)
            case let op as Copy: op.bind(input: input, output: output)
            case let op as IntegerSoftmax: op.bind(input: input, output: output)
            case let op as Argmax<UInt8>: op.bind(input: input, output: output)
            case let op as Argmax<Int8>: op.bind(input: input, output: output)
            default: throw NetworkError.unsupported("\(node.name): no binding for \(type(of: operation))")
            }
            return operation
        }
    }

    private static func prepare(
        _ node: Network.Node, _ index: Int, model: QuantizedModel, batch: Int, registry: KernelRegistry, threads: Int
    ) throws -> Operator {
        let network = model.network
        let shape = network.shape(of: node.inputs[0])
        let input = model.activations[node.inputs[0]]
        let isSigned = input.range.isSigned
        func layer() throws(NetworkError) -> QuantizedModel.Layer {
            guard let layer = model.layers[node.name] else {
                throw .missingLayer(node.name, network: network.name)
            }
            return layer
        }
        let requantization = model.requantization(ofNode: index)
        switch node.operation {
        case .conv2d(let window, _, _, _):
            let layer = try layer()
            return try IntegerConvolution(
                name: node.name, geometry: network.geometry(node, window: window, batch: batch), weights: layer.weights,
                bias: layer.bias, input: input, requantization: requantization, registry: registry, threads: threads)
        case .depthwiseConv2d(let window, _, _):
            let layer = try layer()
            return try IntegerDepthwise(
                name: node.name, geometry: network.geometry(node, window: window, batch: batch), weights: layer.weights,
                bias: layer.bias, input: input, requantization: requantization, registry: registry, threads: threads)
        case .fullyConnected(let outputs, _):
            let layer = try layer()
            return try IntegerConvolution(
                name: node.name, geometry: .product(rows: batch, depth: shape.count, columns: outputs),
                weights: layer.weights, bias: layer.bias, input: input, requantization: requantization,
                registry: registry, threads: threads)
        case .add:
            var rounded = requantization
            rounded.rounding = .gemmlowp  // the addition's arithmetic is defined with this rounding alone
            return try IntegerAdd(
                name: node.name, count: shape.count * batch, left: input, right: model.activations[node.inputs[1]],
                requantization: rounded, registry: registry)
        case .concat:
            return Concatenation(
                name: node.name, rows: batch * shape.height * shape.width,
                channels: node.inputs.map { network.shape(of: $0).channels }, elementBytes: 1)
        case .averagePool(let window):
            let geometry = network.geometry(node, window: window, batch: batch)
            return isSigned
                ? try Pool<MeanOfInt8>(name: node.name, geometry: geometry, threads: threads)
                : try Pool<MeanOfUInt8>(name: node.name, geometry: geometry, threads: threads)
        case .maxPool(let window):
            let geometry = network.geometry(node, window: window, batch: batch)
            return isSigned
                ? try Pool<MaximumOfInt8>(name: node.name, geometry: geometry, threads: threads)
                : try Pool<MaximumOfUInt8>(name: node.name, geometry: geometry, threads: threads)
        case .pad(let margins):
            return Padding(
                name: node.name, batch: batch, height: shape.height, width: shape.width, channels: shape.channels,
                margins: (margins.top, margins.bottom, margins.left, margins.right),
                fill: [UInt8(truncatingIfNeeded: input.zeroPoint)])
        case .reshape: return Copy(name: node.name, count: shape.count * batch, elementBytes: 1)
        case .softmax: return try IntegerSoftmax(name: node.name, rows: batch, count: shape.count, input: input)
        case .argmax:
            return isSigned
                ? Argmax<Int8>(name: node.name, rows: batch, count: shape.count)
                : Argmax<UInt8>(name: node.name, rows: batch, count: shape.count)
        }
    }

    /// The input tensor as bytes (int8 ones by their bit pattern): write the quantized images here.
    public var input: UnsafeMutableBufferPointer<UInt8> { elements(of: 0, as: UInt8.self) }
    /// The output tensor after a run, as bytes.
    public var output: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(elements(of: network.last, as: UInt8.self)) }

    /// A tensor's integers inside `run(observing:)`, or of the output after a run; an argmax's are its indices.
    public func integers(of tensor: Int) -> [Int32] {
        if network.holdsIndices(tensor) { return indices(of: tensor) }
        let isSigned = model.activations[tensor].range.isSigned
        return elements(of: tensor, as: UInt8.self).map { isSigned ? Int32(Int8(bitPattern: $0)) : Int32($0) }
    }

    /// Writes real values to the input tensor, quantized by its parameters; no more than it has elements.
    public func quantizeInput(_ values: some Collection<Float>) {
        precondition(values.count <= input.count, "\(values.count) values for an input of \(input.count)")
        let parameters = model.activations[0]
        for (index, value) in values.enumerated() {
            input[index] = UInt8(truncatingIfNeeded: parameters.quantize(value))
        }
    }

    /// Outputs of all layers that stand at an end of their integer range without the activation's clamp explaining it:
    /// values that the range cut off (or that just reached its end). An accounting run, outside what is timed; adds to
    /// `WorkCounter.saturatedOutputs`.
    @discardableResult
    public func countSaturation() -> Int {
        var saturated = 0
        run { tensor in
            guard network.nodes[tensor - 1].operation.weightAxis != nil else { return }
            let parameters = model.activations[tensor]
            let clamp = model.requantization(ofNode: tensor - 1)
            let bounded = network.nodes[tensor - 1].operation.activation.bounds
            // A rectifier's lower end is meant, as is ReLU6's upper end where the range reaches 6.
            let lowest = bounded.lower.isFinite ? nil : Optional(clamp.lower)
            let meant = bounded.upper.isFinite && parameters.realRange.maximum >= bounded.upper
            let highest = meant ? nil : Optional(clamp.upper)
            let low = lowest.map { UInt8(truncatingIfNeeded: $0) }
            let high = highest.map { UInt8(truncatingIfNeeded: $0) }
            for value in elements(of: tensor, as: UInt8.self) where value == low || value == high { saturated += 1 }
        }
        WorkCounter.saturatedOutputs.add(saturated)
        return saturated
    }
}

extension QuantizedModel {
    /// The output stage of a node.
    func requantization(ofNode index: Int) -> Requantization {
        Requantization(
            output: activations[index + 1], activation: network.nodes[index].operation.activation.bounds,
            rounding: rounding)
    }
}
