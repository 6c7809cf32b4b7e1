import Networks
import QuantKernels
import Testing

/// The arena's plan, checked by brute force on graphs with bypasses.
@Suite struct ArenaPlanTests {
    private static let graphs =
        [Graphs.everyOperation, Graphs.edges, Graphs.classifier, fashionNetwork] + (0..<200).map(Graphs.random(seed:))

    /// Tensors that hold something at step `step`: the input and the output always (one is kept from run to run, the
    /// other is read after it), the step's own, and those written before that it or a later step reads.
    private static func live(_ network: Network, atStep step: Int) -> [Int] {
        (0...network.last).filter { tensor in
            let written = tensor <= step + 1
            let needed = network.nodes[step...].contains { $0.inputs.contains(tensor) }
            return tensor == 0 || tensor == step + 1 || written && (needed || tensor == network.last)
        }
    }

    @Test func liveTensorsDoNotOverlap() {
        for network in Self.graphs {
            // Odd sizes, so that alignment has something to do.
            let bytes = (0...network.last).map { network.shape(of: $0).count * 3 + 1 }
            let plan = ArenaPlan(network: network, bytes: bytes)
            for step in network.nodes.indices {
                let live = Self.live(network, atStep: step)
                for (a, b) in live.flatMap({ a in live.filter { $0 > a }.map { (a, $0) } }) {
                    let apart =
                        plan.offsets[a] + bytes[a] <= plan.offsets[b] || plan.offsets[b] + bytes[b] <= plan.offsets[a]
                    #expect(apart, "\(network.name), step \(step): tensors \(a) and \(b) overlap")
                }
            }
        }
    }

    /// What a step writes is one piece of memory, apart from all that is alive while it runs.
    @Test func stepsWriteInPlace() {
        for network in Self.graphs {
            let bytes = (0...network.last).map { network.shape(of: $0).count * 3 + 1 }
            let plan = ArenaPlan(network: network, bytes: bytes, steps: network.steps)
            for step in network.steps {
                let written = step[0] + 1
                #expect(step.allSatisfy { plan.offsets[$0 + 1] == plan.offsets[written] })
                let live = Set(step.flatMap { Self.live(network, atStep: $0) }).subtracting(step.map { $0 + 1 })
                for other in live {
                    let apart =
                        plan.offsets[other] + bytes[other] <= plan.offsets[written]
                        || plan.offsets[written] + bytes[written] <= plan.offsets[other]
                    #expect(apart, "\(network.name), nodes \(step): tensors \(written) and \(other) overlap")
                }
            }
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
                Self.live(network, atStep: step).reduce(0) { $0 + bytes[$1] }
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
