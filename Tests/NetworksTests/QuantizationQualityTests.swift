import Foundation
import Networks
import QuantKernels
import Quantization
import Testing

/// That the integer network computes what the float network does, the better the more bits it has.
@Suite struct QuantizationQualityTests {
    /// Signal to quantization noise of the logits in decibels, 10·log₁₀ Σr² / Σ(r̂ − r)², on the images of the calibration,
    /// so that no range cuts a value off.
    private static func decibels(_ subject: Subject, _ numerics: Numerics) throws -> Double {
        let model = try subject.quantized(numerics)
        let executor = try IntegerExecutor(model: model, registry: KernelRegistry(), pool: ThreadPool(threads: 1))
        var (signal, noise) = (0.0, 0.0)
        for image in randomImages(subject.network, 8, seed: Subject.calibrationSeed) {
            executor.load([image])
            executor.run()
            let float = try ReferenceExecutor.run(subject.network, subject.layers, input: reals(image))
            let output = model.activations[subject.network.last]
            for (real, integer) in zip(float, executor.integers(of: subject.network.last)) {
                signal += Double(real * real)
                noise += pow(Double(output.dequantize(integer) - real), 2)
            }
        }
        return 10 * log10(signal / noise)
    }

    /// Two convolutions and a classifier.
    private static let network: Network = {
        var network = Network(name: "three", family: "by_hand", width: nil, resolution: 8, input: Shape(8, 8, 3))
        network.append("first", .conv2d(Window(3), outChannels: 16, activation: .relu6, batchNorm: false))
        network.append(
            "second", .conv2d(Window(3, stride: 2), outChannels: 16, activation: .relu6, batchNorm: false))
        network.append("logits", .fullyConnected(outputs: 16, activation: .none))
        return network
    }()

    /// A bit is worth 6 dB of either operand; two bits of both must bring more than 6.
    @Test(arguments: 1...6)
    func moreBitsLessNoise(seed: Int) throws {
        let subject = try Subject(Self.network, seed: UInt64(seed))
        let levels = try [8, 6, 4, 2].map { try Self.decibels(subject, Numerics(weightBits: $0, activationBits: $0)) }
        for (more, fewer) in zip(levels, levels.dropFirst()) { #expect(more > fewer + 6, "\(levels)") }
        #expect(levels[0] > 30, "\(levels)")

        let weights = try [8, 6, 4, 2].map { try Self.decibels(subject, Numerics(weightBits: $0)) }
        for (more, fewer) in zip(weights, weights.dropFirst()) { #expect(more > fewer + 2, "weights: \(weights)") }
        let activations = try [8, 6, 4, 2].map { try Self.decibels(subject, Numerics(activationBits: $0)) }
        for (more, fewer) in zip(activations, activations.dropFirst()) {
            #expect(more > fewer + 2, "activations: \(activations)")
        }
    }

    /// Channels that differ by a factor of 100, evened out by the layer that reads them, so that the small ones carry the
    /// answer: one scale for all leaves them next to no integers.
    @Test(arguments: 1...6, [8, 4])
    func perChannelWhereRangesDiffer(seed: Int, bits: Int) throws {
        var layers = randomLayers(Self.network, seed: UInt64(seed))
        let taps = layers["first"]!.weight.count / 16
        for channel in stride(from: 0, to: 16, by: 2) {
            layers["first"]!.bias[channel] /= 100
            for tap in 0..<taps { layers["first"]!.weight[channel * taps + tap] /= 100 }
            for reader in stride(from: channel, to: layers["second"]!.weight.count, by: 16) {
                layers["second"]!.weight[reader] *= 100
            }
        }
        let subject = try Subject(Self.network, layers)
        let tensor = try Self.decibels(subject, Numerics(weightBits: bits, granularity: .perTensor))
        let channel = try Self.decibels(subject, Numerics(weightBits: bits, granularity: .perChannel))
        #expect(channel >= tensor, "\(channel) dB per channel, \(tensor) dB per tensor")
    }

    /// The shipped network keeps its answers at 8 bits, whatever the scheme of its weights.
    @Test(arguments: [Mapping.symmetric, .affine])
    func theShippedNetworkKeepsItsLogits(mapping: Mapping) throws {
        let subject = try Subject(fashionNetwork, shippedLayers())
        #expect(try Self.decibels(subject, Numerics(mapping: mapping)) > 15)
    }
}
