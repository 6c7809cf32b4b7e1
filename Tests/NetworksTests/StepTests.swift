import Networks
import QuantKernels
import Testing

/// What a profile of the layers asks an executor.
@Suite struct StepTests {
    /// conv → dw → projection, and an addition of the conv and the projection.
    private var bypass: Network {
        var network = Network(name: "bypass_8", family: "bypass", width: nil, resolution: 8, input: Shape(8, 8, 3))
        let stem = network.append("stem", .conv2d(Window(3), outChannels: 4, activation: .relu6, batchNorm: false))
        network.append("dw", .depthwiseConv2d(Window(3), activation: .relu6, batchNorm: false))
        let projection = network.append(
            "project", .conv2d(Window(1), outChannels: 4, activation: .none, batchNorm: false))
        network.append("sum", .add(activation: .none), from: [projection, stem])
        return network
    }

    /// Tensor i is as large as 10^i bytes, so that sums show which tensors were counted.
    private func bytes(_ tensor: Int) -> Int { (0..<tensor).reduce(1) { product, _ in product * 10 } }

    @Test func aStepOfOneNode() {
        let shape = bypass.shape(ofNodes: [0], batch: 2, bytes: bytes)
        #expect(shape.name == "stem" && shape.operation == "conv2d")
        #expect(shape.macs == 2 * 8 * 8 * 4 * 27)
        #expect(shape.sums == 2 * 8 * 8 * 4)
        #expect(shape.weights == 4 * 27)
        #expect(shape.inputBytes == 1 && shape.outputBytes == 10)
        #expect(shape.input == Shape(8, 8, 3))
    }

    @Test func aStepThatDoesTheWorkOfSeveralNodes() {
        let fused = bypass.shape(ofNodes: [2, 3], batch: 1, bytes: bytes)
        #expect(fused.name == "project+sum" && fused.operation == "conv2d+add")
        #expect(fused.macs == 8 * 8 * 4 * 4 && fused.sums == 8 * 8 * 4)
        #expect(fused.weights == 4 * 4)
        // The projection's own output never exists; the stem's is read.
        #expect(fused.inputBytes == 110 && fused.outputBytes == 10_000)
        // The stem's output is still read by the addition.
        let early = bypass.shape(ofNodes: [0, 1], batch: 1, bytes: bytes)
        #expect(early.inputBytes == 1 && early.outputBytes == 110)
    }

    /// An addition joins the convolution right before it, if that is all that reads it.
    @Test func additionsFollowConvolutions() throws {
        let window = Window(1, stride: 1)
        func network(_ inputs: [[Int]], between: Bool = false) -> [[Int]] {
            var network = Network(
                name: "chain", family: "chain", width: nil, resolution: 4, input: Shape(4, 4, 8))
            network.append("first", .conv2d(window, outChannels: 8, activation: .none, batchNorm: false))
            network.append("second", .conv2d(window, outChannels: 8, activation: .none, batchNorm: false))
            if between { network.append("pool", .maxPool(window)) }
            for (index, tensors) in inputs.enumerated() {
                network.append("sum\(index)", .add(activation: .none), from: tensors)
            }
            return network.steps
        }
        #expect(network([[1, 2]]) == [[0], [1, 2]])
        #expect(network([[2, 1]]) == [[0], [1, 2]])
        #expect(network([[0, 1]]) == [[0], [1], [2]], "another convolution's output")
        #expect(network([[2, 2]]) == [[0], [1], [2]], "both inputs are the convolution's")
        #expect(network([[1, 2], [2, 3]]) == [[0], [1], [2], [3]], "read again later")
        #expect(network([[1, 3]], between: true) == [[0], [1], [2], [3]], "not a convolution's")
        for (depth, additions) in [("resnet18", 8), ("resnet50", 16)] {
            let network = try #require(NetworkFamily.named(depth)).network(resolution: 224)
            #expect(network.steps.count { $0.count == 2 } == additions)
            #expect(network.steps.flatMap { $0 } == Array(network.nodes.indices))
        }
    }

    @Test func stepsAddUpToTheNetwork() throws {
        let network = Graphs.everyOperation
        let executor = try FloatExecutor(
            network: network, parameters: randomLayers(network, seed: 2), batch: 2, registry: KernelRegistry(),
            pool: ThreadPool(threads: 1))
        let shapes = executor.steps.indices.map(executor.shape(ofStep:))
        #expect(shapes.reduce(0) { $0 + $1.macs } == 2 * network.macs)
        #expect(shapes.flatMap(\.nodes).map(\.name).sorted() == network.nodes.map(\.name).sorted())
        #expect(shapes[0].inputBytes == 2 * 4 * network.input.count)
        #expect(shapes.last?.outputBytes == 2 * 4 * network.classes)
    }

    @Test(arguments: [1, 2])
    func aRunThatIsWatchedIsARun(threads: Int) throws {
        let subject = try Subject(Graphs.everyOperation)
        let executor = try IntegerExecutor(
            model: subject.quantized(Numerics.all[0]), registry: KernelRegistry(), pool: ThreadPool(threads: threads))
        executor.load(randomImages(subject.network, 1, seed: 6))
        executor.run()
        let expected = Array(executor.output)
        #expect(Set(expected).count > 1)
        // Another image in between, so that what is compared was written anew.
        let image = Array(executor.input)
        for (watched, run) in [
            (false, { for index in executor.steps.indices { executor.run(step: index) } }),
            (true, { executor.runSteps { _ in } }),
        ] as [(Bool, () -> Void)] {
            for index in image.indices { executor.input[index] = ~image[index] }
            executor.run()
            #expect(Array(executor.output) != expected)
            for index in image.indices { executor.input[index] = image[index] }
            run()
            #expect(Array(executor.output) == expected, "watched: \(watched)")
        }
        var seen: [Int] = []
        executor.runSteps { step in seen.append(step) }
        #expect(seen == Array(executor.steps.indices))
    }
}
