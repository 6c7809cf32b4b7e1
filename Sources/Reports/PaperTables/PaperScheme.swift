/// What the text of numerics says: `f32`, `w4c-a8-qat`. The word of a training's seed is not part of it.
struct PaperScheme: Hashable {
    struct Integers: Hashable {
        let weightBits: Int
        /// `t`, `c`, `g32`, and `a` behind them for affine weights.
        let weights: String
        let activationBits: Int
        let isTrained: Bool
    }

    /// The numerics without the seed.
    let text: String
    /// nil for floats, and for integers that were made in a way of their own (`+mse`, `+signed`), which no paper's table has.
    let integers: Integers?

    init(_ numerics: String) {
        let text = numerics.replacing(/\+seed[0-9]+/, with: "")
        self.text = text
        integers = text.wholeMatch(of: /w([0-9])((?:t|c|g[0-9]+)a?)-a([0-9])-(ptq|qat)/).map { match in
            Integers(
                weightBits: Int(match.1)!, weights: String(match.2), activationBits: Int(match.3)!,
                isTrained: match.4 == "qat")
        }
    }

    var isFloat: Bool { text == "f32" }

    /// As a column's head: `float`, `8/8 bits after training (w8c-a8-ptq)`.
    var title: String {
        guard let integers else { return isFloat ? "float" : text }
        return "\(integers.weightBits)/\(integers.activationBits) bits \(integers.manner) (\(text))"
    }
}

extension PaperScheme.Integers {
    var manner: String { isTrained ? "trained for it" : "after training" }

    /// How weights are mapped, in words: `symmetric per channel`.
    var mapping: String {
        let parts = weights.hasSuffix("a") ? ("affine", weights.dropLast()) : ("symmetric", weights[...])
        return "\(parts.0) per "
            + (parts.1 == "t" ? "tensor" : parts.1 == "c" ? "channel" : "group of \(parts.1.dropFirst())")
    }
}
