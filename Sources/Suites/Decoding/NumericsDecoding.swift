extension SuiteDecoder {
    /// A text of the grammar, or the object form.
    mutating func decodeNumerics(_ value: JSONValue) -> SpelledNumerics? {
        switch value.content {
        case .string(let text):
            do { return SpelledNumerics(numerics: try Numerics(text), spelled: text) } catch {
                report("\(error)", at: value)
                return nil
            }
        case .object:
            return decodeQuantized(value).map { SpelledNumerics(numerics: .quantized($0), spelled: "\($0)") }
        default:
            refuse(value, "must be a text such as \"int8\" or \"w4c-a8\", or an object with the key weights")
            return nil
        }
    }

    private mutating func decodeQuantized(_ value: JSONValue) -> QuantizedNumerics? {
        let count = problems.count
        let known = [
            "weights", "activations", "training", "seed", "rounding", "calibration", "equalization", "bias_correction",
        ]
        guard checkObject(value, known: known, what: "numerics"),
            let weights = required("weights", of: value, example: "{\"bits\": 8}"),
            checkObject(weights, known: ["bits", "granularity", "mapping", "range", "rounding"], what: "weights")
        else { return nil }
        var numerics = QuantizedNumerics(weightBits: 8)
        if let bits = required("bits", of: weights, example: "8").flatMap({ decodeBits($0, "weight") }) {
            numerics.weightBits = bits
        }
        if let granularity = weights["granularity"].flatMap({ decodeGranularity($0) }) {
            numerics.granularity = granularity
        }
        if let mapping = weights["mapping"].flatMap({ choice($0, QuantizedNumerics.Mapping.self) }) {
            numerics.mapping = mapping
        }
        if let activations = value["activations"],
            checkObject(activations, known: ["bits", "signed"], what: "activations")
        {
            if let bits = activations["bits"].flatMap({ decodeBits($0, "activation") }) {
                numerics.activationBits = bits
            }
            if let signed = activations["signed"].flatMap({ bool($0) }) { numerics.activationsSigned = signed }
        }
        if let training = value["training"].flatMap({ choice($0, QuantizedNumerics.Training.self) }) {
            numerics.training = training
        }
        if let node = value["seed"], let seed = whole(node, in: QuantizedNumerics.seedRange) {
            numerics.seed = seed
            if numerics.training == .ptq { report("\(node.label): \(noSeedWithPTQ)", at: node) }
        }
        if let rounding = value["rounding"].flatMap({ choice($0, QuantizedNumerics.Rounding.self) }) {
            numerics.rounding = rounding
        }
        if let calibration = value["calibration"] { decodeCalibration(calibration, into: &numerics) }
        if let range = weights["range"].flatMap({ choice($0, PostTrainingMethod.WeightRange.self) }) {
            numerics.method.weightRange = range
        }
        if let rounding = weights["rounding"].flatMap({ decodeWeightRounding($0) }) {
            numerics.method.weightRounding = rounding
        }
        if let equalization = value["equalization"].flatMap({ bool($0) }) {
            numerics.method.equalization = equalization
        }
        if let correction = value["bias_correction"].flatMap({ bool($0) }) {
            numerics.method.biasCorrection = correction
        }
        if numerics.training == .qat, numerics.method != PostTrainingMethod() {
            report("\(value.label): \(noCalibrationWithQAT)", at: value)
        }
        return problems.count == count ? numerics : nil
    }

    private mutating func decodeBits(_ value: JSONValue, _ what: String) -> Int? {
        let range = what == "weight" ? QuantizedNumerics.weightBitsRange : QuantizedNumerics.activationBitsRange
        return whole(value, in: range, rule: "\(what) bits go from \(range.lowerBound) to \(range.upperBound)")
    }

    /// `"channel"`, `"tensor"` or `{"group": N}`.
    private mutating func decodeGranularity(_ value: JSONValue) -> QuantizedNumerics.Granularity? {
        switch value.content {
        case .string("channel"): return .channel
        case .string("tensor"): return .tensor
        case .object:
            guard checkObject(value, known: ["group"], what: "granularity") else { return nil }
            return required("group", of: value, example: "32")
                .flatMap { whole($0, in: QuantizedNumerics.groupRange) }.map { .group($0) }
        default:
            refuse(value, "must be \"channel\", \"tensor\" or {\"group\": 32}")
            return nil
        }
    }

    private mutating func decodeCalibration(_ value: JSONValue, into numerics: inout QuantizedNumerics) {
        guard checkObject(value, known: ["method", "images"], what: "calibration") else { return }
        if numerics.training == .qat { report("calibration: \(noCalibrationWithQAT)", at: value) }
        if numerics.training == .ptq, let method = value["method"].flatMap({ decodeCalibrationMethod($0) }) {
            numerics.method.calibration = method
        }
        if let images = value["images"].flatMap({ whole($0, in: QuantizedNumerics.calibrationImagesRange) }) {
            numerics.calibrationImages = images
        }
    }
}
