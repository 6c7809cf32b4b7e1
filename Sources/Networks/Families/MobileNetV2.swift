/// MobileNet v2 (Sandler et al. 2018, arXiv:1801.04381): inverted residuals. A block widens by a pointwise convolution,
/// filters by a depthwise 3×3, narrows by a linear pointwise convolution, and adds its input where the shapes agree.
enum MobileNetV2 {
    /// For ImageNet: 300.8 MMAC at width 1.0, resolution 224.
    static func imageNet(width: Double, resolution: Int) -> Network {
        /// Expansion, output channels, repeats, stride of the first (the paper's table 2).
        let stages = [
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ]
        var network = Network(
            name: "mobilenet_v2_\(width)_\(resolution)", family: "mobilenet_v2", width: width, resolution: resolution,
            input: Shape(resolution, resolution, 3))
        network.append(
            "conv_0",
            .conv2d(Window(3, stride: 2), outChannels: divisible(32 * width), activation: .relu6, batchNorm: true))
        var index = 0
        for (expansion, channels, repeats, stride) in stages {
            for repetition in 0..<repeats {
                index += 1
                appendBlock(
                    to: &network, "block_\(index)", expansion: expansion, channels: divisible(Double(channels) * width),
                    stride: repetition == 0 ? stride : 1)
            }
        }
        network.append(
            "conv_last",
            .conv2d(
                Window(1), outChannels: divisible(1280 * max(1, width)), activation: .relu6, batchNorm: true))
        let trunk = network.shape(of: network.last)
        network.append(
            "pool", .averagePool(Window(height: trunk.height, width: trunk.width, stride: 1, padding: .valid)))
        network.append("fc", .fullyConnected(outputs: 1001, activation: .none))
        return network
    }

    private static func appendBlock(
        to network: inout Network, _ name: String, expansion: Int, channels: Int, stride: Int
    ) {
        let entry = network.last
        let input = network.shape(of: entry)
        if expansion != 1 {
            network.append(
                name + "_expand",
                .conv2d(Window(1), outChannels: input.channels * expansion, activation: .relu6, batchNorm: true))
        }
        network.append(name + "_dw", .depthwiseConv2d(Window(3, stride: stride), activation: .relu6, batchNorm: true))
        let projected = network.append(
            name + "_project", .conv2d(Window(1), outChannels: channels, activation: .none, batchNorm: true))
        if stride == 1, input.channels == channels {
            network.append(name + "_add", .add(activation: .none), from: [entry, projected])
        }
    }

    /// Channels as a multiple of 8, rounded, at least 8, and not less than 90 % of what was asked for.
    private static func divisible(_ channels: Double) -> Int {
        let rounded = max(8, Int(channels + 4) / 8 * 8)
        return Double(rounded) < 0.9 * channels ? rounded + 8 : rounded
    }
}
