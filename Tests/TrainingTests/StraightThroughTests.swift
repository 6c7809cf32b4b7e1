import Networks
import Quantization
import Testing
import Training

/// Forward and backward of fake quantization, on every instruction set.
@Suite struct StraightThroughTests {
    /// One layer, by hand: weights 0.9, 0.3 | 0.25, −1 per channel of 2 bits become 0.9, 0 | 0, −1; the logits' range −2 … 4 at
    /// 2 bits has the levels −2, 0, 2, 4.
    @Test func aLayerByHand() throws {
        let network = Network.test(Shape(1, 1, 2)) { $0.append("fc", .fullyConnected(outputs: 2, activation: .none)) }
        var parameters = Parameters()
        parameters["fc.weight"] = ParameterTensor(shape: [2, 2], values: [0.9, 0.3, 0.25, -1])
        parameters["fc.bias"] = ParameterTensor(shape: [2], values: [0.5, -3])
        parameters["range.fc.output"] = ParameterTensor(shape: [2], values: [-2, 4])
        let quantization = SimulatedQuantization(scheme: QuantizationScheme(weightBits: 2, activationBits: 2))
        for level in GradientProbe.levels {
            let probe = try GradientProbe(
                network: network, parameters: parameters, batch: 1, threads: 1, level: level, quantization: quantization
            )
            let result = probe.run(input: [2, 3], labels: [1])
            // 0.9·2 + 0.5 = 2.3 → 2; −3 − 3 = −6 → −2, outside, so that no gradient passes.
            #expect(result.logits == [2, -2])
            let g = Float(1 / (1 + 0.018315638888734179))  // softmax of (2, −2): 1/(1 + e⁻⁴)
            func close(_ a: [Float]?, _ b: [Float]) -> Bool {
                a?.count == b.count && zip(a ?? [], b).allSatisfy { abs($0 - $1) < 1e-6 }
            }
            #expect(close(result.parameters["fc.weight"], [2 * g, 3 * g, 0, 0]))
            #expect(close(result.parameters["fc.bias"], [g, 0]))
            // By the rounded weights: 0.9·g and 0·g.
            #expect(close(result.input, [0.9 * g, 0]))
        }
    }

    /// 0.3 and −1 of [−1, 0.3] per tensor, affine with 2 bits: S = 1.3/3, Z = 2, levels −2S … S: −0.867 … 0.433. −1 lies
    /// outside, its gradient is 0; 0.3 → S.
    @Test func affineWeightsOutsideOfTheirRange() throws {
        let network = Network.test(Shape(1, 1, 1)) { $0.append("fc", .fullyConnected(outputs: 2, activation: .none)) }
        var parameters = Parameters()
        parameters["fc.weight"] = ParameterTensor(shape: [2, 1], values: [0.3, -1])
        parameters["fc.bias"] = ParameterTensor(shape: [2], values: [0, 0])
        let scheme = QuantizationScheme(weightBits: 2, granularity: .perTensor, mapping: .affine)
        for level in GradientProbe.levels {
            let result = try GradientProbe(
                network: network, parameters: parameters, batch: 1, threads: 1, level: level,
                quantization: SimulatedQuantization(scheme: scheme)
            ).run(input: [1], labels: [0])
            #expect(abs(result.logits[0] - 1.3 / 3) < 1e-6 && abs(result.logits[1] + 2.6 / 3) < 1e-6)
            #expect(result.parameters["fc.weight"]![0] < -0.1)
            #expect(result.parameters["fc.weight"]![1] == 0)
        }
    }

    /// LSQ: 3 bits are −3 … 3; with s = 0.5, weights 0.6, 2, −1.6 are 1.2, 4 and −3.2 steps. ∂ŵ/∂s = 1 − 1.2, 3, −3.
    @Test func theGradientOfALearnedStep() throws {
        let network = Network.test(Shape(1, 1, 3)) { $0.append("fc", .fullyConnected(outputs: 2, activation: .none)) }
        var parameters = Parameters()
        parameters["fc.weight"] = ParameterTensor(shape: [2, 3], values: [0.6, 2, -1.6, 0, 0, 0])
        parameters["fc.bias"] = ParameterTensor(shape: [2], values: [0, 0])
        parameters["range.fc.step"] = ParameterTensor(shape: [2], values: [0.5, 0.5])
        parameters["range.fc.output.step"] = ParameterTensor(shape: [1], values: [1])
        var quantization = SimulatedQuantization(scheme: QuantizationScheme(weightBits: 3))
        quantization.learnsSteps = true
        for level in GradientProbe.levels {
            let result = try GradientProbe(
                network: network, parameters: parameters, batch: 1, threads: 1, level: level, quantization: quantization
            ).run(input: [1, 0.5, 0.25], labels: [0])
            // 0.5·1 + 1.5·0.5 − 1.5·0.25
            #expect(result.logits == [0.875, 0])
            let weights = result.parameters["fc.weight"]!
            let g = result.parameters["fc.bias"]![0]
            for (gradient, share) in zip(weights, [1, 0, 0, -1, -0.5, -0.25] as [Float]) {
                #expect(abs(gradient - share * g) < 1e-7)
            }
            // Damped by 1/√(N·Qp) = 1/3.
            let step = result.parameters["range.fc.step"]!
            #expect(abs(step[0] - g * (-0.2 + 3 * 0.5 - 3 * 0.25) / 3) < 1e-6)
            #expect(step[1] == 0)
        }
    }

    /// LSQ: logits 2.3 and −6 at the levels −2, 0, 2, 4 are 1.15 and −3 steps of 2, the second outside: ∂ŷ/∂s = 1 − 1.15, −1.
    @Test func theGradientOfALearnedStepOfActivations() throws {
        let network = Network.test(Shape(1, 1, 1)) { $0.append("fc", .fullyConnected(outputs: 2, activation: .none)) }
        var parameters = Parameters()
        parameters["fc.weight"] = ParameterTensor(shape: [2, 1], values: [1, 1])
        parameters["fc.bias"] = ParameterTensor(shape: [2], values: [1.3, -7])
        parameters["range.fc.output"] = ParameterTensor(shape: [2], values: [-2, 4])
        parameters["range.fc.output.step"] = ParameterTensor(shape: [1], values: [2])
        parameters["range.fc.step"] = ParameterTensor(shape: [2], values: [1, 1])
        let quantization = SimulatedQuantization(
            scheme: QuantizationScheme(weightBits: 2, activationBits: 2), learnsSteps: true)
        for level in GradientProbe.levels {
            let result = try GradientProbe(
                network: network, parameters: parameters, batch: 1, threads: 1, level: level, quantization: quantization
            ).run(input: [1], labels: [1])
            #expect(result.logits == [2, -2])
            let g = Float(1 / (1 + 0.018315638888734179))  // by the logits g and −g
            // Damped by 1/√(N·Qp), two elements and three steps.
            let step = result.parameters["range.fc.output.step"]!
            #expect(abs(step[0] - g * (1 - 1.15 + 1) / Float(6).squareRoot()) < 1e-6)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let network: GradientTests.Case
        let quantization: SimulatedQuantization
        let isFrozen: Bool
        var testDescription: String {
            "\(network.name), \(quantization.scheme)\(quantization.learnsSteps ? " LSQ" : "")"
                + (isFrozen ? ", frozen" : "")
        }
    }

    static let cases: [Case] = {
        // Sums of levels lie on a rectifier's corner, and maxima among equals, often: there is no one slope there.
        let networks = [
            GradientTests.Case(
                name: "residual",
                network: .test(Shape(4, 5, 3)) {
                    let stem = $0.append(
                        "stem", .conv2d(Window(3), outChannels: 8, activation: .relu, batchNorm: true))
                    $0.append("a", .conv2d(Window(1), outChannels: 8, activation: .relu6, batchNorm: true))
                    let b = $0.append("b", .depthwiseConv2d(Window(3), activation: .none, batchNorm: true))
                    $0.append("sum", .add(activation: .none), from: [stem, b])
                    $0.append("twice", .add(activation: .none), from: [$0.last, $0.last])
                    $0.append("mean of twice", .averagePool(Window(2, stride: 2)))
                    $0.append("fc", .fullyConnected(outputs: 5, activation: .none))
                }),
            GradientTests.Case(
                name: "inception",
                network: .test(Shape(5, 5, 3)) {
                    let stem = $0.append(
                        "stem", .conv2d(Window(3), outChannels: 5, activation: .relu, batchNorm: true))
                    let a = $0.append(
                        "a", .conv2d(Window(1), outChannels: 3, activation: .relu6, batchNorm: true), from: [stem])
                    let b = $0.append(
                        "b", .conv2d(Window(3), outChannels: 4, activation: .relu, batchNorm: true), from: [stem])
                    let c = $0.append("c", .averagePool(Window(3)), from: [stem])
                    $0.append("join", .concat, from: [a, b, c, stem])
                    $0.append("mix", .conv2d(Window(1), outChannels: 6, activation: .relu, batchNorm: true))
                    $0.append("fc", .fullyConnected(outputs: 5, activation: .none))
                }),
            GradientTests.Case(
                name: "small MobileNet", network: .small(7, classes: 5), images: 5, threads: 3),
        ]
        let schemes: [(QuantizationScheme, Bool)] = [
            (QuantizationScheme(weightBits: 4, activationBits: 4), false),
            (QuantizationScheme(weightBits: 3, granularity: .perTensor, activationBits: 5), false),
            (QuantizationScheme(weightBits: 4, mapping: .affine, activationBits: 8), false),
            (QuantizationScheme(weightBits: 5, granularity: .perTensor, mapping: .affine, activationBits: 4), false),
            (QuantizationScheme(weightBits: 4, activationBits: 6), true),
            (QuantizationScheme(weightBits: 2, granularity: .perTensor, activationBits: 4), true),
        ]
        return networks.flatMap { network in
            schemes.flatMap { scheme, learns in
                [false, true].map {
                    Case(
                        network: network, quantization: SimulatedQuantization(scheme: scheme, learnsSteps: learns),
                        isFrozen: $0)
                }
            }
        }
    }()

    /// The straight-through gradient is the true one of a function that rounds by what it rounded by at this point: its
    /// central differences are what the gradients are held against.
    @Test(arguments: cases) func matchesTheSurrogate(_ test: Case) throws {
        let network = test.network.network
        var samples = Samples(UInt64(test.testDescription.utf8.reduce(7) { ($0 &* 31 &+ UInt64($1)) & 0xFFFF }))
        var parameters = samples.parameters(network)
        for node in network.nodes {
            parameters["range.\(node.name).output"] = ParameterTensor(shape: [2], values: Surrogate.range(node.name))
            guard test.quantization.learnsSteps, parameters[node.name + ".weight"] != nil else { continue }
            let count = test.quantization.scheme.granularity == .perChannel ? node.output.channels : 1
            parameters["range.\(node.name).step"] = ParameterTensor(
                shape: [count], values: (0..<count).map { _ in 0.2 + 0.1 * samples.next() })
        }
        if test.quantization.learnsSteps {
            for (name, scale) in Surrogate.outputSteps(network, test.quantization.scheme) {
                parameters[name] = ParameterTensor(shape: [1], values: [Float(scale)])
            }
        }
        let input = samples.array(test.network.images * network.input.count)
        let labels = (0..<test.network.images).map { UInt8(($0 * 3 + 1) % network.classes) }
        let wide = input.map(Double.init)
        let surrogate = Surrogate(network, parameters, test.quantization.scheme)
        var reference = ReferenceNetwork(network, parameters)
        reference.inference = test.isFrozen
        reference.weights = surrogate.weights
        reference.activations = surrogate.activations
        let logits = reference.forward(wide, images: test.network.images)
        surrogate.isRecording = false

        for level in GradientProbe.levels {
            let result = try GradientProbe(
                network: network, parameters: parameters, batch: test.network.images, threads: test.network.threads,
                level: level, quantization: test.quantization, isFrozen: test.isFrozen
            ).run(input: input, labels: labels)
            for (i, logit) in logits.enumerated() {
                #expect(abs(Double(result.logits[i]) - logit) < 1e-4 * (1 + abs(logit)), "logit \(i), level \(level)")
            }
            for (name, gradient) in result.parameters.sorted(by: { $0.key < $1.key }) {
                var damping = 1.0
                if let elements = surrogate.elements[name] {
                    let steps = (1 << test.quantization.scheme.activationBits) - 1
                    damping = 1 / Double(elements * steps).squareRoot()
                } else if name.hasSuffix(".step") {
                    let weight = parameters[name.replacing("range.", with: "").replacing(".step", with: ".weight")]!
                    let sharing = Double(weight.values.count / gradient.count)
                    damping = 1 / (sharing * Double((1 << (test.quantization.scheme.weightBits - 1)) - 1)).squareRoot()
                }
                GradientTests.compare(gradient.map { $0 / Float(damping) }, "\(name), level \(level)", kinksAllowed: 2)
                {
                    index, step in
                    var moved = reference
                    if name.hasSuffix(".step") {
                        surrogate.steps[name]![index] += step
                    } else {
                        moved.parameters[name]![index] += step
                    }
                    defer { if name.hasSuffix(".step") { surrogate.steps[name]![index] -= step } }
                    return moved.loss(wide, labels)
                }
            }
            GradientTests.compare(result.input, "input, level \(level)") { index, step in
                var moved = wide
                moved[index] += step
                return reference.loss(moved, labels)
            }
        }
    }
}

/// Fake quantization in double precision and plain loops. While it records, it rounds; after that, it adds the error of that
/// rounding and clips as it did.
private final class Surrogate {
    /// Cuts some values off; sums do not end where their summands do.
    static func range(_ node: String) -> [Float] {
        switch node {
        case "sum": [-1.13, 2.31]
        case "twice", "mean of twice": [-1.57, 3.19]
        default: [-0.9, 1.7]
        }
    }

    /// Scale and zero point of what the node computes, from its range.
    private static func levels(_ node: String, _ scheme: QuantizationScheme) -> (scale: Double, zero: Double) {
        let ends = range(node).map(Double.init)
        let scale = (ends[1] - ends[0]) / Double((1 << scheme.activationBits) - 1)
        return (scale, (-ends[0] / scale).rounded())
    }

    /// The parameter that holds the tensor's scale: that of the first one that has it.
    private static func outputStep(_ network: Network, _ tensor: Int) -> String {
        "range.\(network.nodes[SharedScales(network).root(tensor) - 1].name).output.step"
    }

    /// The learned scales of activations, as they begin.
    static func outputSteps(_ network: Network, _ scheme: QuantizationScheme) -> [String: Double] {
        network.nodes.indices.reduce(into: [:]) {
            $0[outputStep(network, $1 + 1)] = levels(network.nodes[$1].name, scheme).scale
        }
    }

    private static func rounds(_ node: Network.Node) -> Bool {
        switch node.operation {
        case .maxPool, .reshape, .concat: false
        default: true
        }
    }

    private let network: Network
    private let parameters: Parameters
    private let scheme: QuantizationScheme
    /// How many elements of an image take a learned scale.
    let elements: [String: Int]
    var isRecording = true
    var steps: [String: [Double]]
    private var weightErrors: [String: [Double]] = [:]
    private var levels: [String: [(scale: Double, low: Double, high: Double)]] = [:]
    private var activationErrors: [Int: [Double]] = [:]

    init(_ network: Network, _ parameters: Parameters, _ scheme: QuantizationScheme) {
        (self.network, self.parameters, self.scheme) = (network, parameters, scheme)
        steps = parameters.tensors.filter { $0.key.hasSuffix(".step") }.mapValues { $0.values.map(Double.init) }
        elements = network.nodes.indices.filter { Self.rounds(network.nodes[$0]) }.reduce(into: [:]) {
            $0[Self.outputStep(network, $1 + 1), default: 0] += network.nodes[$1].output.count
        }
    }

    private func channel(_ node: String, _ index: Int, _ count: Int, _ channels: Int) -> Int {
        parameters[node + ".weight"]!.shape.count == 3 ? index % channels : index / (count / channels)
    }

    func weights(_ node: String, _ weights: [Double]) -> [Double] {
        let channels = network.nodes.first { $0.name == node }!.output.channels
        let fold = (0..<channels).map { channel in
            guard let gamma = parameters[node + ".bn.gamma"] else { return 1.0 }
            let variance = Double(parameters[node + ".bn.variance"]!.values[channel])
            return Double(gamma.values[channel]) / (variance + Double(batchNormEpsilon)).squareRoot()
        }
        let channelOf = weights.indices.map { channel(node, $0, weights.count, channels) }
        let folded = weights.indices.map { weights[$0] * fold[channelOf[$0]] }
        let set = { (index: Int) in self.scheme.granularity == .perChannel ? channelOf[index] : 0 }
        if isRecording { levels[node] = levels(node, folded, set) }
        if let learned = steps["range.\(node).step"] {
            for index in learned.indices { levels[node]![index].scale = learned[index] }
        }
        if isRecording {
            weightErrors[node] = folded.indices.map {
                let ratio = folded[$0] / levels[node]![set($0)].scale
                return ratio.rounded() - ratio
            }
        }
        return folded.indices.map {
            let (scale, low, high) = levels[node]![set($0)]
            let ratio = folded[$0] / scale
            let rounded = ratio < low ? low : ratio > high ? high : ratio + weightErrors[node]![$0]
            return scale * rounded / fold[channelOf[$0]]
        }
    }

    private func levels(
        _ node: String, _ folded: [Double], _ set: (Int) -> Int
    ) -> [(scale: Double, low: Double, high: Double)] {
        (0...folded.indices.map(set).max()!).map { wanted in
            let values = folded.indices.filter { set($0) == wanted }.map { folded[$0] }
            let (low, high) = (min(values.min()!, 0), max(values.max()!, 0))
            if scheme.mapping == .symmetric {
                let end = Double((1 << (scheme.weightBits - 1)) - 1)
                // By minimum and maximum, a little beyond: the largest weight may be moved.
                let margin = steps.isEmpty ? 1e-3 : 0
                return (max(-low, high) / end, -end - margin, end + margin)
            }
            let end = Double((1 << scheme.weightBits) - 1)
            let scale = (high - low) / end
            let zero = (-low / scale).rounded()
            return (scale, -zero, end - zero)
        }
    }

    func activations(_ tensor: Int, _ values: [Double]) -> [Double] {
        let node = network.nodes[tensor - 1]
        guard Self.rounds(node) else { return values }
        var (scale, zero) = Self.levels(node.name, scheme)
        if let learned = steps[Self.outputStep(network, tensor)] { scale = learned[0] }
        let end = Double((1 << scheme.activationBits) - 1)
        let ratios = values.map { min(max($0 / scale, -zero), end - zero) }
        if isRecording { activationErrors[tensor] = ratios.map { ($0 + 0.5 + 0x1p-12).rounded(.down) - $0 } }
        return zip(ratios, activationErrors[tensor]!).map { ($0 + $1) * scale }
    }
}
