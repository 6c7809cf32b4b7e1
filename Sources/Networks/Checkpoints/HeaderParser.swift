/// The part of JSON (RFC 8259) that a safetensors header consists of: objects, strings and lists of whole numbers. A
/// general decoder would not do: it keeps one of two equal names without a word, and an error has no place.
struct HeaderParser {
    /// UTF-8, checked.
    private let text: ArraySlice<UInt8>
    private var position: Int
    private let file: String
    /// The tensor whose entry is being read: errors name it.
    var tensor: String?

    init(text: ArraySlice<UInt8>, file: String) { (self.text, position, self.file) = (text, text.startIndex, file) }

    /// An object; `member` reads the value that belongs to the key. Keys may not repeat.
    mutating func object(
        _ member: (inout HeaderParser, _ key: String) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        var keys: Set<String> = []
        try list("{", "}") { parser throws(CheckpointError) in
            let key = try parser.string()
            guard keys.insert(key).inserted else {
                throw CheckpointError(file: parser.file, tensor: parser.tensor ?? key, problem: .duplicateName)
            }
            try parser.expect(":")
            try member(&parser, key)
        }
    }

    /// A list of whole numbers from 0.
    mutating func numbers() throws(CheckpointError) -> [Int] {
        var result: [Int] = []
        try list("[", "]") { parser throws(CheckpointError) in result.append(try parser.number()) }
        return result
    }

    mutating func string() throws(CheckpointError) -> String {
        try expect("\"")
        var scalars = String.UnicodeScalarView()
        while true {
            let run = text[position...].prefix { $0 >= 0x20 && ![UInt8(ascii: "\""), UInt8(ascii: "\\")].contains($0) }
            scalars.append(contentsOf: String(decoding: run, as: UTF8.self).unicodeScalars)
            position = run.endIndex
            switch next().map({ Unicode.Scalar($0) }) {
            case "\"": return String(scalars)
            case "\\": scalars.append(try escaped())
            case nil: throw unexpected("the end of a string")
            default: throw malformed("control character in a string")
            }
        }
    }

    /// After the value only spaces may follow: the padding.
    mutating func finish() throws(CheckpointError) {
        skipSpace()
        guard position == text.endIndex else { throw unexpected("the end of the header") }
    }

    func malformed(_ reason: String) -> CheckpointError {
        CheckpointError(file: file, tensor: tensor, problem: .malformedHeader(reason: reason))
    }

    func unexpected(_ wanted: String) -> CheckpointError {
        malformed("expected \(wanted) at byte \(position - text.startIndex)")
    }
}

extension HeaderParser {
    /// Elements between the brackets, separated by commas.
    private mutating func list(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar,
        _ element: (inout HeaderParser) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        try expect(open)
        guard !accept(close) else { return }
        repeat { try element(&self) } while accept(",")
        try expect(close)
    }

    private mutating func number() throws(CheckpointError) -> Int {
        skipSpace()
        let digits = text[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let text = String(decoding: digits, as: UTF8.self)
        guard let value = Int(text), digits.count == 1 || text.first != "0" else {
            throw unexpected("a whole number")
        }
        position = digits.endIndex
        return value
    }

    /// What stands behind a backslash.
    private mutating func escaped() throws(CheckpointError) -> Unicode.Scalar {
        switch next().map({ Unicode.Scalar($0) }) {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{c}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            let unit = try hexadecimal()
            guard UTF16.isLeadSurrogate(unit) else {
                guard let scalar = Unicode.Scalar(unit) else { throw malformed("half a surrogate pair in a string") }
                return scalar
            }
            guard next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") else {
                throw malformed("half a surrogate pair in a string")
            }
            let trail = try hexadecimal()
            guard UTF16.isTrailSurrogate(trail) else { throw malformed("half a surrogate pair in a string") }
            return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
        default: throw malformed("unknown escape in a string")
        }
    }

    private mutating func hexadecimal() throws(CheckpointError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw malformed("\\u without four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(CheckpointError) {
        guard accept(scalar) else { throw unexpected("'\(scalar)'") }
    }

    private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < text.endIndex, text[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func next() -> UInt8? {
        guard position < text.endIndex else { return nil }
        position += 1
        return text[position - 1]
    }

    private mutating func skipSpace() {
        while position < text.endIndex, [0x20, 0x09, 0x0a, 0x0d].contains(text[position]) { position += 1 }
    }
}
