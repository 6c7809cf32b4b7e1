internal import Results

/// Accuracies from publications, shown where the weights are random and nothing can be measured.
enum Published {
    /// Top-1 on ImageNet in percent by canonical numerics, and where they stand. `f32` is always among them.
    private struct Entry {
        let source: String
        let top1: [String: Double]

        /// Checkpoints of tensorflow/models. Their 8 bits come from quantization-aware training.
        static func slim(_ float: Double, _ integer: Double) -> Entry {
            Entry(
                source: "tensorflow/models, slim, mobilenet_v1.md, release 2018_08_02",
                top1: ["f32": float, "w8c-a8-ptq": integer])
        }

        /// Quantized after training: affine per tensor, symmetric per channel, affine per channel, and 4-bit weights per
        /// channel.
        static func whitepaper(_ float: Double, at: Double, sc: Double, ac: Double, sc4: Double? = nil) -> Entry {
            var top1 = ["f32": float, "w8ta-a8-ptq": at, "w8c-a8-ptq": sc, "w8ca-a8-ptq": ac]
            top1["w4c-a8-ptq"] = sc4
            return Entry(source: "Krishnamoorthi 2018, arXiv:1806.08342", top1: top1)
        }
    }

    /// By network as suites name it: family, width where it has one, resolution.
    private static let entries: [String: Entry] = [
        "mobilenet_v1_1.0_224": .slim(70.9, 70.1), "mobilenet_v1_1.0_192": .slim(70.0, 69.2),
        "mobilenet_v1_1.0_160": .slim(68.0, 67.2), "mobilenet_v1_1.0_128": .slim(65.2, 63.4),
        "mobilenet_v1_0.75_224": .slim(68.4, 66.8), "mobilenet_v1_0.75_192": .slim(67.2, 66.1),
        "mobilenet_v1_0.75_160": .slim(65.3, 62.3), "mobilenet_v1_0.75_128": .slim(62.1, 55.8),
        "mobilenet_v1_0.5_224": .slim(63.3, 60.7), "mobilenet_v1_0.5_192": .slim(61.7, 60.0),
        "mobilenet_v1_0.5_160": .slim(59.1, 57.7), "mobilenet_v1_0.5_128": .slim(56.3, 54.5),
        "mobilenet_v1_0.25_224": .slim(49.8, 48.0), "mobilenet_v1_0.25_192": .slim(47.7, 46.0),
        "mobilenet_v1_0.25_160": .slim(45.5, 43.4), "mobilenet_v1_0.25_128": .slim(41.5, 39.5),
        "mobilenet_v2_1.0_224": .whitepaper(71.9, at: 0.1, sc: 69.8, ac: 69.7, sc4: 0.1),
        "resnet50_224": .whitepaper(75.2, at: 75.0, sc: 75.1, ac: 75.1, sc4: 54),
        // "Depth 100". The integers beside it come from quantization-aware training, for which there is no checkpoint here.
        "resnet101_224": Entry(
            source: "Jacob et al. 2017, arXiv:1712.05877v1, table 4.1", top1: ["f32": 78.0]),
        "resnet152_224": .whitepaper(76.8, at: 76.6, sc: 76.2, ac: 76.7),
    ]

    /// The published accuracy of a network in these numerics; nil where none is known.
    /// - Parameter network: such as `mobilenet_v1_1.0_224`.
    static func accuracy(network: String, numerics: String) -> Accuracy? {
        guard let entry = entries[network], let top1 = entry.top1[numerics], let float = entry.top1["f32"] else {
            return nil
        }
        return .published(top1: top1, source: entry.source, deltaF32: top1 - float)
    }
}
