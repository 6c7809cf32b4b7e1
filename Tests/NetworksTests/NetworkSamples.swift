import Networks
import QuantKernels
import Quantization

/// A small generator whose sequence is fixed by its seed, so that a failing draw can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Weights uniform in ±√(6/fan-in), which keeps the spread of activations from layer to layer; the magnitudes of a
/// layer's channels differ up to fourfold, and biases push some of them below zero.
func randomLayers(_ network: Network, seed: UInt64) -> FoldedParameters {
    var generator = SplitMix64(seed: seed)
    var layers: FoldedParameters = [:]
    for node in network.nodes {
        guard let (_, shape, _) = network.parameterShapes.first(where: { $0.name == node.name + ".weight" }) else {
            continue
        }
        let (count, channels) = (shape.reduce(1, *), node.output.channels)
        let bound = (6 / Float(count / channels)).squareRoot()
        let magnitudes = (0..<channels).map { _ in Float.random(in: 0.5...2, using: &generator) }
        let isDepthwise = if case .depthwiseConv2d = node.operation { true } else { false }
        layers[node.name] = FoldedLayer(
            weight: (0..<count).map { index in
                let channel = isDepthwise ? index % channels : index / (count / channels)
                return magnitudes[channel] * Float.random(in: -bound...bound, using: &generator)
            },
            bias: (0..<channels).map { _ in Float.random(in: -0.3...0.3, using: &generator) })
    }
    return layers
}

/// Images of random 8-bit pixels.
func randomImages(_ network: Network, _ count: Int, seed: UInt64) -> [[UInt8]] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in
        (0..<network.input.count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

/// Pixels as the reals that they stand for.
func reals(_ image: [UInt8]) -> [Float] { image.map { Float($0) / 255 } }

/// A scheme of weights, activations and rounding.
struct Numerics: CustomStringConvertible, Sendable {
    var weightBits = 8
    var granularity = Granularity.perChannel
    var mapping = Mapping.symmetric
    var activationBits = 8
    var signed = false
    var rounding = RoundingMode.gemmlowp

    var description: String {
        "w\(weightBits)\(granularity == .perChannel ? "c" : "t")\(mapping == .affine ? "a" : "")"
            + "a\(activationBits)\(signed ? "s" : "u") \(rounding.rawValue)"
    }

    func quantizer() throws -> PostTrainingQuantizer {
        try PostTrainingQuantizer(
            weightBits: weightBits, granularity: granularity, mapping: mapping, activationBits: activationBits,
            signedActivations: signed, rounding: rounding)
    }

    /// An 8-bit image is its own quantization: scale 1/255, 0 at the lowest integer.
    func input() throws -> QuantizationParameters {
        try QuantizationParameters(scale: 1.0 / 255, zeroPoint: signed ? -128 : 0, range: signed ? .int8 : .uint8)
    }

    static let weights: [(bits: Int, granularity: Granularity, mapping: Mapping)] = [
        (8, .perTensor, .symmetric), (8, .perChannel, .symmetric), (8, .perTensor, .affine),
        (8, .perChannel, .affine), (6, .perChannel, .symmetric), (4, .perChannel, .symmetric),
        (2, .perChannel, .symmetric),
    ]

    /// The cross product of weights w8t, w8c, w8ta, w8ca, w6c, w4c, w2c; 8, 6 and 4 bits of activations, unsigned and
    /// signed; and the integer-only rounding modes.
    static let all: [Numerics] = weights.flatMap { weight in
        [8, 6, 4].flatMap { bits in
            [false, true].flatMap { signed in
                [RoundingMode.gemmlowp, .single, .ruy].map { rounding in
                    Numerics(
                        weightBits: weight.bits, granularity: weight.granularity, mapping: weight.mapping,
                        activationBits: bits, signed: signed, rounding: rounding)
                }
            }
        }
    }

    /// Points of `all` in which every value of every axis occurs: its size, 126, and the stride have no common divisor.
    static func sample(_ count: Int) -> [Numerics] { (0..<count).map { all[$0 * 29 % all.count] } }
}

/// A network with weights, calibrated on random images.
struct Subject: Sendable {
    let network: Network
    let layers: FoldedParameters
    let calibration: Calibration

    /// Of the images, eight unless told otherwise, that every subject is calibrated on.
    static let calibrationSeed: UInt64 = 99

    init(_ network: Network, _ layers: FoldedParameters, images count: Int = 8) throws {
        (self.network, self.layers) = (network, layers)
        let executor = try FloatExecutor(
            network: network, parameters: layers, batch: min(3, count), registry: KernelRegistry(),
            pool: ThreadPool(threads: 1))
        let images = randomImages(network, count, seed: Self.calibrationSeed)
        calibration = try Calibration(executor, images: images.count) { range, input in
            for (index, value) in range.flatMap({ reals(images[$0]) }).enumerated() { input[index] = value }
        }
    }

    init(_ network: Network, seed: UInt64 = 1) throws { try self.init(network, randomLayers(network, seed: seed)) }

    func quantized(_ numerics: Numerics) throws -> QuantizedModel {
        try numerics.quantizer().quantize(
            network, layers, calibration: calibration, inputParameters: numerics.input())
    }
}

extension IntegerExecutor {
    /// Writes images to the input: the integers are the pixels, shifted by the zero point.
    func load(_ images: [[UInt8]]) {
        let zeroPoint = model.activations[0].zeroPoint
        for (index, pixel) in images.joined().enumerated() {
            input[index] = UInt8(truncatingIfNeeded: Int32(pixel) + zeroPoint)
        }
    }
}

extension QuantizedModel {
    /// Every tensor of this image, by the reference operators.
    func reference(_ image: [UInt8]) throws -> [[Int32]] {
        try ReferenceExecutor.run(self, input: image.map { Int32($0) + activations[0].zeroPoint })
    }
}

extension FloatExecutor {
    func load(_ images: [[UInt8]]) {
        for (index, value) in images.joined().enumerated() { input[index] = Float(value) / 255 }
    }
}
