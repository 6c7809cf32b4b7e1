extension Numerics {
    /// Parses `f32`, `int8`, or `w<bits><t|c|gN>[a]-a<bits>[-ptq|-qat]`, followed by any of `+seed<N>`, `+signed`, `+single`,
    /// `+ruy`, `+fp32`, `+cal<images>` and the words of `PostTrainingMethod`.
    ///
    /// - Throws: `SuiteError.numerics`, which says what would be right.
    public init(_ text: String) throws(SuiteError) {
        switch text {
        case "f32": self = .f32
        case "int8": self = .int8
        default:
            var grammar = NumericsGrammar(text)
            self = .quantized(try grammar.parse())
        }
    }
}

/// A scanner over one numerics text, left to right.
private struct NumericsGrammar {
    private let text: String
    private var rest: Substring

    init(_ text: String) { (self.text, rest) = (text, text[...]) }

    mutating func parse() throws(SuiteError) -> QuantizedNumerics {
        guard skip("w"), let bits = number() else {
            throw wrong("write f32, int8 or w<bits><t|c|gN>[a]-a<bits>[-ptq|-qat], such as w8c-a8-ptq")
        }
        try check(bits, QuantizedNumerics.weightBitsRange, "weight bits go")
        var numerics = QuantizedNumerics(weightBits: bits)
        numerics.granularity = try granularity()
        if skip("a") { numerics.mapping = .affine }
        guard skip("-a"), let bits = number() else {
            throw wrong(
                rest.isEmpty
                    ? "the activation bits are missing, such as \(text)-a8"
                    : "after the weights come -a and the activation bits, such as w8c-a8, not '\(rest)'")
        }
        try check(bits, QuantizedNumerics.activationBitsRange, "activation bits go")
        numerics.activationBits = bits
        if skip("-") { numerics.training = try training() }
        while skip("+") { try option(&numerics) }
        guard rest.isEmpty else { throw wrong("after the activation bits comes -ptq, -qat or nothing, not '\(rest)'") }
        return numerics
    }

    private mutating func granularity() throws(SuiteError) -> QuantizedNumerics.Granularity {
        if skip("t") { return .tensor }
        if skip("c") { return .channel }
        guard skip("g"), let size = number() else {
            throw wrong("after the weight bits comes t (per tensor), c (per channel) or a group such as g32")
        }
        try check(size, QuantizedNumerics.groupRange, "groups go")
        return .group(size)
    }

    private mutating func training() throws(SuiteError) -> QuantizedNumerics.Training {
        let word = word()
        guard let training = QuantizedNumerics.Training(rawValue: word) else {
            throw wrong("how it was trained is ptq or qat, not '\(word)'")
        }
        return training
    }

    private mutating func option(_ numerics: inout QuantizedNumerics) throws(SuiteError) {
        let word = word()
        if word == "signed" {
            numerics.activationsSigned = true
        } else if word.hasPrefix("seed"), let seed = Int(digits: word.dropFirst(4)) {
            guard numerics.training == .qat else { throw wrong(noSeedWithPTQ) }
            try check(seed, QuantizedNumerics.seedRange, "seeds go")
            numerics.seed = seed
        } else if let rounding = QuantizedNumerics.Rounding(rawValue: word) {
            numerics.rounding = rounding
        } else if word.hasPrefix("cal"), let images = Int(word.dropFirst(3)) {
            guard numerics.training == .ptq else { throw wrong(noCalibrationWithQAT) }
            try check(images, QuantizedNumerics.calibrationImagesRange, "calibration images go")
            numerics.calibrationImages = images
        } else if numerics.method.take(word) {
            guard numerics.training == .ptq else { throw wrong(noCalibrationWithQAT) }
        } else {
            let roundings = QuantizedNumerics.Rounding.allCases.map { "+\($0)" }.joined(separator: ", ")
            throw wrong(
                "what may follow is +seed<N>, +signed, \(roundings), +cal<images>, +mse, +entropy, +p<percentile>, +wmse, "
                    + "+cle, +bc or +adaround, not '+\(word)'")
        }
    }

    private mutating func skip(_ prefix: String) -> Bool {
        guard rest.hasPrefix(prefix) else { return false }
        rest = rest.dropFirst(prefix.count)
        return true
    }

    /// Decimal digits; nil where there are none. More than fit give a number that no bound admits.
    private mutating func number() -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        return Int(digits: digits)
    }

    private mutating func word() -> String {
        let word = rest.prefix { $0 != "+" && $0 != "-" }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    private func check(_ value: Int, _ range: ClosedRange<Int>, _ what: String) throws(SuiteError) {
        guard range.contains(value) else {
            throw wrong("\(what) from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    private func wrong(_ reason: String) -> SuiteError { .numerics(text: text, reason: reason) }
}

extension PostTrainingMethod {
    /// Takes a word of the text in; false for one that means nothing here.
    fileprivate mutating func take(_ word: String) -> Bool {
        if let calibration = Calibration(word: word) {
            self.calibration = calibration
        } else if word == "wmse" {
            weightRange = .meanSquaredError
        } else if word == "cle" {
            equalization = true
        } else if word == "bc" {
            biasCorrection = true
        } else if let rounding = WeightRounding(word: word) {
            weightRounding = rounding
        } else {
            return false
        }
        return true
    }
}

extension Int {
    /// Of decimal digits alone; nil where there are none, or anything else. More than fit give a number that no bound admits.
    fileprivate init?(digits: Substring) {
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        self = Int(digits) ?? .max
    }
}

let noSeedWithPTQ = "a seed tells trainings for integers apart: write -qat, or leave the seed out"
let noCalibrationWithQAT = "qat has its ranges from training, so it takes no calibration"
