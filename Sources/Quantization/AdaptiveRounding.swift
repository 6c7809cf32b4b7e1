internal import Glibc

/// AdaRound: each weight is rounded up or down so that the layer's outputs change least, rather than the weights themselves
/// (Nagel et al. 2020, arXiv:2004.10568).
///
/// A channel with weights w and quantization w ≈ S(q − Z) has the output error E[((ŵ − w)·x)²] = S²·δᵀHδ with the inputs' second
/// moments H = E[x·xᵀ] and δ = q − (w/S + Z), its weights' errors in steps. With q = ⌊w/S + Z⌋ + h and
/// h(V) = clip(σ(V)(ζ − γ) + γ, 0, 1), ζ = 1.1, γ = −0.1, Adam minimises over V
///
///     δᵀHδ/h̄ + λ·Σ(1 − |2h − 1|^β)                        h̄ = mean of H's diagonal
///
/// where the second term, whose β falls from 20 to 2 after a fifth of the steps, drives each h to 0 or 1. H holds all that the
/// calibration images say of the error, so that every step sees all of them, the result is the same each time, and memory does
/// not grow with their number. (The paper draws inputs at random and lets the error pass the activation function, which needs
/// the inputs themselves.)
///
/// A channel that does not end up better than by rounding to nearest keeps that.
public struct AdaptiveRounding: Hashable, Sendable {
    public static let defaultSteps = 500

    /// Steps of Adam per layer.
    public var steps: Int

    public init(steps: Int = defaultSteps) { self.steps = steps }

    /// ζ and γ: h reaches 0 and 1 at finite V.
    private static let (stretchHigh, stretchLow): (Float, Float) = (1.1, -0.1)
    private static let betas: (first: Float, last: Float) = (20, 2)
    /// Share of the steps without the regulariser.
    private static let free = 0.2
    private static let regularisation: Float = 1
    private static let learningRate: Float = 0.02

    /// Y = D·H: from the errors δ of all channels, one row each, the product with the channel's second moments.
    public typealias Product = (_ errors: UnsafeBufferPointer<Float>, _ products: UnsafeMutableBufferPointer<Float>)
        -> Void

    /// - Parameters:
    ///   - weights: the reals that `nearest` was made from, in its order.
    ///   - nearest: rounded to nearest; its scales and zero points are kept.
    ///   - meanSquares: h̄ of each channel: mean square of its inputs.
    ///   - product: of rows of `weights.count / channels` errors each, in the order of a channel's weights.
    public func round(
        _ weights: [Float], nearest: QuantizedWeights, meanSquares: [Float], product: Product
    ) -> QuantizedWeights {
        let channels = nearest.channels
        let depth = weights.count / channels
        // Row by row, whatever the order of the weights: element of the tensor by place in the rows.
        let order = (0..<weights.count).map { place in
            nearest.axis == .outermost ? place : place % depth * channels + place / depth
        }
        var lower = [Float](repeating: 0, count: weights.count)
        var target = lower
        var nearestErrors = lower
        var values = lower
        for (place, element) in order.enumerated() {
            let parameters = nearest.parameters(ofChannel: place / depth)
            let (lowest, highest) = (Double(parameters.range.lowest), Double(parameters.range.highest))
            let real = Double(weights[element]) / parameters.scale + Double(parameters.zeroPoint)
            let inside = min(max(real, lowest), highest)
            let floor = min(inside.rounded(.down), highest - 1)
            lower[place] = Float(floor)
            target[place] = Float(real - floor)
            nearestErrors[place] = Float(Double(nearest.values[element]) - real)
            values[place] = Self.logit(Float(inside - floor))
        }

        let fractions = optimise(values, target, depth: depth, meanSquares, product)
        let errors = zip(fractions, target).map { ($0 >= 0.5 ? 1 : 0) - $1 }
        let (adaptive, plain) = (
            Self.losses(errors, depth, product), Self.losses(nearestErrors, depth, product)
        )
        var integers = nearest.values.map(Int32.init)
        for (place, element) in order.enumerated() where adaptive[place / depth] < plain[place / depth] {
            integers[element] = Int32(lower[place]) + (fractions[place] >= 0.5 ? 1 : 0)
        }
        return QuantizedWeights(
            values: ByteIntegers(integers, range: nearest.range), parameters: nearest.parameters, channels: channels,
            axis: nearest.axis)
    }

    /// V with h(V) = fraction.
    private static func logit(_ fraction: Float) -> Float {
        let share = (fraction - stretchLow) / (stretchHigh - stretchLow)
        return -logf(1 / share - 1)
    }

    /// δᵀHδ of each row.
    private static func losses(_ errors: [Float], _ depth: Int, _ product: Product) -> [Double] {
        var products = [Float](repeating: 0, count: errors.count)
        errors.withUnsafeBufferPointer { errors in products.withUnsafeMutableBufferPointer { product(errors, $0) } }
        return stride(from: 0, to: errors.count, by: depth).map { start in
            (start..<start + depth).reduce(0) { $0 + Double(errors[$1]) * Double(products[$1]) }
        }
    }

    /// h after all steps.
    private func optimise(
        _ start: [Float], _ target: [Float], depth: Int, _ meanSquares: [Float], _ product: Product
    ) -> [Float] {
        let count = start.count
        let span = Self.stretchHigh - Self.stretchLow
        let perMeanSquare = meanSquares.map { $0 > 0 ? 2 / $0 : 0 }
        var (values, momenta, variances) = (
            start, [Float](repeating: 0, count: count), [Float](repeating: 0, count: count)
        )
        var (sigmoids, fractions, errors, products) = (momenta, momenta, momenta, momenta)
        func relax() {
            for index in 0..<count {
                let sigmoid = 1 / (1 + expf(-values[index]))
                let fraction = min(max(sigmoid * span + Self.stretchLow, 0), 1)
                (sigmoids[index], fractions[index], errors[index]) = (sigmoid, fraction, fraction - target[index])
            }
        }
        relax()
        for step in 0..<steps {
            errors.withUnsafeBufferPointer { errors in products.withUnsafeMutableBufferPointer { product(errors, $0) } }
            let progress = Float((Double(step) / Double(steps) - Self.free) / (1 - Self.free))
            let beta = Self.betas.first + (Self.betas.last - Self.betas.first) * max(progress, 0)
            let weight = progress < 0 ? 0 : 2 * Self.regularisation * beta
            // Adam with the usual constants; the corrections of its averages, which start at 0, are one factor.
            let power = Float(step + 1)
            let (first, second): (Float, Float) = (0.9, 0.999)
            let rate = Self.learningRate * (1 - powf(second, power)).squareRoot() / (1 - powf(first, power))
            for row in 0..<count / depth {
                let scale = perMeanSquare[row]
                for index in row * depth..<(row + 1) * depth {
                    let (fraction, sigmoid) = (fractions[index], sigmoids[index])
                    guard fraction > 0, fraction < 1 else { continue }
                    let signed = 2 * fraction - 1
                    let distance = abs(signed)
                    let pull = weight > 0 && distance > 0 ? weight * expf((beta - 1) * logf(distance)) : 0
                    let slope = products[index] * scale - (signed < 0 ? -pull : pull)
                    let gradient = slope * span * sigmoid * (1 - sigmoid)
                    momenta[index] = first * momenta[index] + (1 - first) * gradient
                    variances[index] = second * variances[index] + (1 - second) * gradient * gradient
                    values[index] -= rate * momenta[index] / (variances[index].squareRoot() + 1e-8)
                }
            }
            relax()
        }
        return fractions
    }
}
