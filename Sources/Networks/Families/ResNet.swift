/// Residual networks (He et al. 2015, arXiv:1512.03385) for ImageNet, version 1.5: the stride of a bottleneck stands on its
/// 3×3 convolution. ReLU; a projection shortcut where the shape changes.
enum ResNet {
    /// Blocks per stage of the depths of the paper's table 1.
    static let blocks: [Int: [Int]] = [
        18: [2, 2, 2, 2], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3],
    ]

    /// 1814.1 MMAC and 11.690 M parameters at depth 18; 4089.2 and 25.557 at depth 50 (resolution 224).
    static func imageNet(depth: Int, resolution: Int) -> Network {
        let isBottleneck = depth >= 50
        var network = Network(
            name: "resnet\(depth)_\(resolution)", family: "resnet\(depth)", width: nil, resolution: resolution,
            input: Shape(resolution, resolution, 3))
        network.append(
            "conv_0", .conv2d(Window(7, stride: 2), outChannels: 64, activation: .relu, batchNorm: true))
        network.append("maxpool", .maxPool(Window(3, stride: 2)))
        for (stage, count) in blocks[depth]!.enumerated() {
            for index in 0..<count {
                appendBlock(
                    to: &network, "stage\(stage + 1)_\(index + 1)", channels: 64 << stage,
                    stride: stage > 0 && index == 0 ? 2 : 1, isBottleneck: isBottleneck)
            }
        }
        let trunk = network.shape(of: network.last)
        network.append(
            "pool", .averagePool(Window(height: trunk.height, width: trunk.width, stride: 1, padding: .valid)))
        network.append("fc", .fullyConnected(outputs: 1000, activation: .none))
        return network
    }

    private static func appendBlock(
        to network: inout Network, _ name: String, channels: Int, stride: Int, isBottleneck: Bool
    ) {
        let entry = network.last
        let outputs = isBottleneck ? 4 * channels : channels
        func convolution(
            _ suffix: String, _ size: Int, _ stride: Int, _ channels: Int, _ activation: Activation, from input: Int
        ) -> Int {
            network.append(
                name + suffix,
                .conv2d(Window(size, stride: stride), outChannels: channels, activation: activation, batchNorm: true),
                from: [input])
        }
        var last = entry
        if isBottleneck {
            last = convolution("_a", 1, 1, channels, .relu, from: last)
            last = convolution("_b", 3, stride, channels, .relu, from: last)
            last = convolution("_c", 1, 1, outputs, .none, from: last)
        } else {
            last = convolution("_a", 3, stride, channels, .relu, from: last)
            last = convolution("_b", 3, 1, outputs, .none, from: last)
        }
        var shortcut = entry
        if stride != 1 || network.shape(of: entry).channels != outputs {
            shortcut = convolution("_proj", 1, stride, outputs, .none, from: entry)
        }
        network.append(name + "_add", .add(activation: .relu), from: [last, shortcut])
    }
}
