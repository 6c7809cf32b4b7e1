public import QuantKernels

/// Runs a network in float32.
public final class FloatExecutor: Executor, @unchecked Sendable {
    /// - Throws: `NetworkError.missingLayer`, `KernelError.shape`.
    public init(
        network: Network, parameters: any FoldedLayers, batch: Int = 1, registry: KernelRegistry, pool: ThreadPool
    ) throws {
        try super.init(network: network, batch: batch, pool: pool, elementBytes: 4) { node, index, place in
            try Self.prepare(
                node, index, network: network, parameters: parameters, batch: batch, registry: registry,
                threads: pool.threads, place: place)
        }
    }

    /// A node's operator, bound to its tensors' places.
    private static func prepare(
        _ node: Network.Node, _ index: Int, network: Network, parameters: any FoldedLayers, batch: Int,
        registry: KernelRegistry, threads: Int, place: (Int) -> UnsafeMutableRawPointer
    ) throws -> Operator {
        let operation = try make(
            node, network: network, parameters: parameters, batch: batch, registry: registry, threads: threads)
        let (input, output) = (UnsafeRawPointer(place(node.inputs[0])), place(index + 1))
        switch operation {
        case let op as FloatConvolution: op.bind(input: input, output: output)
        case let op as FloatDepthwise: op.bind(input: input, output: output)
        case let op as FloatAdd:
            op.bind(left: input, right: UnsafeRawPointer(place(node.inputs[1])), output: output)
        case let op as Concatenation:
            op.bind(inputs: node.inputs.map { UnsafeRawPointer(place($0)) }, output: output)
        case let op as Pool<MeanOfFloat>: op.bind(input: input, output: output)
        case let op as Pool<MaximumOfFloat>: op.bind(input: input, output: output)
        case let op as Padding: op.bind(input: input, output: output)
        case let op as Copy: op.bind(input: input, output: output)
        case let op as FloatSoftmax: op.bind(input: input, output: output)
        case let op as Argmax<Float>: op.bind(input: input, output: output)
        default: throw NetworkError.unsupported("\(node.name): no binding for \(type(of: operation))")
        }
        return operation
    }

    /// One inference that makes each operator when its turn comes and drops it then: the weights of one layer are in memory
    /// at a time. For calibrating networks that are large.
    ///
    /// - Parameters:
    ///   - load: writes `batch` images to the input.
    ///   - observe: sees each tensor, the input as 0, as long as it is alive.
    static func pass(
        _ network: Network, _ parameters: any FoldedLayers, batch: Int, registry: KernelRegistry, pool: ThreadPool,
        load: (UnsafeMutableBufferPointer<Float>) -> Void,
        observe: (_ tensor: Int, UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        let bytes = network.tensorBytes(batch: batch, elementBytes: 4)
        let plan = ArenaPlan(network: network, bytes: bytes)
        let arena = AlignedBuffer(count: plan.size)
        func values(_ tensor: Int) -> UnsafeMutableBufferPointer<Float> {
            UnsafeMutableBufferPointer(
                start: (arena.base + plan.offsets[tensor]).assumingMemoryBound(to: Float.self),
                count: bytes[tensor] / 4)
        }
        load(values(0))
        try observe(0, UnsafeBufferPointer(values(0)))
        for (index, node) in network.nodes.enumerated() {
            pool.run(
                try prepare(
                    node, index, network: network, parameters: parameters, batch: batch, registry: registry,
                    threads: pool.threads, place: { arena.base + plan.offsets[$0] }))
            try observe(index + 1, UnsafeBufferPointer(values(index + 1)))
        }
    }

    private static func make(
        _ node: Network.Node, network: Network, parameters: any FoldedLayers, batch: Int, registry: KernelRegistry,
        threads: Int
    ) throws -> Operator {
        let input = network.shape(of: node.inputs[0])
        func layer() throws(NetworkError) -> FoldedLayer {
            guard let layer = parameters[node.name] else {
                throw .missingLayer(node.name, network: network.name)
            }
            return layer
        }
        switch node.operation {
        case .conv2d(let window, _, let activation, _):
            let layer = try layer()
            return try FloatConvolution(
                name: node.name, geometry: network.geometry(node, window: window, batch: batch), weights: layer.weight,
                bias: layer.bias, activation: activation.bounds, registry: registry, threads: threads)
        case .depthwiseConv2d(let window, let activation, _):
            let layer = try layer()
            return try FloatDepthwise(
                name: node.name, geometry: network.geometry(node, window: window, batch: batch), weights: layer.weight,
                bias: layer.bias, activation: activation.bounds, registry: registry, threads: threads)
        case .fullyConnected(let outputs, let activation):
            let layer = try layer()
            return try FloatConvolution(
                name: node.name, geometry: .product(rows: batch, depth: input.count, columns: outputs),
                weights: layer.weight, bias: layer.bias, activation: activation.bounds, registry: registry,
                threads: threads)
        case .add(let activation):
            return FloatAdd(
                name: node.name, count: input.count * batch, activation: activation.bounds, registry: registry)
        case .concat:
            return Concatenation(
                name: node.name, rows: batch * input.height * input.width,
                channels: node.inputs.map { network.shape(of: $0).channels }, elementBytes: 4)
        case .averagePool(let window):
            return try Pool<MeanOfFloat>(
                name: node.name, geometry: network.geometry(node, window: window, batch: batch), threads: threads)
        case .maxPool(let window):
            return try Pool<MaximumOfFloat>(
                name: node.name, geometry: network.geometry(node, window: window, batch: batch), threads: threads)
        case .pad(let margins):
            return Padding(
                name: node.name, batch: batch, height: input.height, width: input.width, channels: input.channels,
                margins: (margins.top, margins.bottom, margins.left, margins.right), fill: [0, 0, 0, 0])
        case .reshape: return Copy(name: node.name, count: input.count * batch, elementBytes: 4)
        case .softmax: return FloatSoftmax(name: node.name, rows: batch, count: input.count)
        case .argmax: return Argmax<Float>(name: node.name, rows: batch, count: input.count)
        }
    }

    /// The input tensor, NHWC: write the images here.
    public var input: UnsafeMutableBufferPointer<Float> { elements(of: 0, as: Float.self) }
    /// The output tensor after a run; an argmax's is read by `indices(of:)`.
    public var output: UnsafeBufferPointer<Float> { UnsafeBufferPointer(elements(of: network.last, as: Float.self)) }

    /// A tensor inside `run(observing:)`.
    public func tensor(_ index: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(elements(of: index, as: Float.self))
    }
}
