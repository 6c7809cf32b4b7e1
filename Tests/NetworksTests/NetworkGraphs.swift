import Foundation
import Networks

/// Graphs by hand, which between them hold every operation.
enum Graphs {
    /// An oblong image, and every operation that the reference has: a bypass over two convolutions into an addition, and
    /// another that is concatenated with pools.
    static let everyOperation: Network = {
        var network = Network(
            name: "every_operation", family: "by_hand", width: nil, resolution: 11, input: Shape(11, 9, 3))
        let stem = network.append(
            "stem", .conv2d(Window(3, stride: 2), outChannels: 10, activation: .relu6, batchNorm: true))
        network.append("dw", .depthwiseConv2d(Window(3), activation: .relu, batchNorm: true))
        let branch = network.append(
            "pw", .conv2d(Window(1), outChannels: 10, activation: .none, batchNorm: false))
        let sum = network.append("sum", .add(activation: .relu), from: [stem, branch])
        let mean = network.append("mean", .averagePool(Window(3)))
        let largest = network.append("largest", .maxPool(Window(2)), from: [sum])
        network.append("join", .concat, from: [mean, stem, largest])
        network.append("pad", .pad(Margins(top: 1, bottom: 0, left: 2, right: 1)))
        network.append(
            "dw_valid", .depthwiseConv2d(Window(3, stride: 2, padding: .valid), activation: .none, batchNorm: true))
        network.append(
            "oblong",
            .conv2d(
                Window(height: 2, width: 3, stride: 1, padding: .valid), outChannels: 7, activation: .relu,
                batchNorm: true))
        network.append("flat", .reshape(Shape(1, 1, network.shape(of: network.last).count)))
        network.append("hidden", .fullyConnected(outputs: 19, activation: .relu6))
        network.append("logits", .fullyConnected(outputs: 5, activation: .none))
        return network
    }()

    /// One channel, windows larger than the image, pools of the input, an addition of a tensor to itself.
    static let edges: Network = {
        var network = Network(name: "edges", family: "by_hand", width: nil, resolution: 4, input: Shape(4, 5, 1))
        let pooled = network.append("largest", .maxPool(Window(3, stride: 2)))
        network.append("wide", .conv2d(Window(7), outChannels: 1, activation: .none, batchNorm: false))
        network.append("dw", .depthwiseConv2d(Window(5, stride: 3), activation: .none, batchNorm: false))
        let single = network.append(
            "grow", .conv2d(Window(2), outChannels: 3, activation: .relu, batchNorm: false))
        network.append("twice", .add(activation: .relu6), from: [single, single])
        network.append("mean", .averagePool(Window(2, stride: 1)), from: [pooled])
        network.append("logits", .fullyConnected(outputs: 2, activation: .none), from: [network.last - 1])
        return network
    }()

    /// A classifier down to the probabilities and the class.
    static let classifier: Network = {
        var network = Network(name: "classifier", family: "by_hand", width: nil, resolution: 4, input: Shape(4, 4, 2))
        network.append("conv", .conv2d(Window(3), outChannels: 6, activation: .relu6, batchNorm: false))
        network.append("logits", .fullyConnected(outputs: 9, activation: .none))
        network.append("softmax", .softmax)
        network.append("class", .argmax)
        return network
    }()

    /// Layers with bypasses drawn at random: additions and concatenations reach back to any earlier tensor that fits.
    static func random(seed: UInt64) -> Network {
        var generator = SplitMix64(seed: seed)
        var network = Network(
            name: "random_\(seed)", family: "by_hand", width: nil, resolution: 6,
            input: Shape(.random(in: 3...6, using: &generator), .random(in: 3...6, using: &generator), 2))
        // Concatenations cannot take the input or what keeps its scale, so everything starts from here.
        network.append("start", .conv2d(Window(3), outChannels: 4, activation: .relu6, batchNorm: false))
        for index in 1...Int.random(in: 4...12, using: &generator) {
            let from = Int.random(in: 1...network.last, using: &generator)
            let shape = network.shape(of: from)
            let others = (1...network.last).filter { network.shape(of: $0) == shape }
            let other = others.randomElement(using: &generator)!
            switch Int.random(in: 0..<6, using: &generator) {
            case 0:
                let window = Window(3, stride: .random(in: 1...2, using: &generator))
                network.append(
                    "node_\(index)",
                    .conv2d(
                        window, outChannels: .random(in: 1...8, using: &generator), activation: .relu,
                        batchNorm: false), from: [from])
            case 1:
                network.append(
                    "node_\(index)", .depthwiseConv2d(Window(3), activation: .none, batchNorm: false), from: [from])
            case 2, 3: network.append("node_\(index)", .add(activation: .relu6), from: [from, other])
            case 4: network.append("node_\(index)", .concat, from: [from, other, from])
            default: network.append("node_\(index)", .maxPool(Window(2)), from: [from])
            }
        }
        return network
    }
}

/// The MobileNet that this repository trains, at its smallest.
let fashionNetwork = NetworkFamily.named("fashion_mobilenet_v1")!.network(width: 0.25)

/// The networks with bypasses that this repository trains, small, at half their resolution: additions with projections,
/// concatenations of branches and pools.
let bypassNetworks = ["fashion_resnet8", "fashion_inception_relu", "fashion_inception_relu6"].map {
    NetworkFamily.named($0)!.network(resolution: 14)
}

/// The root of the repository.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The shipped checkpoint's parameters with batch norm folded in, by its definition: w·γ/√(σ² + ε) and
/// β − μ·γ/√(σ² + ε).
func shippedLayers() throws -> FoldedParameters {
    let store = CheckpointStore(directories: [repository.appendingPathComponent("checkpoints").path])
    let parameters = try store.load(for: fashionNetwork).parameters
    var layers: FoldedParameters = [:]
    for node in fashionNetwork.nodes {
        guard let weight = parameters[node.name + ".weight"]?.values else { continue }
        let values = { (name: String) in parameters["\(node.name).\(name)"]?.values }
        guard let gamma = values("bn.gamma"), let beta = values("bn.beta"), let mean = values("bn.mean"),
            let variance = values("bn.variance")
        else {
            layers[node.name] = FoldedLayer(weight: weight, bias: values("bias")!)
            continue
        }
        let channels = gamma.count
        let factors = zip(gamma, variance).map { $0 / ($1 + batchNormEpsilon).squareRoot() }
        let isDepthwise = if case .depthwiseConv2d = node.operation { true } else { false }
        layers[node.name] = FoldedLayer(
            weight: weight.indices.map {
                weight[$0] * factors[isDepthwise ? $0 % channels : $0 / (weight.count / channels)]
            },
            bias: (0..<channels).map { beta[$0] - mean[$0] * factors[$0] })
    }
    return layers
}
