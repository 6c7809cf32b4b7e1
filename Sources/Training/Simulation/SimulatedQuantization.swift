public import Quantization

/// Training with simulated quantization (Jacob et al. 2017, §3; Krishnamoorthi 2018, §3): forward, weights and activations
/// take the values that integers will have; backward, gradients pass as if they had not been rounded.
public struct SimulatedQuantization: Sendable, Equatable {
    public var scheme: QuantizationScheme
    /// Steps before activations are quantized, at least 1: their ranges must have been seen.
    public var delay: Int
    /// Share of the steps after which batch norm uses its moving statistics, which then stay as they are: training sees
    /// the weights of inference.
    public var freeze: Double
    /// s of the activations' ranges: a ← s·a + (1 − s)·batch.
    public var smoothing: Double
    /// Learns the scales of weights and activations (LSQ, Esser et al. 2019, arXiv:1902.08153) instead of taking them from the
    /// weights' minimum and maximum and from the activations' ranges. Symmetric weights only.
    public var learnsSteps: Bool

    public init(
        scheme: QuantizationScheme, delay: Int = 100, freeze: Double = 0.8, smoothing: Double = 0.99,
        learnsSteps: Bool = false
    ) {
        (self.scheme, self.delay, self.freeze) = (scheme, delay, freeze)
        (self.smoothing, self.learnsSteps) = (smoothing, learnsSteps)
    }

    func validate() throws(TrainingError) {
        func require(_ fits: Bool, _ name: String, _ reason: String) throws(TrainingError) {
            guard fits else { throw .option(name: name, reason: reason) }
        }
        try require(delay > 0, "delay", "\(delay) is not a positive number")
        try require(0...1 ~= freeze, "freeze", "\(freeze) is not in 0...1")
        try require(0..<1 ~= smoothing, "smoothing", "\(smoothing) is not in 0..<1")
        try require(
            !learnsSteps || scheme.mapping == .symmetric, "learnsSteps",
            "only the scales of symmetric weights are learned, not those of \(scheme)")
    }

    /// A part of `TrainingOptions.identity`.
    var identity: [(name: String, value: String)] {
        [
            ("scheme", "\(scheme)"), ("delay", "\(delay)"), ("freeze", "\(freeze)"), ("smoothing", "\(smoothing)"),
            ("learnsSteps", "\(learnsSteps)"),
        ]
    }
}
