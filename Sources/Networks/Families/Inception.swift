/// A small network of Inception blocks (Szegedy et al. 2015, arXiv:1512.00567) for 28×28×1 images: every block looks at its
/// input through four branches, whose outputs stand side by side.
enum Inception {
    /// The unit of each block's channels; between the first and the second a maximum pool halves the resolution.
    private static let units = [8, 16, 24]

    /// 8.28 MMAC and 0.131 M parameters at resolution 28.
    /// - Parameter activation: of every convolution.
    static func fashion(_ activation: Activation, resolution: Int) -> Network {
        let family = "fashion_inception_\(activation.rawValue)"
        var network = Network(
            name: "\(family)_\(resolution)", family: family, width: nil, resolution: resolution,
            input: Shape(resolution, resolution, 1))
        func convolution(
            _ name: String, _ size: Int, stride: Int = 1, _ channels: Int, from input: Int? = nil
        ) -> Int {
            network.append(
                name,
                .conv2d(Window(size, stride: stride), outChannels: channels, activation: activation, batchNorm: true),
                from: input.map { [$0] })
        }
        _ = convolution("conv_0", 3, 16)
        _ = convolution("conv_1", 3, stride: 2, 32)
        for (index, unit) in units.enumerated() {
            let block = "block\(index + 1)"
            let entry = network.last
            let point = convolution("\(block)_1x1", 1, 2 * unit, from: entry)
            let reduced = convolution("\(block)_3x3_reduce", 1, 2 * unit, from: entry)
            let single = convolution("\(block)_3x3", 3, 3 * unit, from: reduced)
            let narrow = convolution("\(block)_double_reduce", 1, unit, from: entry)
            let first = convolution("\(block)_double_1", 3, 2 * unit, from: narrow)
            let double = convolution("\(block)_double_2", 3, 2 * unit, from: first)
            let pooled = network.append("\(block)_pool", .maxPool(Window(3)), from: [entry])
            let projected = convolution("\(block)_project", 1, unit, from: pooled)
            network.append("\(block)_concat", .concat, from: [point, single, double, projected])
            if index == 0 { network.append("maxpool", .maxPool(Window(3, stride: 2))) }
        }
        let trunk = network.shape(of: network.last)
        network.append(
            "pool", .averagePool(Window(height: trunk.height, width: trunk.width, stride: 1, padding: .valid)))
        network.append("fc", .fullyConnected(outputs: 10, activation: .none))
        return network
    }
}
