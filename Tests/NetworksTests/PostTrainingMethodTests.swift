import Networks
import QuantKernels
import Quantization
import Testing

/// Statistics of inputs, equalization, bias correction, AdaRound and clipped ranges on networks, held against the reference
/// operators and against what they promise.
@Suite struct PostTrainingMethodTests {
    private static let images = 5

    /// What a calibration is made with: the executor takes the images two at a time, so that the last batch is short.
    private static func watched<Result>(
        _ network: Network, _ layers: FoldedParameters,
        _ body: (FloatExecutor, _ load: (Range<Int>, UnsafeMutableBufferPointer<Float>) -> Void) throws -> Result
    ) throws -> Result {
        let executor = try FloatExecutor(
            network: network, parameters: layers, batch: 2, registry: KernelRegistry(), pool: ThreadPool(threads: 1))
        let images = randomImages(network, images, seed: 5)
        return try body(executor) { range, input in
            for (index, value) in range.flatMap({ reals(images[$0]) }).enumerated() { input[index] = value }
        }
    }

    private static func statistics(_ network: Network, _ layers: FoldedParameters) throws -> InputStatistics {
        try watched(network, layers) { try InputStatistics($0, images: images, products: true, load: $1) }
    }

    // MARK: Statistics

    /// One layer, linear, so that its outputs for weights δ without bias are δ·x.
    private static let layers: [(name: String, operation: Networks.Operation)] = [
        ("strided", .conv2d(Window(3, stride: 2), outChannels: 4, activation: .none, batchNorm: false)),
        ("pointwise", .conv2d(Window(1), outChannels: 5, activation: .none, batchNorm: false)),
        (
            "oblong",
            .conv2d(
                Window(height: 2, width: 3, stride: 1, padding: .valid), outChannels: 3, activation: .none,
                batchNorm: false)
        ),
        ("depthwise", .depthwiseConv2d(Window(3, stride: 2), activation: .none, batchNorm: false)),
        ("full", .fullyConnected(outputs: 6, activation: .none)),
    ]

    /// Mean of the outputs = δ·E[x], mean of their squares = δᵀHδ, whatever the window, the stride and the padding.
    @Test(arguments: layers.indices) func momentsOfTheInputs(index: Int) throws {
        var network = Network(name: "one", family: "by_hand", width: nil, resolution: 7, input: Shape(7, 5, 3))
        network.append(Self.layers[index].name, Self.layers[index].operation)
        var layer = randomLayers(network, seed: 3)[Self.layers[index].name]!
        layer.bias = Array(repeating: 0, count: layer.bias.count)
        let layers = [Self.layers[index].name: layer]
        let moments = try #require(try Self.statistics(network, layers).layers[Self.layers[index].name])

        let channels = layer.bias.count
        var (means, squares) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
        for image in randomImages(network, Self.images, seed: 5) {
            let output = try ReferenceExecutor.run(network, layers, input: reals(image))
            let share = Double(channels) / Double(output.count * Self.images)
            for (place, value) in output.enumerated() {
                means[place % channels] += Double(value) * share
                squares[place % channels] += Double(value * value) * share
            }
        }
        let isDepthwise = Self.layers[index].name == "depthwise"
        let depth = layer.weight.count / channels
        for channel in 0..<channels {
            func place(_ tap: Int) -> Int { isDepthwise ? tap * channels + channel : channel * depth + tap }
            var (mean, square) = (0.0, 0.0)
            for tap in 0..<depth {
                let weight = Double(layer.weight[place(tap)])
                mean += weight * Double(moments.mean[isDepthwise ? place(tap) : tap])
                for other in 0..<depth {
                    let product = moments.products[(isDepthwise ? channel * depth * depth : 0) + tap * depth + other]
                    square += weight * Double(product) * Double(layer.weight[place(other)])
                }
            }
            #expect(abs(mean - means[channel]) < 1e-4)
            #expect(abs(square - squares[channel]) < 1e-4 * max(1, squares[channel]))
        }
    }

    @Test func nothingWithoutImages() throws {
        let layers = randomLayers(Graphs.edges, seed: 1)
        try Self.watched(Graphs.edges, layers) { executor, load in
            #expect(throws: QuantizationError.nothingObserved) {
                try InputStatistics(executor, images: 0, products: false, load: load)
            }
            #expect(throws: QuantizationError.nothingObserved) {
                try ChannelPeaks(executor, images: 0, load: load)
            }
        }
        let subject = try Subject(Graphs.edges)
        var quantizer = try Numerics().quantizer()
        quantizer.correctsBias = true
        #expect(throws: NetworkError.self) {
            try quantizer.quantize(subject.network, subject.layers, calibration: subject.calibration)
        }
        quantizer.correctsBias = false
        quantizer.ranges = .entropy
        #expect(throws: NetworkError.self, "there are no histograms") {
            try quantizer.quantize(subject.network, subject.layers, calibration: subject.calibration)
        }
    }

    // MARK: Ranges

    @Test func rangesByHistogram() throws {
        let network = Graphs.everyOperation
        let layers = randomLayers(network, seed: 4)
        let calibration = try Self.watched(network, layers) {
            try Calibration($0, images: Self.images, histograms: true, load: $1)
        }
        #expect(calibration.histograms.map { $0.observed?.maximum } == calibration.ranges.map(\.maximum))
        var quantizer = try Numerics().quantizer()
        quantizer.ranges = .percentile(90)
        let model = try quantizer.quantize(network, layers, calibration: calibration)
        let hidden = network.nodes.firstIndex { $0.name == "pw" }! + 1
        let (low, high) = try calibration.histograms[hidden].range(.percentile(90), onto: .uint8)
        let expected = try QuantizationParameters.affine(minimum: low, maximum: high, range: .uint8)
        #expect(model.activations[hidden] == expected)
        #expect(high < calibration.ranges[hidden].maximum)
    }

    // MARK: Equalization

    /// conv → depthwise → pointwise → pool → fully connected with channels that differ a hundredfold.
    private static func chain(_ activation: Activation) -> Network {
        var network = Network(name: "chain", family: "by_hand", width: nil, resolution: 6, input: Shape(6, 6, 2))
        network.append("conv", .conv2d(Window(3), outChannels: 8, activation: activation, batchNorm: false))
        network.append("dw", .depthwiseConv2d(Window(3), activation: activation, batchNorm: false))
        network.append("pw", .conv2d(Window(1), outChannels: 12, activation: activation, batchNorm: false))
        network.append("mean", .averagePool(Window(6, padding: .valid)))
        network.append("logits", .fullyConnected(outputs: 5, activation: .none))
        return network
    }

    private static func uneven(_ network: Network) -> FoldedParameters {
        var layers = randomLayers(network, seed: 8)
        for name in ["conv", "dw", "pw"] {
            let channels = layers[name]!.bias.count
            for channel in stride(from: 0, to: channels, by: 2) {
                layers[name]!.bias[channel] /= 10
                let weights = layers[name]!.weight.indices.filter {
                    name == "dw" ? $0 % channels == channel : $0 / (layers[name]!.weight.count / channels) == channel
                }
                for index in weights { layers[name]!.weight[index] /= 10 }
            }
        }
        return layers
    }

    private static func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).map { abs($0 - $1) }.max()! / b.map(abs).max()!
    }

    @Test(arguments: Activation.allCases) func equalizedLayersComputeTheSame(activation: Activation) throws {
        let network = Self.chain(activation)
        let layers = Self.uneven(network)
        let peaks = try Self.watched(network, layers) { try ChannelPeaks($0, images: Self.images, load: $1) }
        let equalized = try CrossLayerEqualization.apply(network, layers, peaks: peaks)
        #expect(equalized != layers)
        // Without an upper bound for any image; with one, where no value exceeds the calibration's.
        let seed: UInt64 = activation == .relu6 ? 5 : 6
        for image in randomImages(network, Self.images, seed: seed) {
            let (before, after) = try (
                ReferenceExecutor.run(network, layers, input: reals(image)),
                ReferenceExecutor.run(network, equalized, input: reals(image))
            )
            #expect(Self.largestDifference(after, before) < 1e-5)
        }
        guard activation != .relu6 else { return }
        // Written and read ranges of every channel agree.
        for (first, second) in [("conv", "dw"), ("dw", "pw"), ("pw", "logits")] {
            let (writer, reader) = (equalized[first]!, equalized[second]!)
            let channels = writer.bias.count
            for channel in 0..<channels {
                let written = writer.weight.indices.filter {
                    first == "dw" ? $0 % channels == channel : $0 / (writer.weight.count / channels) == channel
                }.map { abs(writer.weight[$0]) }.max()!
                let read = stride(from: channel, to: reader.weight.count, by: channels)
                    .map { abs(reader.weight[$0]) }.max()!
                #expect(abs(written / read - 1) < 0.01)
            }
        }
    }

    /// Channels that reach 6 stay as they are, and the others below 6.
    @Test func theBoundOfReLU6Holds() throws {
        let network = Self.chain(.relu6)
        var layers = Self.uneven(network)
        layers["conv"]!.weight = layers["conv"]!.weight.map { $0 * 6 }
        let peaks = try Self.watched(network, layers) { try ChannelPeaks($0, images: Self.images, load: $1) }
        let equalized = try CrossLayerEqualization.apply(network, layers, peaks: peaks)
        let after = try Self.watched(network, equalized) { try ChannelPeaks($0, images: Self.images, load: $1) }
        let depth = layers["conv"]!.weight.count / 8
        let cut = (0..<8).filter { peaks.values[1][$0] == 6 }
        #expect(!cut.isEmpty && cut.count < 8, "the case is one")
        for channel in 0..<8 {
            let weights = channel * depth..<(channel + 1) * depth
            if cut.contains(channel) {
                #expect(equalized["conv"]!.weight[weights] == layers["conv"]!.weight[weights])
            } else {
                #expect(after.values[1][channel] <= 6)
            }
        }
        for image in randomImages(network, Self.images, seed: 5) {
            let (before, after) = try (
                ReferenceExecutor.run(network, layers, input: reals(image)),
                ReferenceExecutor.run(network, equalized, input: reals(image))
            )
            #expect(Self.largestDifference(after, before) < 1e-5)
        }
    }

    /// A tensor that two layers read, or an addition, is no pair; a missing layer has its error.
    @Test func onlyPairsAreEqualized() throws {
        let network = Graphs.everyOperation
        let layers = randomLayers(network, seed: 2)
        let peaks = try Self.watched(network, layers) { try ChannelPeaks($0, images: Self.images, load: $1) }
        let equalized = try CrossLayerEqualization.apply(network, layers, peaks: peaks)
        #expect(equalized["stem"] == layers["stem"], "an addition and a concatenation read it, too")
        #expect(equalized["pw"]!.bias == layers["pw"]!.bias, "an addition reads it")
        #expect(equalized["oblong"] != layers["oblong"] || equalized["hidden"] != layers["hidden"])
        for image in randomImages(network, Self.images, seed: 5) {
            let (before, after) = try (
                ReferenceExecutor.run(network, layers, input: reals(image)),
                ReferenceExecutor.run(network, equalized, input: reals(image))
            )
            #expect(Self.largestDifference(after, before) < 1e-5)
        }
        #expect(throws: NetworkError.missingLayer("stem", network: network.name)) {
            try CrossLayerEqualization.apply(network, [:], peaks: peaks)
        }
    }

    /// The network that this repository trains: on the calibration's images nothing changes, channel for channel.
    @Test func theShippedNetworkComputesTheSame() throws {
        let layers = try shippedLayers()
        let peaks = try Self.watched(fashionNetwork, layers) { try ChannelPeaks($0, images: Self.images, load: $1) }
        let equalized = try CrossLayerEqualization.apply(fashionNetwork, layers, peaks: peaks)
        #expect(equalized != layers)
        for image in randomImages(fashionNetwork, Self.images, seed: 5) {
            let (before, after) = try (
                ReferenceExecutor.run(fashionNetwork, layers, input: reals(image)),
                ReferenceExecutor.run(fashionNetwork, equalized, input: reals(image))
            )
            #expect(Self.largestDifference(after, before) < 1e-4)
        }
    }

    // MARK: Bias correction and AdaRound

    private static func quantized(
        _ network: Network, _ layers: FoldedParameters, _ numerics: Numerics, corrects: Bool,
        rounding: AdaptiveRounding?
    ) throws -> QuantizedModel {
        let calibration = try watched(network, layers) { try Calibration($0, images: images, load: $1) }
        var quantizer = try numerics.quantizer()
        (quantizer.correctsBias, quantizer.weightRounding) = (corrects, rounding)
        return try quantizer.quantize(
            network, layers, calibration: calibration, inputParameters: numerics.input(),
            statistics: statistics(network, layers))
    }

    /// Mean and mean square, over the calibration images, of what each channel of a single layer's output is off.
    private static func errors(_ index: Int, corrects: Bool, rounding: AdaptiveRounding?) throws -> (
        largestMean: Double, meanSquare: Double
    ) {
        var network = Network(name: "one", family: "by_hand", width: nil, resolution: 7, input: Shape(7, 5, 3))
        network.append(layers[index].name, layers[index].operation)
        let layer = randomLayers(network, seed: 3)[layers[index].name]!
        let model = try quantized(
            network, [layers[index].name: layer], Numerics(weightBits: 3), corrects: corrects, rounding: rounding)
        // The integers of the model as reals: the layer itself, without the rounding of its output.
        let integers = try #require(model.layers[layers[index].name])
        let channels = layer.bias.count
        let bias = (0..<channels).map {
            Float(
                Double(integers.bias[$0]) * model.activations[0].scale
                    * integers.weights.parameters(ofChannel: $0).scale)
        }
        let simulated = FoldedLayer(weight: integers.weights.dequantized(), bias: bias)
        var (means, square) = ([Double](repeating: 0, count: channels), 0.0)
        for image in randomImages(network, images, seed: 5) {
            let float = try ReferenceExecutor.run(network, [layers[index].name: layer], input: reals(image))
            let other = try ReferenceExecutor.run(network, [layers[index].name: simulated], input: reals(image))
            for (place, (a, b)) in zip(float, other).enumerated() {
                means[place % channels] += Double(b - a) * Double(channels) / Double(float.count * images)
                square += Double((b - a) * (b - a)) / Double(float.count * images)
            }
        }
        return (means.map(abs).max()!, square)
    }

    @Test(arguments: layers.indices) func biasCorrectionTakesTheMeanErrorAway(index: Int) throws {
        let (plain, corrected) = try (
            Self.errors(index, corrects: false, rounding: nil), Self.errors(index, corrects: true, rounding: nil)
        )
        #expect(plain.largestMean > 1e-2, "the case is one")
        #expect(corrected.largestMean < 1e-3)
        #expect(corrected.meanSquare < plain.meanSquare)
    }

    @Test(arguments: layers.indices) func adaRoundBringsTheOutputsNearer(index: Int) throws {
        let nearest = try Self.errors(index, corrects: false, rounding: nil)
        let adaptive = try Self.errors(index, corrects: false, rounding: AdaptiveRounding(steps: 300))
        // A pointwise layer of three inputs has few roundings to choose from.
        let share = Self.layers[index].name == "pointwise" ? 0.95 : 0.7
        #expect(adaptive.meanSquare < share * nearest.meanSquare, "\(adaptive) against \(nearest)")
    }

    /// Through all layers of the shipped network, at 3 bits: logits come nearer to the float network's, on other images than
    /// the calibration's.
    @Test func theShippedNetworksLogitsComeNearer() throws {
        let layers = try shippedLayers()
        func noise(_ corrects: Bool, _ rounding: AdaptiveRounding?) throws -> Double {
            let model = try Self.quantized(
                fashionNetwork, layers, Numerics(weightBits: 3), corrects: corrects, rounding: rounding)
            let executor = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: ThreadPool(threads: 1))
            var noise = 0.0
            for image in randomImages(fashionNetwork, 6, seed: 77) {
                executor.load([image])
                executor.run()
                let float = try ReferenceExecutor.run(fashionNetwork, layers, input: reals(image))
                for (real, integer) in zip(float, executor.integers(of: fashionNetwork.last)) {
                    let error = Double(model.activations[fashionNetwork.last].dequantize(integer) - real)
                    noise += error * error
                }
            }
            return noise
        }
        let plain = try noise(false, nil)
        #expect(try noise(true, nil) < plain)
        #expect(try noise(false, AdaptiveRounding(steps: 200)) < plain)
    }
}
