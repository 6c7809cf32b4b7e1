import Datasets
import Foundation
import Networks
import QuantKernels
import Quantization
import Testing
import Training

/// The integer-only network computes what training simulated: shown on trained networks and their test images.
@Suite struct IntegerAgreementTests {
    static let schemes: [SimulatedQuantization] = [
        SimulatedQuantization(scheme: QuantizationScheme(weightBits: 8)),
        SimulatedQuantization(scheme: QuantizationScheme(weightBits: 4)),
        SimulatedQuantization(scheme: QuantizationScheme(weightBits: 4), learnsSteps: true),
        SimulatedQuantization(scheme: QuantizationScheme(weightBits: 8, granularity: .perTensor, mapping: .affine)),
        SimulatedQuantization(scheme: QuantizationScheme(weightBits: 5, mapping: .affine, activationBits: 7)),
    ]

    /// A network with bypasses of both kinds, trained to perfection on synthetic images in a second.
    @Test(arguments: schemes) func aSmallNetwork(quantization: SimulatedQuantization) throws {
        let network = Network.test(Shape(8, 8, 1)) {
            let stem = $0.append("stem", .conv2d(Window(3), outChannels: 8, activation: .relu, batchNorm: true))
            $0.append("dw", .depthwiseConv2d(Window(3), activation: .relu6, batchNorm: true))
            let linear = $0.append("pw", .conv2d(Window(1), outChannels: 8, activation: .none, batchNorm: true))
            let sum = $0.append("sum", .add(activation: .relu), from: [stem, linear])
            let narrow = $0.append("narrow", .conv2d(Window(1), outChannels: 4, activation: .relu6, batchNorm: true))
            let pooled = $0.append("pooled", .averagePool(Window(3)), from: [sum])
            $0.append("join", .concat, from: [narrow, pooled, sum])
            $0.append("down", .conv2d(Window(3, stride: 2), outChannels: 16, activation: .relu, batchNorm: true))
            $0.append("pool", .averagePool(Window(4, padding: .valid)))
            $0.append("fc", .fullyConnected(outputs: 4, activation: .none))
        }
        let options = TrainingOptions(
            epochs: 8, batchSize: 32, maxLearningRate: 0.05, seed: 3, threads: 2, flips: false,
            quantization: quantization)
        let trainer = try Trainer(network: network, images: quarters(1024), options: options)
        #expect(try trainer.run() == .finished)
        let test = try quarters(600, seed: 99)
        let evaluation = try trainer.evaluate(test)
        #expect(evaluation.accuracy > 0.98)
        let images = (0..<600).map { Array(test.pixels[$0 * 64..<$0 * 64 + 64]) }
        let correct = try expectAgreement(network, trainer.parameters, quantization, images, test.labels)
        #expect(abs(correct - evaluation.correct) <= 3)
    }

    /// The shipped network, trained on for some steps on real images.
    @Test(arguments: schemes.prefix(3)) func theShippedNetwork(quantization: SimulatedQuantization) throws {
        let network = try #require(NetworkFamily.named("fashion_mobilenet_v1")).network(width: 0.25)
        let catalogue = try DatasetCatalogue.named("fashion-mnist")
        let train = try catalogue.load(split: "train").prefix(6400)
        var quantization = quantization
        quantization.delay = 10
        let options = TrainingOptions(
            epochs: 2, maxLearningRate: 0.002, threads: 2, quantization: quantization)
        let trainer = try Trainer(
            network: network,
            images: TrainingImages(pixels: train.pixels, labels: train.labels, height: 28, width: 28),
            options: options, start: Self.store.load(for: network).parameters)
        #expect(try trainer.run() == .finished)
        let test = try catalogue.load(split: "test").prefix(1000)
        let images = (0..<1000).map { Array(test.pixels[$0 * 784..<($0 + 1) * 784]) }
        let correct = try expectAgreement(network, trainer.parameters, quantization, images, test.labels)
        // The float network has 93 %.
        #expect(correct > 880, "\(correct)")
    }

    struct Shipped: Sendable, CustomTestStringConvertible {
        let network: Network
        let scheme: QuantizationScheme
        var testDescription: String { "\(network.name) \(scheme)" }
    }

    private static let store = CheckpointStore(directories: [
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("checkpoints").path
    ])

    /// The trainings that come with the program, of each family the smallest width.
    static let shipped: [Shipped] = NetworkFamily.all.filter { $0.dataset == "fashion-mnist" }.flatMap { family in
        let network = family.network(width: 0.25)
        return [
            QuantizationScheme(weightBits: 8),
            QuantizationScheme(weightBits: 8, granularity: .perTensor, mapping: .affine),
            QuantizationScheme(weightBits: 7, granularity: .perTensor, mapping: .affine, activationBits: 7),
            QuantizationScheme(weightBits: 4), QuantizationScheme(weightBits: 3), QuantizationScheme(weightBits: 2),
        ].filter { store.path(for: network, .integers($0)) != nil }.map { Shipped(network: network, scheme: $0) }
    }

    /// Networks as they were trained on all images, asked about all test images.
    @Test(arguments: shipped) func aShippedTraining(_ shipped: Shipped) throws {
        let network = shipped.network
        let checkpoint = try Self.store.load(for: network, .integers(shipped.scheme))
        let test = try DatasetCatalogue.named("fashion-mnist").load(split: "test")
        let images = (0..<test.count).map { Array(test.pixels[$0 * 784..<($0 + 1) * 784]) }
        let correct = try expectAgreement(
            network, checkpoint.parameters, SimulatedQuantization(scheme: shipped.scheme), images, test.labels)
        #expect(correct > 8500, "\(correct)")
    }

    struct FamilyCase: Sendable, CustomTestStringConvertible {
        let family: String
        let scheme: QuantizationScheme
        var testDescription: String { "\(family) \(scheme)" }
    }

    /// Tensor-wise affine weights are the paper's scheme.
    static let families = [
        FamilyCase(
            family: "fashion_resnet8",
            scheme: QuantizationScheme(weightBits: 8, granularity: .perTensor, mapping: .affine)),
        FamilyCase(
            family: "fashion_inception_relu6",
            scheme: QuantizationScheme(weightBits: 8, granularity: .perTensor, mapping: .affine)),
        FamilyCase(
            family: "fashion_inception_relu",
            scheme: QuantizationScheme(weightBits: 7, granularity: .perTensor, mapping: .affine, activationBits: 7)),
    ]

    /// The families with bypasses, trained from scratch for a few seconds on real images of a quarter of the pixels.
    @Test(arguments: families) func aFamilyWithBypasses(_ family: FamilyCase) throws {
        let network = try #require(NetworkFamily.named(family.family)).network(resolution: 14)
        let catalogue = try DatasetCatalogue.named("fashion-mnist")
        let train = try catalogue.load(split: "train").prefix(6400).resized(to: 14)
        let quantization = SimulatedQuantization(scheme: family.scheme, delay: 20)
        let trainer = try Trainer(
            network: network,
            images: TrainingImages(pixels: train.pixels, labels: train.labels, height: 14, width: 14),
            options: TrainingOptions(epochs: 3, maxLearningRate: 0.1, threads: 2, quantization: quantization))
        #expect(try trainer.run() == .finished)
        let test = try catalogue.load(split: "test").prefix(1000).resized(to: 14)
        let images = (0..<1000).map { Array(test.pixels[$0 * 196..<($0 + 1) * 196]) }
        let correct = try expectAgreement(network, trainer.parameters, quantization, images, test.labels)
        #expect(correct > 700, "\(correct)")
    }

    /// Same class on at least 99.5 % of the images; every layer fed with the integer network's inputs within one level.
    ///
    /// `gemmlowp` rounds twice, first at a scale that few bits of weights make coarse: with 4 bits, one output in ten of a
    /// depthwise layer is a level off, against one in 10⁴ where requantization rounds once. Below 8 bits it is held to 99 %.
    /// - Returns: How often the integer network is right.
    private func expectAgreement(
        _ network: Network, _ parameters: Parameters, _ quantization: SimulatedQuantization, _ images: [[UInt8]],
        _ labels: [UInt8]
    ) throws -> Int {
        let simulated = try SimulationProbe(network: network, parameters: parameters, quantization: quantization)
        let answers = images.map { firstLargest(simulated.run($0.map { Float($0) / 255 })) }
        var results: [RoundingMode: Int] = [:]
        for rounding in [RoundingMode.single, .gemmlowp] {
            let strict = rounding == .single || quantization.scheme.weightBits == 8
            results[rounding] = try expectAgreement(
                network, simulated, answers,
                try TrainedConversion.quantize(
                    network, Checkpoint(parameters: parameters), scheme: quantization.scheme, rounding: rounding),
                images, labels, perMille: strict ? 995 : 990)
        }
        return results[.gemmlowp]!
    }

    private func expectAgreement(
        _ network: Network, _ simulated: SimulationProbe, _ answers: [Int], _ model: QuantizedModel,
        _ images: [[UInt8]], _ labels: [UInt8], perMille: Int
    ) throws -> Int {
        let executor = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: ThreadPool(threads: 1))
        var (same, correct) = (0, 0)
        for ((image, label), answer) in zip(zip(images, labels), answers) {
            for (index, pixel) in image.enumerated() { executor.input[index] = pixel }
            executor.run()
            let integer = firstLargest(executor.integers(of: network.last))
            if integer == answer { same += 1 }
            if integer == Int(label) { correct += 1 }
        }
        #expect(same * 1000 >= images.count * perMille, "\(same) of \(images.count) with \(model.rounding)")

        for image in images.prefix(10) {
            let tensors = try ReferenceExecutor.run(model, input: image.map(Int32.init))
            let reals = tensors.indices.map { tensor in tensors[tensor].map(model.activations[tensor].dequantize) }
            for (index, output) in simulated.eachLayer(fedWith: reals).enumerated() {
                let parameters = model.activations[index + 1]
                let largest = zip(output, tensors[index + 1]).map { abs(parameters.quantize($0) - $1) }.max()!
                #expect(largest <= 1, "\(network.nodes[index].name)")
            }
        }
        return correct
    }

    private func firstLargest(_ values: [some Comparable]) -> Int {
        values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }
}
