/// The axes of a network case that say how it is quantized after training.
extension SuiteDecoder {
    static let methodAxes = ["calibration", "weight_range", "equalization", "bias_correction", "weight_rounding"]

    mutating func decodeCalibrationMethod(_ value: JSONValue) -> PostTrainingMethod.Calibration? {
        word(value, PostTrainingMethod.Calibration.words) { .init(word: $0) }
    }

    mutating func decodeWeightRounding(_ value: JSONValue) -> PostTrainingMethod.WeightRounding? {
        word(value, PostTrainingMethod.WeightRounding.words) { .init(word: $0) }
    }

    private mutating func word<Choice>(_ value: JSONValue, _ words: String, _ make: (String) -> Choice?) -> Choice? {
        if case .string(let text) = value.content, let choice = make(text) { return choice }
        refuse(value, "must be \(words)")
        return nil
    }

    /// The product of `numerics` and the case's axes. What is not quantized after training stays as it is, once.
    mutating func applyMethodAxes(of value: JSONValue, to numerics: [SpelledNumerics]) -> [SpelledNumerics]? {
        guard Self.methodAxes.contains(where: { value[$0] != nil }) else { return numerics }
        let calibrations = axis("calibration", of: value, default: .minMax) { $0.decodeCalibrationMethod($1) }
        let ranges = axis("weight_range", of: value, default: .minMax) {
            $0.choice($1, PostTrainingMethod.WeightRange.self)
        }
        let equalizations = axis("equalization", of: value, default: false) { $0.bool($1) }
        let corrections = axis("bias_correction", of: value, default: false) { $0.bool($1) }
        let roundings = axis("weight_rounding", of: value, default: .nearest) { $0.decodeWeightRounding($1) }
        guard let calibrations, let ranges, let equalizations, let corrections, let roundings else { return nil }
        var methods: [PostTrainingMethod] = []
        for calibration in calibrations {
            for range in ranges {
                for equalization in equalizations {
                    for correction in corrections {
                        for rounding in roundings {
                            var method = PostTrainingMethod()
                            (method.calibration, method.weightRange) = (calibration, range)
                            (method.equalization, method.biasCorrection) = (equalization, correction)
                            method.weightRounding = rounding
                            methods.append(method)
                        }
                    }
                }
            }
        }
        var result: [SpelledNumerics] = []
        for spelled in numerics {
            guard case .quantized(var quantized) = spelled.numerics, quantized.training == .ptq else {
                result.append(spelled)
                continue
            }
            let own = quantized.method.options
            guard own.isEmpty else {
                report(
                    "numerics '\(spelled.spelled)' names +\(own.joined(separator: "+")) itself, and the case has axes for "
                        + "that: use one or the other", at: value["numerics"] ?? value)
                return nil
            }
            for method in methods {
                quantized.method = method
                result.append(
                    SpelledNumerics(
                        numerics: .quantized(quantized),
                        spelled: method == PostTrainingMethod() ? spelled.spelled : "\(quantized)"))
            }
        }
        return result
    }

    /// Products and single layers have random numbers: methods that learn from images have nothing to learn from.
    mutating func refuseMethods(_ numerics: [SpelledNumerics], of value: JSONValue, kind: String) {
        for case .quantized(let quantized) in numerics.map(\.numerics) where !quantized.method.options.isEmpty {
            report(
                "numerics '\(quantized)': a \(kind) has random numbers, so +\(quantized.method.options[0]) has nothing to "
                    + "go by; it is for networks", at: value["numerics"] ?? value)
        }
    }
}
