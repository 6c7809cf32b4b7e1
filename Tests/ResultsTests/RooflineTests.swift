import Results
import Testing

/// The model by hand: 100 GMAC/s; 1 kB at 50 GB/s, 10 kB at 20, a memory at 10.
@Suite struct RooflineTests {
    private let model = Roofline(
        gmacsPerSecond: 100,
        levels: [
            .init(name: "L1", bytes: 1000, gbPerSecond: 50), .init(name: "L2", bytes: 10_000, gbPerSecond: 20),
            .init(name: "memory", bytes: .max, gbPerSecond: 10),
        ])

    /// 800 bytes of tensors from L1 take 16 ns; 4000 bytes of weights of a network of 20 kB come from memory: 400 ns.
    private let classifier = Roofline.Work(macs: 4000, tensorBytes: 800, weightBytes: 4000, networkBytes: 20_000)

    @Test func bytesComeFromTheNearestLevelThatHoldsThem() {
        #expect(model.transfer(classifier).nanoseconds == 416)
        #expect(model.transfer(classifier).level.name == "memory")
        // 4000 bytes of tensors: L2, 200 ns. The network fits L2: 400 bytes of weights, 20 ns.
        let tensors = Roofline.Work(macs: 1, tensorBytes: 4000, weightBytes: 400, networkBytes: 9000)
        #expect(model.transfer(tensors).nanoseconds == 220)
        #expect(model.transfer(tensors).level.name == "L2")
        // Exactly what a level holds still fits.
        let full = Roofline.Work(macs: 1, tensorBytes: 1000, weightBytes: 0, networkBytes: 10_000)
        #expect(model.transfer(full).nanoseconds == 20)
    }

    @Test func theLargerPartBounds() {
        // 4000 MACs at 100 per ns: 40 ns.
        #expect(model.products(classifier) == 40)
        #expect(model.least(classifier) == 416)
        #expect(model.isMemoryBound(classifier))
        let convolution = Roofline.Work(macs: 1_000_000, tensorBytes: 800, weightBytes: 4000, networkBytes: 20_000)
        #expect(model.least(convolution) == 10_000)
        #expect(!model.isMemoryBound(convolution))
        #expect(convolution.macsPerByte == 1_000_000.0 / 4800)
    }

    @Test func aRoofIsFlatBeyondItsRidge() {
        // The ridge of 20 GB/s under 100 GMAC/s is at 5 MACs per byte.
        #expect(model.roof(2.5, from: model.levels[1]) == 50)
        #expect(model.roof(5, from: model.levels[1]) == 100)
        #expect(model.roof(500, from: model.levels[1]) == 100)
    }

    @Test func fewerBytesGainAtMost() {
        // Half the weights, and the network of 12 kB still in memory: 16 + 200 ns.
        var half = classifier
        (half.weightBytes, half.networkBytes) = (2000, 12_000)
        #expect(model.gain(from: classifier, to: half) == 416.0 / 216)
        // A quarter, and the network of 7 kB in L2: 16 + 50 = 66 ns.
        var quarter = classifier
        (quarter.weightBytes, quarter.networkBytes) = (1000, 7000)
        #expect(model.gain(from: classifier, to: quarter) == 416.0 / 66)
        // No weights at all: the products, 40 ns, are more than the tensors' 16.
        var none = classifier
        (none.weightBytes, none.networkBytes) = (0, 0)
        #expect(model.gain(from: classifier, to: none) == 416.0 / 40)
        // Bound by products: nothing to gain, but for faster products.
        let deep = Roofline.Work(macs: 1_000_000, tensorBytes: 800, weightBytes: 4000, networkBytes: 20_000)
        var light = deep
        light.weightBytes = 0
        #expect(model.gain(from: deep, to: light) == 1)
        #expect(model.gain(from: deep, to: light, ceiling: 400) == 4)
    }

    @Test func whatIsFasterThanTheModelHasItsBytesFromNearer() {
        #expect(model.fitted(to: 500, of: classifier).levels.count == 3)
        // Less than 416 ns: not from memory, so from L2, 16 + 200 ns.
        let nearer = model.fitted(to: 300, of: classifier)
        #expect(nearer.levels.map(\.name) == ["L1", "L2"])
        #expect(nearer.transfer(classifier).nanoseconds == 216)
        // Faster than all: the nearest level stays.
        #expect(model.fitted(to: 1, of: classifier).levels.map(\.name) == ["L1"])
    }

    @Test func ceilingsMakeARoofline() throws {
        var ceiling = Ceiling(threads: 1, int8GmacsPerSecond: 200, f32GmacsPerSecond: 50, bandwidthGbPerSecond: 10)
        #expect(ceiling.roofline(isInteger: true)?.gmacsPerSecond == 200)
        #expect(ceiling.roofline(isInteger: false)?.gmacsPerSecond == 50)
        #expect(ceiling.levels.map(\.name) == ["memory"])
        ceiling.layers = LayerLimits(caches: [.init(level: 2, bytes: 1 << 20, gbPerSecond: 90)])
        #expect(ceiling.levels.map(\.name) == ["L2", "memory"])
        #expect(ceiling.levels[0] == Roofline.Level(name: "L2", bytes: 1 << 20, gbPerSecond: 90))
        ceiling.bandwidthGbPerSecond = nil
        #expect(ceiling.roofline(isInteger: true) == nil)
        ceiling = Ceiling(threads: 1, bandwidthGbPerSecond: 10)
        #expect(ceiling.roofline(isInteger: true) == nil)
    }
}
