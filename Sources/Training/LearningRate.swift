import Foundation

/// The one-cycle learning rate (Smith and Topin 2017, arXiv:1708.07120): a cosine from `maximum`/25 up to `maximum` in
/// the first `warmUp` of the steps, then a cosine down to `maximum`/250,000.
public struct OneCycle: Sendable {
    public let maximum: Double
    public let steps: Int
    public let warmUp: Double

    public init(maximum: Double, steps: Int, warmUp: Double) {
        (self.maximum, self.steps, self.warmUp) = (maximum, steps, warmUp)
    }

    /// The rate of step `step` in 0..<steps.
    public func rate(at step: Int) -> Double {
        let start = maximum / 25
        let end = start / 10_000
        let peak = max(warmUp * Double(steps) - 1, 0)
        let position = Double(step)
        if position < peak { return cosine(from: start, to: maximum, position / peak) }
        let fall = Double(steps - 1) - peak
        return fall > 0 ? cosine(from: maximum, to: end, min((position - peak) / fall, 1)) : maximum
    }

    private func cosine(from: Double, to: Double, _ share: Double) -> Double {
        to + (from - to) * (1 + cos(.pi * share)) / 2
    }
}
