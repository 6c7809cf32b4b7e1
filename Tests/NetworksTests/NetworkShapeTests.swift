import Networks
import QuantKernels
import Testing

/// Shapes at odd sizes, and the registry of families.
@Suite struct NetworkShapeTests {
    @Test func unknownFamilyIsNil() {
        #expect(NetworkFamily.named("mobilenet_v9") == nil)
        #expect(NetworkFamily.named("") == nil)
        #expect(Set(NetworkFamily.all.map(\.name)).count == NetworkFamily.all.count, "names are unique")
        for family in NetworkFamily.all { #expect(NetworkFamily.named(family.name)?.name == family.name) }
    }

    @Test func namesCarryTheAxes() throws {
        #expect(try #require(NetworkFamily.named("mobilenet_v1")).network().name == "mobilenet_v1_1.0_224")
        #expect(fashionNetwork.name == "fashion_mobilenet_v1_0.25_28")
    }

    @Test func nodeNamesAreUnique() {
        for family in NetworkFamily.all {
            let names = family.network().nodes.map(\.name)
            #expect(Set(names).count == names.count)
        }
    }

    /// Each layer with stride 2 halves the size, rounding up; the pool takes what is left.
    @Test(arguments: [0.1, 0.25, 0.33, 1.0], [32, 33, 47, 63, 65, 97])
    func sizesAreCeilings(width: Double, resolution: Int) throws {
        let network = try #require(NetworkFamily.named("mobilenet_v1")).network(width: width, resolution: resolution)
        var size = resolution
        for node in network.nodes {
            switch node.operation {
            case .conv2d(let window, let channels, _, _):
                size = (size + window.stride - 1) / window.stride
                #expect(node.output == Shape(size, size, channels))
                #expect(channels >= 8)
            case .depthwiseConv2d(let window, _, _):
                size = (size + window.stride - 1) / window.stride
                #expect(node.output == Shape(size, size, network.shape(of: node.inputs[0]).channels))
            case .averagePool(let window):
                #expect(window.height == size && window.width == size)
                #expect(node.output.height == 1 && node.output.width == 1)
            default: #expect(node.output == Shape(1, 1, 1001))
            }
        }
        #expect(size == (resolution + 31) / 32)
    }

    /// Channels are int(32·w) and so on, at least 8.
    @Test func channelsAtWidthATenth() throws {
        let network = try #require(NetworkFamily.named("mobilenet_v1")).network(width: 0.1, resolution: 33)
        let channels = network.nodes.compactMap { node -> Int? in
            if case .conv2d(_, let channels, _, _) = node.operation { channels } else { nil }
        }
        #expect(channels == [8, 8, 12, 12, 25, 25, 51, 51, 51, 51, 51, 51, 102, 102])
    }

    /// At the smallest resolution, and beside it, every family runs and agrees with the reference.
    @Test(arguments: NetworkFamily.all.map(\.name), [0, 1])
    func smallestResolution(name: String, more: Int) throws {
        let family = try #require(NetworkFamily.named(name))
        let network = family.network(width: 0.1, resolution: family.minimumResolution + more)
        let model = try Subject(network).quantized(Numerics())
        let image = randomImages(network, 1, seed: 5)[0]
        let executor = try IntegerExecutor(
            model: model, registry: KernelRegistry(), pool: ThreadPool(threads: 1))
        executor.load([image])
        executor.run()
        #expect(executor.integers(of: network.last) == (try model.reference(image)[network.last]))
    }

    /// SAME: ⌈n/s⌉, and padding max((⌈n/s⌉ − 1)·s + k − n, 0) with the smaller half in front. VALID: ⌊(n − k)/s⌋ + 1.
    @Test func windows() {
        let input = Shape(7, 10, 3)
        #expect(Window(3, stride: 2).output(input, channels: 5) == Shape(4, 5, 5))
        #expect(Window(3, stride: 2).leading(input) == (1, 0))
        #expect(Window(3, stride: 2, padding: .valid).output(input, channels: 5) == Shape(3, 4, 5))
        #expect(Window(3, stride: 2, padding: .valid).leading(input) == (0, 0))
        #expect(Window(1, stride: 3).leading(input) == (0, 0))
        #expect(Window(8, stride: 2, padding: .valid).output(input, channels: 5) == Shape(0, 2, 5))
    }

    @Test func aWindowThatDoesNotFitIsRefused() throws {
        var network = Network(name: "small", family: "by_hand", width: nil, resolution: 4, input: Shape(4, 4, 2))
        network.append(
            "conv", .conv2d(Window(5, stride: 2, padding: .valid), outChannels: 3, activation: .none, batchNorm: false))
        #expect(throws: KernelError.self) {
            try FloatExecutor(
                network: network, parameters: randomLayers(network, seed: 1), registry: KernelRegistry(),
                pool: ThreadPool(threads: 1))
        }
    }
}
