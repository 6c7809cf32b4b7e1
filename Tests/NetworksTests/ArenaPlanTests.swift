import Networks
import QuantKernels
import Testing

/// The arena's plan, checked by brute force on graphs with bypasses.
@Suite struct ArenaPlanTests {
    private static let graphs =
        [Graphs.everyOperation, Graphs.edges, Graphs.classifier, fashionNetwork] + (0..<200).map(Graphs.random(seed:))

    /// Tensors that hold something while these nodes run: the input and the output always (one is kept from run to run, the
    /// other is read after it), what the nodes write, and what was written before that they or a later one reads.
    private static func live(_ network: Network, during nodes: [Int]) -> [Int] {
        (0...network.last).filter { tensor in
            let written = tensor <= nodes.last! + 1
            let needed = network.nodes[nodes[0]...].contains { $0.inputs.contains(tensor) }
            return tensor == 0 || nodes.contains(tensor - 1) || written && (needed || tensor == network.last)
        }
    }

    /// Whether an addition may write `sum` over `operand`: nobody reads it later, and the rest of the step does not touch it.
    private static func mayShare(_ network: Network, _ step: [Int], operand: Int, sum: Int) -> Bool {
        guard step.contains(sum - 1), case .add = network.nodes[sum - 1].operation, operand > 0,
            network.nodes[sum - 1].inputs.contains(operand), !step.contains(operand - 1)
        else { return false }
        let rest = step.filter { $0 != sum - 1 } + Array(sum..<network.nodes.count)
        return !rest.contains { network.nodes[$0].inputs.contains(operand) }
    }

    /// … but for a sum and the operand that it is written over.
    @Test(arguments: [false, true]) func liveTensorsDoNotOverlap(inSteps: Bool) {
        var shared = 0
        for network in Self.graphs {
            // Odd sizes, so that alignment has something to do.
            let bytes = (0...network.last).map { network.shape(of: $0).count * 3 + 1 }
            let steps = inSteps ? network.steps : network.nodes.indices.map { [$0] }
            let plan = ArenaPlan(network: network, bytes: bytes, steps: steps)
            for step in steps {
                let live = Self.live(network, during: step)
                for (a, b) in live.flatMap({ a in live.filter { $0 > a }.map { (a, $0) } }) {
                    if plan.offsets[a] == plan.offsets[b], Self.mayShare(network, step, operand: a, sum: b) {
                        shared += 1
                        continue
                    }
                    let apart =
                        plan.offsets[a] + bytes[a] <= plan.offsets[b] || plan.offsets[b] + bytes[b] <= plan.offsets[a]
                    #expect(apart, "\(network.name), nodes \(step): tensors \(a) and \(b) overlap")
                }
            }
        }
        #expect(shared > 0)
    }

    /// The residual tensors of a stage of ResNet-50, up to the sum that ends it, are one piece of memory.
    @Test func sumsLieOverTheBypass() throws {
        let network = try #require(NetworkFamily.named("resnet50")).network(width: 1, resolution: 224)
        let bytes = (0...network.last).map { network.shape(of: $0).count }
        let plan = ArenaPlan(network: network, bytes: bytes, steps: network.steps)
        let sums = network.nodes.indices.filter { network.nodes[$0].name.hasSuffix("_add") }
        #expect(sums.count == 16)
        for node in sums {
            let places = network.nodes[node].inputs.map { plan.offsets[$0] }
            // A step makes the other one.
            #expect(places.filter { $0 == plan.offsets[node + 1] }.count == 1, "\(network.nodes[node].name)")
        }
    }

    @Test func offsetsAreAlignedAndInsideTheArena() {
        for network in Self.graphs {
            let bytes = (0...network.last).map { network.shape(of: $0).count }
            let plan = ArenaPlan(network: network, bytes: bytes)
            for tensor in 0...network.last {
                #expect(plan.offsets[tensor] % 64 == 0)
                #expect(plan.offsets[tensor] + bytes[tensor] <= plan.size)
            }
        }
    }

    /// No smaller than what is live at once, and no larger than all tensors side by side.
    @Test func sizeIsSane() {
        for network in Self.graphs {
            let bytes = (0...network.last).map { network.shape(of: $0).count * 4 }
            let size = ArenaPlan(network: network, bytes: bytes).size
            let peak = network.nodes.indices.map { step in
                let live = Self.live(network, during: [step])
                // A sum may lie over an operand.
                let sum =
                    live.contains { Self.mayShare(network, [step], operand: $0, sum: step + 1) } ? bytes[step + 1] : 0
                return live.reduce(0) { $0 + bytes[$1] } - sum
            }.max()!
            #expect(size >= peak)
            #expect(size <= bytes.reduce(0) { $0 + ($1 + 63) / 64 * 64 })
        }
    }

    /// A chain needs its input and its largest pair of neighbours, and alignment.
    @Test func aChainReusesMemory() {
        let network = fashionNetwork
        let bytes = (0...network.last).map { network.shape(of: $0).count }
        let pair = (1..<network.last).map { bytes[$0] + bytes[$0 + 1] }.max()!
        let size = ArenaPlan(network: network, bytes: bytes).size
        #expect(size >= pair + bytes[0])
        #expect(size <= (pair + bytes[0]) * 11 / 10 + 256)
        #expect(size < bytes.reduce(0, +) / 3)
    }

    /// The executors' own proof: every tensor is right at its time, the input is as it was, and a second run gives the
    /// same output.
    @Test func runsRepeatAndKeepTheInput() throws {
        let pool = ThreadPool(threads: 2)
        for network in Self.graphs where network.nodes.allSatisfy({ $0.operation != .softmax }) {
            let model = try Subject(network).quantized(Numerics())
            let image = randomImages(network, 1, seed: 3)[0]
            let reference = try model.reference(image)
            let executor = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: pool)
            executor.load([image])
            for _ in 0..<2 {
                executor.run { tensor in
                    #expect(executor.integers(of: tensor) == reference[tensor], "\(network.name), tensor \(tensor)")
                }
                executor.run()
                #expect(executor.integers(of: network.last) == reference[network.last], "\(network.name)")
                #expect(executor.integers(of: 0) == reference[0], "\(network.name): the input was overwritten")
            }
        }
    }
}
