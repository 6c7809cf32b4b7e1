import Networks
import QuantKernels
import Quantization
import Testing

/// What quantizing after training makes of ranges, weights and biases, and what it refuses.
@Suite struct PostTrainingQuantizerTests {
    private static let pool = ThreadPool(threads: 1)

    private static func chain(_ layers: (inout Network) -> Void) -> Network {
        var network = Network(name: "chain", family: "by_hand", width: nil, resolution: 4, input: Shape(4, 4, 2))
        layers(&network)
        return network
    }

    /// What moves elements or picks among them keeps scale and zero point; the set's range is the union.
    @Test(arguments: [false, true], [8, 4])
    func poolsAndConcatenationsShareTheirScale(signed: Bool, bits: Int) throws {
        let subject = try Subject(Graphs.everyOperation)
        let model = try subject.quantized(Numerics(activationBits: bits, signed: signed))
        let tensor = { (name: String) in subject.network.nodes.firstIndex { $0.name == name }! + 1 }
        let shared = ["stem", "sum", "mean", "largest", "join", "pad"].map { model.activations[tensor($0)] }
        #expect(Set(shared).count == 1)
        #expect(shared[0].range == (signed ? try .signed(bits: bits) : try .unsigned(bits: bits)))
        let largest = ["stem", "sum", "mean", "largest"].map { subject.calibration.ranges[tensor($0)].maximum }.max()!
        let span = Double(shared[0].realRange.maximum - shared[0].realRange.minimum)
        #expect(abs(span - largest) < 1e-5 * largest, "ReLUs before it: from 0 to the largest of all")
        #expect(model.activations[tensor("flat")] == model.activations[tensor("oblong")])
        #expect(model.activations[tensor("pw")] != shared[0])
        #expect(model.activations[tensor("hidden")] != model.activations[tensor("flat")])
    }

    @Test(arguments: [false, true], [8, 4])
    func theInputHasItsOwnParameters(signed: Bool, bits: Int) throws {
        let numerics = Numerics(activationBits: bits, signed: signed)
        let fixed = try numerics.input()
        let subject = try Subject(Graphs.edges)
        let model = try subject.quantized(numerics)
        #expect(model.activations[0] == fixed)
        #expect(model.activations[1] == fixed, "a pool of the input keeps them")
        #expect(model.activations[6] == fixed, "and a pool of that")
        let calibrated = try numerics.quantizer().quantize(
            subject.network, subject.layers, calibration: subject.calibration)
        #expect(calibrated.activations[0].range == fixed.range, "8 bits, whatever the activations have")
        let (low, high) = subject.calibration.ranges[0]
        #expect(abs(calibrated.activations[0].scale - (max(high, 0) - min(low, 0)) / 255) < 1e-12)
    }

    @Test func integersOfAnImageAreItsPixels() throws {
        for signed in [false, true] {
            let model = try Subject(Graphs.edges).quantized(Numerics(signed: signed))
            let executor = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: Self.pool)
            let pixels = (0..<20).map { UInt8($0 * 13) }
            executor.quantizeInput(reals(pixels))
            #expect(executor.integers(of: 0) == pixels.map { Int32($0) - (signed ? 128 : 0) })
        }
    }

    /// Weights that drive every output above 6 or below 0: the integers end at Q(0) and Q(6).
    @Test func rectifiersClampInIntegers() throws {
        let network = Self.chain {
            $0.append("conv", .conv2d(Window(1), outChannels: 2, activation: .relu6, batchNorm: false))
        }
        let subject = try Subject(
            network, ["conv": FoldedLayer(weight: [100, 100, -100, -100], bias: [1, -1])])
        #expect(subject.calibration.ranges[1] == (0, 6))
        let model = try subject.quantized(Numerics())
        let executor = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: Self.pool)
        executor.load([[UInt8](repeating: 200, count: 32)])
        executor.run()
        let (zero, six) = (model.activations[1].quantize(0), model.activations[1].quantize(6))
        #expect((zero, six) == (0, 255))
        #expect(executor.integers(of: 1) == (0..<16).flatMap { _ in [six, zero] })
    }

    /// int32 at S_input·S_weight of the channel, zero point 0.
    @Test(arguments: [Granularity.perTensor, .perChannel])
    func biasesStandAtTheProductsScale(granularity: Granularity) throws {
        let network = Self.chain {
            $0.append("conv", .conv2d(Window(1), outChannels: 2, activation: .none, batchNorm: false))
        }
        let subject = try Subject(network, ["conv": FoldedLayer(weight: [1, -0.5, 0.1, 0.2], bias: [0.75, -0.3])])
        let layer = try #require(
            try subject.quantized(Numerics(granularity: granularity)).layers["conv"])
        let scales = granularity == .perTensor ? [1.0 / 127, 1.0 / 127] : [1.0 / 127, Double(Float(0.2)) / 127]
        #expect(layer.weights.parameters.count == (granularity == .perTensor ? 1 : 2))
        for (channel, bias) in [Float(0.75), -0.3].enumerated() {
            #expect(abs(layer.weights.parameters(ofChannel: channel).scale - scales[channel]) < 1e-12)
            let exact = Double(bias) / (scales[channel] / 255)
            #expect(abs(Double(layer.bias[channel]) - exact) <= 0.5 + 1e-6)
        }
    }

    /// A channel that batch norm has switched off: weights near 0, and a bias that at their scale would need more than 32
    /// bits. Its output is its bias, and the other channel's stays accurate.
    @Test(arguments: [Mapping.symmetric, .affine])
    func aDeadChannelStaysAccurate(mapping: Mapping) throws {
        let network = Self.chain {
            $0.append("dw", .depthwiseConv2d(Window(3), activation: .none, batchNorm: false))
        }
        var weight = [Float](repeating: 1e-12, count: 18)
        for tap in 0..<9 { weight[2 * tap] = Float(tap - 4) / 8 }
        let subject = try Subject(network, ["dw": FoldedLayer(weight: weight, bias: [0.25, 2.5])])
        let model = try subject.quantized(Numerics(mapping: mapping))
        let layer = try #require(model.layers["dw"])
        #expect(2.5 / (1e-12 / 255 / 255) > Double(Int32.max), "the case is one")
        #expect(abs(layer.bias[1]) <= 1 << 30)
        let image = randomImages(network, 1, seed: 3)[0]
        let float = try ReferenceExecutor.run(network, subject.layers, input: reals(image))
        let executor = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: Self.pool)
        executor.load([image])
        executor.run()
        let output = model.activations[1]
        for (integer, real) in zip(executor.integers(of: 1), float) {
            #expect(abs(output.dequantize(integer) - real) <= 2 * Float(output.scale))
        }
    }

    /// 66,311 products of 255·127 are the most that an int32 holds.
    @Test func sumsThatAreTooDeepAreRefused() throws {
        func build(_ depth: Int) throws {
            var network = Network(name: "deep", family: "by_hand", width: nil, resolution: 1, input: Shape(1, 1, depth))
            network.append("fc", .fullyConnected(outputs: 1, activation: .none))
            let layers = ["fc": FoldedLayer(weight: [Float](repeating: 0.001, count: depth), bias: [0])]
            let model = try Subject(network, layers).quantized(Numerics())
            _ = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: Self.pool)
        }
        try build(66_311)
        #expect {
            try build(66_312)
        } throws: { error in
            guard case .accumulatorOverflow(66_312, 66_311, _, _)? = error as? QuantizationError else { return false }
            return true
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity], [false, true])
    func parametersThatAreNotFiniteAreRefused(value: Float, inBias: Bool) throws {
        var subject = try Subject(Graphs.everyOperation)
        for name in ["dw", "hidden"] {
            var layers = subject.layers
            if inBias { layers[name]!.bias[1] = value } else { layers[name]!.weight[1] = value }
            #expect(throws: NetworkError.notFinite(layer: name)) {
                try Numerics().quantizer().quantize(subject.network, layers, calibration: subject.calibration)
            }
        }
        subject = try Subject(Graphs.edges)
        #expect(throws: NetworkError.missingLayer("wide", network: "edges")) {
            try Numerics().quantizer().quantize(subject.network, [:], calibration: subject.calibration)
        }
    }

    @Test func weightsOfTheWrongNumberAreRefused() throws {
        let subject = try Subject(Graphs.edges)
        var layers = subject.layers
        layers["grow"]!.weight.removeLast()
        #expect(throws: QuantizationError.self) {
            try Numerics().quantizer().quantize(subject.network, layers, calibration: subject.calibration)
        }
    }

    /// A concatenation would force its scale on both; the input's is fixed at 1/255 and would cut the other at 1.
    @Test func computedTensorsDoNotTakeAFixedScale() throws {
        let network = Self.chain {
            let conv = $0.append("conv", .conv2d(Window(1), outChannels: 2, activation: .relu, batchNorm: false))
            $0.append("join", .concat, from: [0, conv])
        }
        let subject = try Subject(network)
        #expect {
            try subject.quantized(Numerics())
        } throws: {
            "\($0)".hasPrefix("conv: ")
        }
        // Without fixed parameters calibration covers both.
        let model = try Numerics().quantizer().quantize(network, subject.layers, calibration: subject.calibration)
        #expect(Set(model.activations).count == 1)
    }

    /// What follows a softmax without computing has its levels: 256 of [0, 1).
    @Test func aReshapedSoftmaxKeepsItsScale() throws {
        let network = Self.chain {
            $0.append("logits", .fullyConnected(outputs: 4, activation: .none))
            $0.append("softmax", .softmax)
            $0.append("square", .reshape(Shape(2, 2, 1)))
        }
        for signed in [false, true] {
            let model = try Subject(network).quantized(Numerics(activationBits: 6, signed: signed))
            let levels = try QuantizationParameters(
                scale: 1.0 / 256, zeroPoint: signed ? -128 : 0, range: signed ? .int8 : .uint8)
            #expect(model.activations[2] == levels && model.activations[3] == levels)
        }
    }

    /// Weights at their width, 4 bytes of scale per set (8 with a zero point), 4 bytes per bias.
    @Test func modelBytes() throws {
        let network = Self.chain {
            $0.append("conv", .conv2d(Window(3), outChannels: 5, activation: .relu, batchNorm: false))  // 90 weights
            $0.append("logits", .fullyConnected(outputs: 3, activation: .none))  // 240 weights
        }
        let subject = try Subject(network)
        func bytes(_ bits: Int, _ granularity: Granularity, _ mapping: Mapping) throws -> Int {
            try subject.quantized(Numerics(weightBits: bits, granularity: granularity, mapping: mapping)).modelBytes
        }
        let biases = 4 * (5 + 3)
        #expect(try bytes(8, .perTensor, .symmetric) == 90 + 240 + 4 * 2 + biases)
        #expect(try bytes(8, .perChannel, .symmetric) == 90 + 240 + 4 * 8 + biases)
        #expect(try bytes(4, .perChannel, .symmetric) == 45 + 120 + 4 * 8 + biases)
        #expect(try bytes(4, .perTensor, .affine) == 45 + 120 + 8 * 2 + biases)
        #expect(try bytes(2, .perChannel, .affine) == 23 + 60 + 8 * 8 + biases)
        #expect(try bytes(6, .perTensor, .symmetric) == 68 + 180 + 4 * 2 + biases)
    }
}
