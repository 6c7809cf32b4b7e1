/// s = √(r₁/r₂), which gives both layers the range √(r₁·r₂) when the first one's outputs are divided by s and the second one's
/// weights multiplied by it (Nagel et al. 2019, arXiv:1906.04721, eq. 9…11).
///
/// - Parameters:
///   - first, second: largest magnitudes of a channel's weights in the layer that writes it and in the one that reads it.
///   - bias: magnitude of the channel's bias in the first layer.
///   - room: how many times larger the channel's activations may become before their upper bound cuts them; ∞ without one,
///     and 1 or less for a channel that is cut.
/// - Returns: never below 1/room. 1 for a channel that is cut, since it would be cut elsewhere then; for one that either layer
///   does not use; and where the first layer's weights are so small that the channel is little but its bias: s would be as
///   small, and the bias divided by it would set the range of the activations.
public func equalizationFactor(first: Double, second: Double, bias: Double, room: Double = .infinity) -> Double {
    guard first > 0, second > 0, first >= bias / 1000, room > 1 else { return 1 }
    let factor = (first / second).squareRoot()
    return factor.isNormal ? max(factor, 1 / room) : 1
}
