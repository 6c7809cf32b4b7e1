import Networks
import Training

/// Reproducible numbers for tests.
struct Samples {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// Evenly distributed in −1 ..< 1.
    mutating func next() -> Float {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Double(state >> 11) * 0x1p-52 - 1)
    }

    mutating func array(_ count: Int) -> [Float] { (0..<count).map { _ in next() } }

    /// Parameters that leave most activations inside their bounds, and none of the gradients trivial.
    mutating func parameters(_ network: Network) -> Parameters {
        var result = Parameters()
        for (name, shape, _) in network.parameterShapes {
            var values = array(shape.reduce(1, *))
            if name.hasSuffix(".gamma") { values = values.map { 1 + $0 / 2 } }
            if name.hasSuffix(".variance") { values = values.map { 1.5 + $0 } }
            result[name] = ParameterTensor(shape: shape, values: values)
        }
        return result
    }
}

extension Network {
    static func test(_ input: Shape, _ build: (inout Network) -> Void) -> Network {
        var network = Network(name: "test", family: "test", width: nil, resolution: input.height, input: input)
        build(&network)
        return network
    }

    /// A stem, a depthwise-pointwise pair, pool and classifier: MobileNet in the small.
    static func small(_ size: Int = 8, classes: Int = 4) -> Network {
        test(Shape(size, size, 1)) {
            $0.append("stem", .conv2d(Window(3), outChannels: 8, activation: .relu6, batchNorm: true))
            $0.append("dw", .depthwiseConv2d(Window(3, stride: 2), activation: .relu6, batchNorm: true))
            $0.append("pw", .conv2d(Window(1), outChannels: 19, activation: .relu6, batchNorm: true))
            let last = $0.shape(of: $0.last)
            $0.append(
                "pool", .averagePool(Window(height: last.height, width: last.width, stride: 1, padding: .valid)))
            $0.append("fc", .fullyConnected(outputs: classes, activation: .none))
        }
    }
}

/// Images whose class is the brightest quarter, with noise.
func quarters(_ count: Int, size: Int = 8, seed: UInt64 = 5) throws -> TrainingImages {
    var samples = Samples(seed)
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    for image in 0..<count {
        let label = image % 4
        labels.append(UInt8(label))
        for y in 0..<size {
            for x in 0..<size {
                let quarter = (y < size / 2 ? 0 : 2) + (x < size / 2 ? 0 : 1)
                pixels.append(UInt8((quarter == label ? 150 : 50) + 40 * samples.next()))
            }
        }
    }
    return try TrainingImages(pixels: pixels, labels: labels, height: size, width: size)
}
