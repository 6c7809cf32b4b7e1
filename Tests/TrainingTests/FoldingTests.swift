import Networks
import Testing
import Training

@Suite struct FoldingTests {
    /// The same network with bias in place of batch norm computes the same logits from the folded layers.
    @Test func foldedNetworkComputesTheSame() throws {
        var samples = Samples(9)
        let network = Network.small()
        let parameters = samples.parameters(network)
        let folded = try BatchNormFolding.fold(network: network, parameters: parameters)
        #expect(folded.keys.sorted() == ["dw", "fc", "pw", "stem"])

        var plain = Network(name: "plain", family: "test", width: nil, resolution: 8, input: network.input)
        for node in network.nodes {
            let operation: Operation =
                switch node.operation {
                case .conv2d(let window, let channels, let activation, _):
                    .conv2d(window, outChannels: channels, activation: activation, batchNorm: false)
                case .depthwiseConv2d(let window, let activation, _):
                    .depthwiseConv2d(window, activation: activation, batchNorm: false)
                default: node.operation
                }
            plain.append(node.name, operation, from: node.inputs)
        }
        var values = Parameters()
        for (name, shape, _) in plain.parameterShapes {
            let layer = try #require(folded[String(name.prefix { $0 != "." })])
            values[name] = ParameterTensor(shape: shape, values: name.hasSuffix(".bias") ? layer.bias : layer.weight)
        }
        var reference = ReferenceNetwork(network, parameters)
        reference.inference = true
        let input = samples.array(3 * network.input.count).map(Double.init)
        let expected = reference.forward(input, images: 3)
        let actual = ReferenceNetwork(plain, values).forward(input, images: 3)
        for (a, b) in zip(actual, expected) { #expect(abs(a - b) < 1e-4 * (1 + abs(b))) }

        // The trained network's inference agrees with both.
        let images = try quarters(40)
        let unfolded = try FloatEvaluator(network: network, parameters: parameters).evaluate(images)
        let foldedResult = try FloatEvaluator(network: plain, parameters: values).evaluate(images)
        #expect(abs(unfolded.loss - foldedResult.loss) < 1e-4 * (1 + unfolded.loss))
        let pixels = images.pixels.map { Double($0) / 255 }
        #expect(abs(reference.loss(pixels, images.labels) - unfolded.loss) < 1e-4 * (1 + unfolded.loss))
    }

    @Test func refusesDamagedParameters() throws {
        var samples = Samples(9)
        let network = Network.small()
        let good = samples.parameters(network)
        var bad = good
        bad["dw.bn.beta"] = nil
        #expect(throws: TrainingError.parameter(name: "dw.bn.beta", reason: "missing")) {
            _ = try BatchNormFolding.fold(network: network, parameters: bad)
        }
        bad = good
        bad["pw.bn.variance"]!.values[2] = -1
        #expect(throws: TrainingError.self) { _ = try BatchNormFolding.fold(network: network, parameters: bad) }
        bad = good
        bad["fc.weight"] = ParameterTensor(shape: [1], values: [0])
        #expect(throws: TrainingError.self) { _ = try BatchNormFolding.fold(network: network, parameters: bad) }
    }
}
