/// Residual networks (He et al. 2015, arXiv:1512.03385). ReLU; a projection shortcut where the shape changes.
enum ResNet {
    /// Blocks per stage of the depths of the paper's table 1.
    static let blocks: [Int: [Int]] = [
        18: [2, 2, 2, 2], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3],
    ]

    /// Basic blocks per stage of the paper's networks for CIFAR-10 (§4.2), of depth 6n + 2.
    static let fashionBlocks: [Int: Int] = [8: 1, 14: 2, 20: 3, 32: 5]

    /// For ImageNet, version 1.5: the stride of a bottleneck stands on its 3×3 convolution. 1814.1 MMAC and 11.690 M
    /// parameters at depth 18; 4089.2 and 25.557 at depth 50 (resolution 224).
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
        appendClassifier(to: &network, classes: 1000)
        return network
    }

    /// For 28×28×1 images: the networks for CIFAR-10 of the paper's §4.2, three stages of 16, 32 and 64 channels. Their
    /// shortcuts across stages are 1×1 projections (the paper's option B), not subsampling with zero channels (option A):
    /// a projection is a convolution like any other, which trains and rescales its integers.
    static func fashion(depth: Int, resolution: Int) -> Network {
        var network = Network(
            name: "fashion_resnet\(depth)_\(resolution)", family: "fashion_resnet\(depth)", width: nil,
            resolution: resolution, input: Shape(resolution, resolution, 1))
        network.append("conv_0", .conv2d(Window(3), outChannels: 16, activation: .relu, batchNorm: true))
        for stage in 0..<3 {
            for index in 0..<fashionBlocks[depth]! {
                appendBlock(
                    to: &network, "stage\(stage + 1)_\(index + 1)", channels: 16 << stage,
                    stride: stage > 0 && index == 0 ? 2 : 1, isBottleneck: false)
            }
        }
        appendClassifier(to: &network, classes: 10)
        return network
    }

    private static func appendClassifier(to network: inout Network, classes: Int) {
        let trunk = network.shape(of: network.last)
        network.append(
            "pool", .averagePool(Window(height: trunk.height, width: trunk.width, stride: 1, padding: .valid)))
        network.append("fc", .fullyConnected(outputs: classes, activation: .none))
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
