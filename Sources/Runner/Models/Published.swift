internal import Results

/// Accuracies from publications, shown where the weights are random and nothing can be measured.
enum Published {
    /// The published accuracy of a network in these numerics; nil where none is known.
    /// - Parameter network: such as `mobilenet_v1_1.0_224`.
    static func accuracy(network: String, numerics: String) -> Accuracy? {
        guard let (source, top1) = entry(network), let value = top1[numerics], let float = top1["f32"] else {
            return nil
        }
        return .published(top1: value, source: source, deltaF32: value - float)
    }

    /// Top-1 on ImageNet in percent by canonical numerics, and where they stand.
    private static func entry(_ network: String) -> (source: String, top1: [String: Double])? {
        let parts = network.split(separator: "_").map(String.init)
        if parts.count == 4, parts[0] == "mobilenet", parts[1] == "v1" {
            let number = { (table: PublishedTable) in table.number(row: parts[2], column: parts[3]) }
            return (
                MobileNetTables.source,
                ["f32": number(MobileNetTables.float), "w8c-a8-ptq": number(MobileNetTables.integer)].compactMapValues(
                    \.self)
            )
        }
        switch network {
        case "mobilenet_v2_1.0_224": return whitepaper("MobileNet v2 1.0 224")
        case "resnet50_224": return whitepaper("ResNet v1 50")
        case "resnet152_224": return whitepaper("ResNet v1 152")
        // "Depth 100". The integers beside it come from quantization-aware training, for which there is no checkpoint here.
        case "resnet101_224":
            let table = JacobTables.resnets
            return (table.source, ["f32": table.number(row: "100", column: "float")].compactMapValues(\.self))
        default: return nil
        }
    }

    /// Quantized after training: affine per tensor, symmetric per channel, affine per channel, and 4-bit weights per
    /// channel.
    private static func whitepaper(_ row: String) -> (source: String, top1: [String: Double]) {
        let (schemes, narrow) = (KrishnamoorthiTables.schemes, KrishnamoorthiTables.fourBitWeights)
        let shares = [
            "f32": schemes.number(row: row, column: "float"),
            "w8ta-a8-ptq": schemes.number(row: row, column: "PTQ affine, layer"),
            "w8c-a8-ptq": schemes.number(row: row, column: "PTQ symmetric, channel"),
            "w8ca-a8-ptq": schemes.number(row: row, column: "PTQ affine, channel"),
            "w4c-a8-ptq": narrow.number(row: row, column: "PTQ"),
        ]
        // In percent, to the digits that were printed.
        return (
            KrishnamoorthiTables.source,
            shares.compactMapValues { $0.map { ($0 * 1000).rounded() / 10 } }
        )
    }
}
