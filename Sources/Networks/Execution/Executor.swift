public import QuantKernels

/// A network that is ready to run: operators bound to one arena, in order. Running allocates nothing and may be repeated;
/// the input tensor keeps its contents.
///
/// Used by one thread at a time; `pool`'s threads work inside.
open class Executor: @unchecked Sendable {
    public let network: Network
    public let batch: Int
    public let pool: ThreadPool
    public let steps: [Operator]
    /// One per node: what the steps are made of.
    private let operators: [Operator]
    private let nodesOfSteps: [[Int]]
    private let arena: AlignedBuffer
    private let plan: ArenaPlan
    /// Bytes of each tensor.
    private let bytes: [Int]

    /// Builds every node's operator; `make` binds it to the tensors' places.
    init(
        network: Network, batch: Int, pool: ThreadPool, elementBytes: Int,
        make: (_ node: Network.Node, _ index: Int, _ place: (Int) -> UnsafeMutableRawPointer) throws -> Operator
    ) throws {
        let bytes = network.tensorBytes(batch: batch, elementBytes: elementBytes)
        let nodesOfSteps = network.steps
        let plan = ArenaPlan(network: network, bytes: bytes, steps: nodesOfSteps)
        let arena = AlignedBuffer(count: plan.size)
        (self.network, self.batch, self.pool) = (network, batch, pool)
        (self.plan, self.arena, self.bytes) = (plan, arena, bytes)
        let operators = try network.nodes.enumerated().map { index, node in
            try make(node, index) { arena.base + plan.offsets[$0] }
        }
        (self.operators, self.nodesOfSteps) = (operators, nodesOfSteps)
        steps = nodesOfSteps.map { nodes in
            nodes.dropFirst().reduce(operators[nodes[0]]) { first, node in
                FollowedOperator(
                    first as! any RowProducer, then: operators[node] as! ElementwiseOperator,
                    making: network.nodes[node].inputs[0] == nodes[0] + 1 ? .left : .right)
            }
        }
        var upcoming: Operator?
        for step in steps.reversed() {
            step.upcoming = upcoming
            if !step.weightsToCome(0, of: pool.threads).isEmpty { upcoming = step }
        }
    }

    /// One inference of `batch` images: input tensor to output tensor.
    @inline(never)
    public final func run() {
        for step in steps { pool.run(step) }
    }

    /// One inference as `run()` makes it, calling `body` with the index of each step that is done: where a profile reads
    /// the clock.
    public final func runSteps(afterEach body: (_ step: Int) -> Void) {
        for (index, step) in steps.enumerated() {
            pool.run(step)
            body(index)
        }
    }

    /// Runs one step alone; what it reads is what the steps before it left there. A sum that lies over its operand is added to once more
    /// each time: repeated, the step takes the same time and leaves other values.
    public final func run(step index: Int) { pool.run(steps[index]) }

    /// The nodes whose work step `index` does, ascending.
    public func nodes(ofStep index: Int) -> [Int] { nodesOfSteps[index] }

    /// Runs node by node and calls `body` after each with the index of the tensor that it wrote, while it is alive.
    public final func run(observing body: (_ tensor: Int) throws -> Void) rethrows {
        for (index, step) in operators.enumerated() {
            pool.run(step)
            try body(index + 1)
        }
    }

    /// Bytes of the activations' arena.
    public var arenaBytes: Int { plan.size }
    /// Bytes of packed weights and constants.
    public var packedBytes: Int { steps.reduce(0) { $0 + $1.packedBytes } }
    /// The widest instruction set that a step really uses.
    public var path: InstructionSet { steps.map(\.path).max { $0.rawValue < $1.rawValue } ?? .scalar }

    /// Memory of a tensor; valid for the input between runs and for the output after one, others only while observed.
    func memory(of tensor: Int) -> UnsafeMutableRawPointer { arena.base + plan.offsets[tensor] }

    /// Bytes of a tensor.
    func bytes(of tensor: Int) -> Int { bytes[tensor] }

    func elements<Element>(of tensor: Int, as type: Element.Type) -> UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(
            start: memory(of: tensor).assumingMemoryBound(to: type),
            count: bytes[tensor] / MemoryLayout<Element>.stride)
    }

    /// The indices in an argmax's tensor, one per image, under the same conditions as `memory`.
    public final func indices(of tensor: Int) -> [Int32] {
        precondition(network.holdsIndices(tensor), "tensor \(tensor) is not an argmax's")
        return Array(elements(of: tensor, as: Int32.self))
    }
}

extension Network {
    /// Whether the tensor is an argmax's: int32 indices instead of activations.
    func holdsIndices(_ tensor: Int) -> Bool { tensor > 0 && nodes[tensor - 1].operation == .argmax }

    /// Bytes of each tensor.
    func tensorBytes(batch: Int, elementBytes: Int) -> [Int] {
        (0...last).map { tensor in
            // An argmax is int32, whatever the activations are.
            shape(of: tensor).count * batch * (holdsIndices(tensor) ? 4 : elementBytes)
        }
    }

    /// Geometry of a windowed node.
    func geometry(_ node: Node, window: Window, batch: Int) -> ConvolutionGeometry {
        let input = shape(of: node.inputs[0])
        let leading = window.leading(input)
        return ConvolutionGeometry(
            batch: batch, input: (input.height, input.width, input.channels), kernel: (window.height, window.width),
            stride: window.stride, padding: (leading.top, leading.left),
            output: (node.output.height, node.output.width, node.output.channels))
    }
}
