import Networks
import Runner
import Testing

@Suite struct ProcessMemoryTests {
    @Test func thePeakIsThatOfTheStatusFile() {
        let status = "Name:\tbench\nVmPeak:\t  300000 kB\nVmHWM:\t   97704 kB\nVmRSS:\t   50000 kB\n"
        #expect(ProcessMemory.peakResidentBytes(status: status) == 97_704 << 10)
        #expect(ProcessMemory.peakResidentBytes(status: "VmRSS:\t 5 kB\n") == nil)
        #expect(ProcessMemory.peakResidentBytes(status: "VmHWM:\t none\n") == nil)
    }

    @Test func memoryThatWasTouchedRaisesThePeak() throws {
        guard let before = ProcessMemory.peakResidentBytes else { return }
        let bytes = 64 << 20
        let block = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        block.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
        #expect(block.load(fromByteOffset: bytes - 1, as: UInt8.self) == 1)
        let after = try #require(ProcessMemory.peakResidentBytes)
        block.deallocate()
        #expect(after >= max(before, bytes))
    }
}

@Suite struct RandomLayersTests {
    /// Large enough not to be kept, at a resolution that does not matter.
    private static let large = NetworkFamily.named("resnet18")!.network(resolution: 32)
    private static let small = NetworkFamily.named("mobilenet_v1")!.network(width: 0.25, resolution: 32)

    @Test func onlySmallNetworksAreKept() {
        #expect(RandomLayers.keeps(Self.small))
        #expect(!RandomLayers.keeps(Self.large))
    }

    @Test(arguments: [small, large])
    func everyLayerIsTheSameEachTime(network: Network) throws {
        let layers = RandomLayers(network, seed: 3)
        let names = Set(network.parameterShapes.map { String($0.name.split(separator: ".")[0]) })
        #expect(names.count > 10)
        for name in names {
            let layer = try #require(layers[name])
            #expect(layer.weight.contains { $0 != layer.weight[0] } && layer.weight.allSatisfy(\.isFinite))
            let shape = try #require(network.parameterShapes.first { $0.name == name + ".weight" }?.shape)
            #expect(layer.weight.count == shape.reduce(1, *))
            #expect(layers[name] == layer)
            #expect(RandomLayers(network, seed: 4)[name] != layer)
        }
        #expect(layers["pool"] == nil && layers["no such layer"] == nil)
    }

    @Test func layersOfOneShapeDiffer() {
        let layers = RandomLayers(Self.large, seed: 3)
        #expect(layers["stage1_1_a"] != layers["stage1_1_b"])
    }
}
