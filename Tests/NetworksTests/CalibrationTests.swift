import Networks
import QuantKernels
import Quantization
import Testing

/// Calibration observes minima and maxima of what is there, and refuses what is not finite.
@Suite struct CalibrationTests {
    /// One pixel x; tensor 1 is 2x − 1, tensor 2 is |2x − 1| cut below 0.
    private static func executor(batch: Int, weight: Float = 2) throws -> FloatExecutor {
        var network = Network(name: "line", family: "by_hand", width: nil, resolution: 1, input: Shape(1, 1, 1))
        network.append("line", .conv2d(Window(1), outChannels: 1, activation: .none, batchNorm: false))
        network.append("cut", .conv2d(Window(1), outChannels: 1, activation: .relu, batchNorm: false))
        return try FloatExecutor(
            network: network,
            parameters: [
                "line": FoldedLayer(weight: [weight], bias: [-1]), "cut": FoldedLayer(weight: [1], bias: [0]),
            ],
            batch: batch, registry: KernelRegistry(), pool: ThreadPool(threads: 1))
    }

    private static func ranges(_ pixels: [Float], batch: Int) throws -> [(minimum: Double, maximum: Double)] {
        var seen = 0
        let calibration = try Calibration(executor(batch: batch), images: pixels.count) { range, input in
            #expect(range.lowerBound == seen && range.count <= batch)
            seen = range.upperBound
            // What is behind a shorter batch is not the images' and must not be looked at.
            for slot in input.indices { input[slot] = slot < range.count ? pixels[range.lowerBound + slot] : .nan }
        }
        #expect(seen == pixels.count && calibration.images == pixels.count)
        return calibration.ranges
    }

    @Test(arguments: 1...7) func minimaAndMaximaOverAllBatches(batch: Int) throws {
        let ranges = try Self.ranges([0.5, 0.75, 0.25, 1, 0.625], batch: batch)
        #expect(ranges.map(\.minimum) == [0.25, -0.5, 0])
        #expect(ranges.map(\.maximum) == [1, 1, 1])
    }

    /// One image in a batch of seven: the empty places' zeros are not part of the range.
    @Test func emptyPlacesOfABatchDoNotCount() throws {
        let ranges = try Self.ranges([0.75], batch: 7)
        #expect(ranges.map(\.minimum) == [0.75, 0.5, 0.5])
        #expect(ranges.map(\.maximum) == [0.75, 0.5, 0.5])
    }

    @Test func withoutImagesNothingIsObserved() throws {
        let executor = try Self.executor(batch: 1)
        #expect(throws: QuantizationError.nothingObserved) { try Calibration(executor, images: 0) { _, _ in } }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func badInputIsRefused(value: Float) throws {
        let executor = try Self.executor(batch: 2)
        #expect(throws: NetworkError.notFinite(layer: "input")) {
            try Calibration(executor, images: 3) { range, input in
                for slot in 0..<range.count { input[slot] = range.lowerBound + slot == 2 ? value : 0.5 }
            }
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude])
    func badWeightsAreRefused(weight: Float) throws {
        let executor = try Self.executor(batch: 1, weight: weight)
        #expect(throws: NetworkError.notFinite(layer: "line")) {
            try Calibration(executor, images: 1) { _, input in input[0] = 2 }
        }
    }

    /// Three images, so that the last pass has one.
    @Test func layerByLayerSeesTheSameRanges() throws {
        let network = Graphs.everyOperation
        let layers = randomLayers(network, seed: 2)
        let images = randomImages(network, 3, seed: 5)
        let pool = ThreadPool(threads: 2)
        let executor = try FloatExecutor(
            network: network, parameters: layers, batch: 1, registry: KernelRegistry(), pool: pool)
        let whole = try Calibration(executor, images: 3) { range, input in
            for (index, value) in range.flatMap({ reals(images[$0]) }).enumerated() { input[index] = value }
        }
        let single = try Calibration(network, layers, images: 3, registry: KernelRegistry(), pool: pool) {
            range, input in
            let values = range.flatMap { reals(images[$0]) }
            #expect(values.count == input.count)
            for (index, value) in values.enumerated() { input[index] = value }
        }
        #expect(single.images == 3)
        #expect(single.ranges.map(\.minimum) == whole.ranges.map(\.minimum))
        #expect(single.ranges.map(\.maximum) == whole.ranges.map(\.maximum))
        #expect(throws: QuantizationError.nothingObserved) {
            try Calibration(network, layers, images: 0, registry: KernelRegistry(), pool: pool) { _, _ in }
        }
        #expect(throws: NetworkError.missingLayer("stem", network: network.name)) {
            try Calibration(network, FoldedParameters(), images: 1, registry: KernelRegistry(), pool: pool) {
                _, input in input.update(repeating: 0)
            }
        }
    }
}
