/// MobileNet v1 (Howard et al. 2017, arXiv:1704.04861): a stem convolution, then pairs of a depthwise 3×3 and a
/// pointwise convolution, batch norm and ReLU6 after each; average pool; classifier.
enum MobileNetV1 {
    /// Output channels and stride of each depthwise-pointwise pair.
    typealias Pair = (channels: Int, stride: Int)

    /// For ImageNet: 568.7 MMAC and 4.233 M parameters at width 1.0, resolution 224.
    static func imageNet(width: Double, resolution: Int) -> Network {
        let pairs: [Pair] =
            [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
            + Array(repeating: (512, 1), count: 5) + [(1024, 2), (1024, 1)]
        return build(
            family: "mobilenet_v1", width: width, resolution: resolution, inputChannels: 3, stemStride: 2, pairs: pairs,
            classes: 1001)
    }

    /// For 28×28×1 images: the stem's stride and the late strides eased (shared design: networks.md).
    static func fashion(width: Double, resolution: Int) -> Network {
        let pairs: [Pair] =
            [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
            + Array(repeating: (512, 1), count: 5) + [(1024, 1)]
        return build(
            family: "fashion_mobilenet_v1", width: width, resolution: resolution, inputChannels: 1, stemStride: 1,
            pairs: pairs, classes: 10)
    }

    private static func build(
        family: String, width: Double, resolution: Int, inputChannels: Int, stemStride: Int, pairs: [Pair], classes: Int
    ) -> Network {
        func scaled(_ channels: Int) -> Int { max(8, Int(Double(channels) * width)) }
        var network = Network(
            name: "\(family)_\(width)_\(resolution)", family: family, width: width, resolution: resolution,
            input: Shape(resolution, resolution, inputChannels))
        network.append(
            "conv_0",
            .conv2d(Window(3, stride: stemStride), outChannels: scaled(32), activation: .relu6, batchNorm: true))
        for (index, pair) in pairs.enumerated() {
            network.append(
                "dw_\(index + 1)", .depthwiseConv2d(Window(3, stride: pair.stride), activation: .relu6, batchNorm: true)
            )
            network.append(
                "pw_\(index + 1)",
                .conv2d(Window(1), outChannels: scaled(pair.channels), activation: .relu6, batchNorm: true))
        }
        let trunk = network.shape(of: network.last)
        network.append(
            "pool",
            .averagePool(Window(height: trunk.height, width: trunk.width, stride: 1, padding: .valid)))
        network.append("fc", .fullyConnected(outputs: classes, activation: .none))
        return network
    }
}
