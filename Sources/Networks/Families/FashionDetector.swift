/// A small SSD (Liu et al. 2015, arXiv:1512.02325) on a MobileNet v1 trunk, for the 64×64×1 scenes of `fashion-scenes`: the
/// stand-in for the detectors of Jacob et al. 2017, tables 4.4 and 4.5. Stem of stride 2, depthwise-pointwise pairs with batch
/// norm and ReLU6; at strides 8 and 16 two 1×1 convolutions each, for scores and for offsets, without batch norm or activation. All
/// their outputs, flattened, are one concatenation, which `DetectionHead` explains.
enum FashionDetector {
    /// The articles of Fashion-MNIST.
    private static let classes = 10

    /// Output channels and stride of each pair, up to the place of a head; sizes of the head's anchors in pixels of 64. They are
    /// medians of groups of boxes of the training scenes.
    private static let stages: [(pairs: [(channels: Int, stride: Int)], anchors: [(Float, Float)])] = [
        (
            [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (256, 1)],
            [(12, 19), (21, 11), (14, 32), (20, 26)]
        ),
        ([(512, 2), (512, 1), (512, 1)], [(32, 18), (28, 35)]),
    ]

    static func network(width: Double, resolution: Int) -> Network {
        func scaled(_ channels: Int) -> Int { max(8, Int(Double(channels) * width)) }
        var network = Network(
            name: "fashion_detector_\(width)_\(resolution)", family: "fashion_detector", width: width,
            resolution: resolution, input: Shape(resolution, resolution, 1))
        network.append(
            "conv_0", .conv2d(Window(3, stride: 2), outChannels: scaled(32), activation: .relu6, batchNorm: true))
        var pair = 0
        var (trunk, outputs): (Int, [Int]) = (network.last, [])
        var levels: [DetectionHead.Level] = []
        for (stage, (pairs, anchors)) in stages.enumerated() {
            for (channels, stride) in pairs {
                pair += 1
                network.append(
                    "dw_\(pair)", .depthwiseConv2d(Window(3, stride: stride), activation: .relu6, batchNorm: true),
                    from: [trunk])
                trunk = network.append(
                    "pw_\(pair)", .conv2d(Window(1), outChannels: scaled(channels), activation: .relu6, batchNorm: true)
                )
            }
            let place = network.shape(of: trunk)
            for (name, values) in [("scores", classes + 1), ("offsets", 4)] {
                network.append(
                    "\(name)_\(stage + 1)",
                    .conv2d(Window(1), outChannels: anchors.count * values, activation: .none, batchNorm: false),
                    from: [trunk])
                let flat = Shape(1, 1, network.shape(of: network.last).count)
                outputs.append(network.append("flat_\(name)_\(stage + 1)", .reshape(flat)))
            }
            levels.append(
                DetectionHead.Level(
                    rows: place.height, columns: place.width,
                    sizes: anchors.map { DetectionHead.Size($0.0 / 64, $0.1 / 64) }))
        }
        network.append("output", .concat, from: outputs)
        network.head = DetectionHead(classes: classes, levels: levels)
        return network
    }
}
