/// The network families by name: the one place where a family is registered.
public struct NetworkFamily: Sendable {
    public let name: String
    /// Default and meaning of the axes, for listings.
    public let summary: String
    public let defaultResolution: Int
    /// Smallest resolution whose layers all have an output.
    public let minimumResolution: Int
    /// Checkpoint-backed dataset that the family is trained on, if this project trains it.
    public let dataset: String?
    /// Whether it has a depth multiplier; without one, `network(width:)` ignores it.
    public var hasWidth = true
    let make: @Sendable (_ width: Double, _ resolution: Int) -> Network

    /// Builds the network of this width (depth multiplier) and resolution (pixels).
    public func network(width: Double = 1.0, resolution: Int? = nil) -> Network {
        make(width, resolution ?? defaultResolution)
    }

    public static let all: [NetworkFamily] =
        [
            NetworkFamily(
                name: "mobilenet_v1", summary: "MobileNet v1 for ImageNet, 1001 classes; random weights",
                defaultResolution: 224, minimumResolution: 32, dataset: nil, make: MobileNetV1.imageNet),
            NetworkFamily(
                name: "mobilenet_v2", summary: "MobileNet v2 for ImageNet, 1001 classes; random weights",
                defaultResolution: 224, minimumResolution: 32, dataset: nil, make: MobileNetV2.imageNet),
            NetworkFamily(
                name: "fashion_mobilenet_v1", summary: "MobileNet v1 eased for Fashion-MNIST, 10 classes; trained here",
                defaultResolution: 28, minimumResolution: 8, dataset: "fashion-mnist", make: MobileNetV1.fashion),
            NetworkFamily(
                name: "fashion_detector",
                summary: "SSD on MobileNet v1 for scenes of Fashion-MNIST articles; trained here",
                defaultResolution: 64, minimumResolution: 32, dataset: "fashion-scenes", make: FashionDetector.network),
        ]
        + ResNet.blocks.keys.sorted().map { depth in
            NetworkFamily(
                name: "resnet\(depth)", summary: "ResNet-\(depth) v1.5 for ImageNet, 1000 classes; random weights",
                defaultResolution: 224, minimumResolution: 32, dataset: nil, hasWidth: false
            ) { _, resolution in ResNet.imageNet(depth: depth, resolution: resolution) }
        }
        + ResNet.fashionBlocks.keys.sorted().map { depth in
            NetworkFamily(
                name: "fashion_resnet\(depth)",
                summary: "ResNet of \(depth) layers for Fashion-MNIST, 10 classes; trained here",
                defaultResolution: 28, minimumResolution: 8, dataset: "fashion-mnist", hasWidth: false
            ) { _, resolution in ResNet.fashion(depth: depth, resolution: resolution) }
        }
        + [Activation.relu, .relu6].map { activation in
            NetworkFamily(
                name: "fashion_inception_\(activation.rawValue)",
                summary:
                    "Inception blocks for Fashion-MNIST, \(activation == .relu ? "ReLU" : "ReLU6"), 10 classes; trained here",
                defaultResolution: 28, minimumResolution: 8, dataset: "fashion-mnist", hasWidth: false
            ) { _, resolution in Inception.fashion(activation, resolution: resolution) }
        }

    /// The family of this name, or nil.
    public static func named(_ name: String) -> NetworkFamily? { all.first { $0.name == name } }
}
