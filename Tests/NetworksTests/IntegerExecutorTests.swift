import Networks
import QuantKernels
import Quantization
import Testing

/// The integer executor against the reference, bit for bit and tensor by tensor.
@Suite struct IntegerExecutorTests {
    private static let pools = (1...3).map { ThreadPool(threads: $0) }

    /// Where an executor first differs from the reference.
    private struct Difference: Error, CustomStringConvertible { let description: String }

    /// Compares all tensors of all images.
    private static func check(
        _ model: QuantizedModel, _ images: [[UInt8]], _ references: [[[Int32]]], _ registry: KernelRegistry,
        _ pool: ThreadPool
    ) throws {
        let executor = try IntegerExecutor(model: model, batch: images.count, registry: registry, pool: pool)
        executor.load(images)
        try executor.run { tensor in
            let values = executor.integers(of: tensor)
            let count = values.count / images.count
            for (index, reference) in references.prefix(images.count).enumerated() {
                let image = values[index * count..<(index + 1) * count]
                guard !image.elementsEqual(reference[tensor]) else { continue }
                let element = zip(image, reference[tensor]).enumerated().first { $0.element.0 != $0.element.1 }!
                throw Difference(
                    description: """
                        \(model.network.nodes[tensor - 1].name), image \(index) of \(images.count), element \
                        \(element.offset): \(element.element.0), the reference has \(element.element.1)
                        """)
            }
        }
    }

    /// All models on all instruction sets, batches of 1 and 3; threads go round, so that every combination with the other
    /// axes occurs.
    private static func compare(_ subject: Subject, _ numerics: [Numerics]) throws {
        let images = randomImages(subject.network, 3, seed: 7)
        for (index, scheme) in numerics.enumerated() {
            let model = try subject.quantized(scheme)
            let references = try images.map(model.reference)
            for (turn, set) in FeatureSet.detected.sets.enumerated() {
                for batch in [1, 3] {
                    let pool = pools[(index + turn + batch / 2) % pools.count]
                    do {
                        try check(
                            model, Array(images.prefix(batch)), references, KernelRegistry(forcing: set), pool)
                    } catch {
                        Issue.record("\(subject.network.name) \(scheme) \(set), \(pool.threads) threads: \(error)")
                    }
                }
            }
        }
    }

    /// One at a time: the pools belong to one caller.
    @Test func equalsTheReference() throws {
        try Self.compare(Subject(Graphs.everyOperation), Numerics.all)
        try Self.compare(Subject(Graphs.edges), Numerics.all)
        try Self.compare(Subject(fashionNetwork), Numerics.sample(14))
        try Self.compare(Subject(fashionNetwork, shippedLayers()), Numerics.sample(14))
        for network in bypassNetworks { try Self.compare(Subject(network), Numerics.sample(14)) }
        for seed in 0..<20 { try Self.compare(Subject(Graphs.random(seed: UInt64(seed))), Numerics.sample(6)) }
    }

    /// The comparison can fail: it finds one bias that is off by a level of the output, in whatever layer it is.
    @Test func theComparisonFindsADifference() throws {
        let subject = try Subject(fashionNetwork, shippedLayers())
        let images = randomImages(fashionNetwork, 1, seed: 7)
        let model = try subject.quantized(Numerics())
        let references = try images.map(model.reference)
        for name in ["conv_0", "dw_5", "pw_12", "fc"] {
            var altered = model
            let index = try #require(fashionNetwork.nodes.firstIndex { $0.name == name })
            let input = model.activations[fashionNetwork.nodes[index].inputs[0]].scale
            let layer = try #require(model.layers[name])
            for channel in layer.bias.indices {
                let level = model.activations[index + 1].scale / (input * layer.weights.parameters[channel].scale)
                altered.layers[name]!.bias[channel] += Int32(level.rounded(.up))
            }
            let error = #expect(throws: Difference.self) {
                try Self.check(altered, images, references, KernelRegistry(), Self.pools[0])
            }
            #expect(error?.description.hasPrefix(name + ",") == true, "found in the layer itself")
        }
    }

    /// There is something to compare: tensors spread over their ranges, and the rounding modes give different integers.
    @Test func theTensorsAreNotTrivial() throws {
        let shipped = try Subject(fashionNetwork, shippedLayers())
        let image = randomImages(fashionNetwork, 1, seed: 7)[0]
        for (tensor, values) in try shipped.quantized(Numerics()).reference(image).enumerated() {
            #expect(Set(values).count >= min(values.count, 8), "tensor \(tensor) is all but constant")
        }
        let subject = try Subject(Graphs.everyOperation)
        let images = randomImages(subject.network, 40, seed: 7)
        let tensors = try [RoundingMode.gemmlowp, .single, .ruy].map { rounding in
            try images.map(subject.quantized(Numerics(rounding: rounding)).reference)
        }
        #expect(Set(tensors).count == 3)
    }

    @Test func samplesCoverEveryAxis() {
        for sample in [Numerics.sample(6), Numerics.sample(14)] {
            #expect(Set(sample.map(\.signed)).count == 2)
            #expect(Set(sample.map(\.activationBits)) == [8, 6, 4])
            #expect(Set(sample.map(\.rounding)) == [.gemmlowp, .single, .ruy])
        }
        #expect(
            Set(Numerics.sample(14).map { "\($0.weightBits) \($0.granularity) \($0.mapping)" }).count
                == Numerics.weights.count)
    }

    @Test func floatRequantizationIsRefusedUnlessAskedFor() throws {
        let model = try Subject(Graphs.edges).quantized(Numerics(rounding: .fp32))
        #expect(throws: NetworkError.self) {
            try IntegerExecutor(model: model, registry: KernelRegistry(), pool: Self.pools[0])
        }
        _ = try IntegerExecutor(
            model: model, registry: KernelRegistry(), pool: Self.pools[0], allowsFloatRequantization: true)
    }

    @Test func aMissingLayerIsNamed() throws {
        var model = try Subject(Graphs.edges).quantized(Numerics())
        model.layers["dw"] = nil
        let expected = NetworkError.missingLayer("dw", network: "edges")
        #expect(throws: expected) {
            try IntegerExecutor(model: model, registry: KernelRegistry(), pool: Self.pools[0])
        }
        #expect(throws: expected) { try model.reference(randomImages(model.network, 1, seed: 1)[0]) }
    }

    /// Softmax against its definition, argmax exactly; uint8 and int8.
    @Test(arguments: [false, true], [1, 3])
    func softmaxAndArgmax(signed: Bool, batch: Int) throws {
        let network = Graphs.classifier
        let model = try Subject(network, seed: 4).quantized(Numerics(signed: signed))
        let images = randomImages(network, batch, seed: 8)
        for set in FeatureSet.detected.sets {
            let executor = try IntegerExecutor(
                model: model, batch: batch, registry: KernelRegistry(forcing: set), pool: ThreadPool(threads: 2))
            executor.load(images)
            var tensors: [[Int32]] = [executor.integers(of: 0)]
            executor.run { tensors.append(executor.integers(of: $0)) }
            let (logits, probabilities, classes) = (tensors[2], tensors[3], tensors[4])
            #expect(classes.count == batch && executor.indices(of: 4) == classes)
            for image in 0..<batch {
                let row = logits[image * 9..<(image + 1) * 9].map { Double(model.activations[2].dequantize($0)) }
                let powers = row.map { exponential($0 - row.max()!) }
                let sum = powers.reduce(0, +)
                for index in 0..<9 {
                    let level = Double(probabilities[image * 9 + index] + (signed ? 128 : 0))
                    // The last level, 256, is cut to 255.
                    #expect(abs(level - min(256 * powers[index] / sum, 255)) <= 1)
                }
                let levels = probabilities[image * 9..<(image + 1) * 9]
                #expect(Int(classes[image]) == levels.firstIndex(of: levels.max()!)! - levels.startIndex)
            }
        }
    }

    /// eˣ by its series after halving x to below 1/1024: independent of the kernels and of the C library.
    private func exponential(_ x: Double) -> Double {
        var result = 1.0
        let small = x / 65536
        for step in stride(from: 8.0, through: 1, by: -1) { result = 1 + small / step * result }
        for _ in 0..<16 { result *= result }
        return result
    }

    /// Values that a range calibrated too narrow cuts off are counted, those that an activation clamps are not.
    @Test func saturationIsCounted() throws {
        var network = Network(name: "narrow", family: "by_hand", width: nil, resolution: 1, input: Shape(2, 2, 1))
        network.append("linear", .conv2d(Window(1), outChannels: 2, activation: .none, batchNorm: false))
        let executor = try FloatExecutor(
            network: network, parameters: ["linear": FoldedLayer(weight: [1, -1], bias: [0, 0])],
            registry: KernelRegistry(), pool: Self.pools[0])
        // Seen: inputs up to 0.5, so outputs in −0.5 … 0.5.
        let calibration = try Calibration(executor, images: 1) { _, input in
            for index in input.indices { input[index] = Float(index) / 6 }
        }
        let model = try Numerics().quantizer().quantize(
            network, ["linear": FoldedLayer(weight: [1, -1], bias: [0, 0])], calibration: calibration,
            inputParameters: Numerics().input())
        let integer = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: Self.pools[0])
        integer.load([[10, 200, 60, 255]])
        let before = WorkCounter.saturatedOutputs.value
        #expect(integer.countSaturation() == 4, "200 and 255 leave the range with both signs")
        #expect(WorkCounter.saturatedOutputs.value >= before + 4, "other tests may count at the same time")
    }
}
