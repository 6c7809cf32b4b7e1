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
    /// Learns the weights' scales (LSQ, Esser et al. 2019, arXiv:1902.08153) instead of taking them from the weights'
    /// minimum and maximum. Symmetric weights only.
    public var learnsSteps: Bool

    public init(
        scheme: QuantizationScheme, delay: Int = 100, freeze: Double = 0.6, smoothing: Double = 0.99,
        learnsSteps: Bool = false
    ) {
        (self.scheme, self.delay, self.freeze) = (scheme, delay, freeze)
        (self.smoothing, self.learnsSteps) = (smoothing, learnsSteps)
    }

    /// A part of `TrainingOptions.identity`.
    var identity: [(name: String, value: String)] {
        [
            ("scheme", "\(scheme)"), ("delay", "\(delay)"), ("freeze", "\(freeze)"), ("smoothing", "\(smoothing)"),
            ("learnsSteps", "\(learnsSteps)"),
        ]
    }
}
