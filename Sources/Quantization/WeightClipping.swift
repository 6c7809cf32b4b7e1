/// How much of the range of a set of weights is represented.
public enum WeightClipping: Hashable, Sendable {
    /// All of it.
    case none
    /// The share of it with the smallest squared error: the few weights beyond go to the ends, and the others are represented
    /// more finely. Worth the more the fewer bits there are.
    case meanSquaredError
}

extension WeightClipping {
    /// Hundredths of the whole range that are tried.
    static let candidates = 20...100

    /// The parameters of a set of weights.
    ///
    /// - Parameters:
    ///   - minimum, maximum: the range of the set, 0 included.
    ///   - weights: its members; asked for only where they decide.
    func parameters(
        minimum: Double, maximum: Double, range: IntegerRange, mapping: Mapping, of weights: () -> [Float]
    ) throws(QuantizationError) -> QuantizationParameters {
        func spanning(_ share: Double) throws(QuantizationError) -> QuantizationParameters {
            try .spanning(minimum: share * minimum, maximum: share * maximum, range: range, mapping: mapping)
        }
        var best = try spanning(1)
        guard self == .meanSquaredError else { return best }
        let weights = weights()
        var least = best.squaredError(of: weights)
        for hundredths in Self.candidates.dropLast().reversed() {
            let candidate = try spanning(Double(hundredths) / 100)
            let error = candidate.squaredError(of: weights)
            if error < least { (best, least) = (candidate, error) }
        }
        return best
    }
}

extension QuantizationParameters {
    /// Σ (Q(x) − x)².
    func squaredError(of values: [Float]) -> Double {
        values.reduce(0) { sum, value in
            let error = Double(fakeQuantize(value)) - Double(value)
            return sum + error * error
        }
    }
}
