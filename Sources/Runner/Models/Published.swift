internal import Results

/// Accuracies from publications, shown where the weights are random and nothing can be measured.
enum Published {
    private static let source = "tensorflow/models, slim, mobilenet_v1.md, release 2018_08_02"

    /// Top-1 on ImageNet in percent, float and quantized, by resolution 224, 192, 160, 128.
    private static let mobileNetV1: [Double: [Int: (float: Double, integer: Double)]] = [
        1.0: [224: (70.9, 70.1), 192: (70.0, 69.2), 160: (68.0, 67.2), 128: (65.2, 63.4)],
        0.75: [224: (68.4, 66.8), 192: (67.2, 66.1), 160: (65.3, 62.3), 128: (62.1, 55.8)],
        0.5: [224: (63.3, 60.7), 192: (61.7, 60.0), 160: (59.1, 57.7), 128: (56.3, 54.5)],
        0.25: [224: (49.8, 48.0), 192: (47.7, 46.0), 160: (45.5, 43.4), 128: (41.5, 39.5)],
    ]

    /// The published accuracy of a network in float, or in 8 bits; nil where none is known.
    static func accuracy(family: String, width: Double?, resolution: Int, isFloat: Bool, isInt8: Bool) -> Accuracy? {
        guard family == "mobilenet_v1", let width, let known = mobileNetV1[width]?[resolution] else { return nil }
        if isFloat { return .published(top1: known.float, source: source, deltaF32: 0) }
        guard isInt8 else { return nil }
        return .published(top1: known.integer, source: source, deltaF32: known.integer - known.float)
    }
}
