/// A strict JSON parser (RFC 8259) that keeps line and column of every key and value.
///
/// Stricter than the standard where a suite could be misread: duplicate keys are refused, and so is nesting deeper than
/// 64. A UTF-8 byte order mark at the start is skipped.
package struct JSONParser {
    private static let maximumDepth = 64

    private let file: String
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0

    private init(_ bytes: [UInt8], file: String) { (self.bytes, self.file) = (bytes, file) }

    /// - Parameter file: the name that errors begin with.
    /// - Throws: `SuiteError.invalid` with the first problem.
    package static func parse(_ bytes: [UInt8], file: String) throws(SuiteError) -> JSONValue {
        var parser = JSONParser(bytes, file: file)
        try parser.skipByteOrderMark()
        parser.skipSpace()
        let value = try parser.value(path: "", depth: 0)
        parser.skipSpace()
        if let next = parser.peek { throw parser.problem("\(shown(next)) after the end of the document") }
        return value
    }

    // MARK: Values

    private mutating func value(path: String, depth: Int) throws(SuiteError) -> JSONValue {
        let position = position
        guard depth <= Self.maximumDepth else {
            throw problem("nested deeper than \(Self.maximumDepth) levels", path: path)
        }
        let content: JSONValue.Content
        switch peek {
        case UInt8(ascii: "{"): content = .object(try members(path: path, depth: depth))
        case UInt8(ascii: "["): content = .array(try elements(path: path, depth: depth))
        case UInt8(ascii: "\""): content = .string(try string(path: path))
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): content = try number(path: path)
        case let byte? where isLetter(byte): content = try literal(path: path)
        case let byte?: throw problem("expected a value, found \(shown(byte))", path: path)
        case nil: throw problem("expected a value, found the end of the file", path: path)
        }
        return JSONValue(content: content, position: position, path: path)
    }

    private mutating func members(path: String, depth: Int) throws(SuiteError) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        var firstLines: [String: Int] = [:]
        index += 1
        skipSpace()
        if skip(UInt8(ascii: "}")) { return [] }
        while true {
            let keyPosition = position
            guard peek == UInt8(ascii: "\"") else {
                throw problem("expected a key in double quotes, found \(shownNext)", path: path)
            }
            let key = try string(path: path)
            let keyPath = path.isEmpty ? key : "\(path).\(key)"
            if let line = firstLines.updateValue(keyPosition.line, forKey: key) {
                throw problem("key '\(key)' stands twice; first in line \(line)", at: keyPosition, path: keyPath)
            }
            skipSpace()
            guard skip(UInt8(ascii: ":")) else {
                throw problem("expected ':' after key '\(key)', found \(shownNext)", path: keyPath)
            }
            skipSpace()
            let value = try value(path: keyPath, depth: depth + 1)
            members.append(JSONValue.Member(key: key, keyPosition: keyPosition, value: value))
            skipSpace()
            if skip(UInt8(ascii: "}")) { return members }
            guard skip(UInt8(ascii: ",")) else {
                throw problem("expected ',' or '}' after the value of '\(key)', found \(shownNext)", path: keyPath)
            }
            skipSpace()
        }
    }

    private mutating func elements(path: String, depth: Int) throws(SuiteError) -> [JSONValue] {
        var elements: [JSONValue] = []
        index += 1
        skipSpace()
        if skip(UInt8(ascii: "]")) { return [] }
        while true {
            let elementPath = "\(path)[\(elements.count)]"
            elements.append(try value(path: elementPath, depth: depth + 1))
            skipSpace()
            if skip(UInt8(ascii: "]")) { return elements }
            guard skip(UInt8(ascii: ",")) else {
                throw problem("expected ',' or ']' after a list's element, found \(shownNext)", path: elementPath)
            }
            skipSpace()
        }
    }

    private mutating func literal(path: String) throws(SuiteError) -> JSONValue.Content {
        let position = position
        let word = take(while: isLetter)
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default:
            throw problem(
                "'\(word)' is no value; texts stand in double quotes, other words are true, false and null",
                at: position, path: path)
        }
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func number(path: String) throws(SuiteError) -> JSONValue.Content {
        let position = position
        let start = index
        _ = skip(UInt8(ascii: "-"))
        let whole = take(while: isDigit)
        var valid = !whole.isEmpty && (whole == "0" || whole.first != "0")
        if skip(UInt8(ascii: ".")) { valid = !take(while: isDigit).isEmpty && valid }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            _ = skip(UInt8(ascii: "+")) || skip(UInt8(ascii: "-"))
            valid = !take(while: isDigit).isEmpty && valid
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard valid, let number = Double(text) else {
            throw problem("'\(text)' is no JSON number", at: position, path: path)
        }
        guard number.isFinite else { throw problem("\(text) is too large a number", at: position, path: path) }
        return .number(number, text: text)
    }

    // MARK: Strings

    private mutating func string(path: String) throws(SuiteError) -> String {
        let start = position
        index += 1
        var content: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw problem("this text is not valid UTF-8", at: start, path: path)
                }
                return text
            case UInt8(ascii: "\\"): content += Array(String(try escape(path: path)).utf8)
            case 0..<0x20: throw problem("\(shown(byte)) inside a text; is its closing quote missing?", path: path)
            default:
                content.append(byte)
                index += 1
            }
        }
        throw problem("this text has no closing quote", at: start, path: path)
    }

    /// One escape sequence, a pair of surrogates included.
    private mutating func escape(path: String) throws(SuiteError) -> Unicode.Scalar {
        let start = position
        index += 1
        guard let kind = peek else { throw problem("the file ends in a text", path: path) }
        index += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let unit = hexadecimalUnit() else {
                throw problem("\\u takes four hexadecimal digits", at: start, path: path)
            }
            if let scalar = Unicode.Scalar(unit) { return scalar }
            if UTF16.isLeadSurrogate(unit), skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")),
                let trail = hexadecimalUnit(), UTF16.isTrailSurrogate(trail)
            {
                return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
            }
            throw problem("half of a surrogate pair stands alone", at: start, path: path)
        default: throw problem("a backslash is followed by one of \" \\ / b f n r t u", at: start, path: path)
        }
    }

    private mutating func hexadecimalUnit() -> UInt16? {
        guard index + 4 <= bytes.count else { return nil }
        let digits = bytes[index..<index + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        index += 4
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    // MARK: Bytes and places

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func take(while condition: (UInt8) -> Bool) -> String {
        let start = index
        while let byte = peek, condition(byte) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func skipSpace() {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\n"):
                index += 1
                (line, lineStart) = (line + 1, index)
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): index += 1
            default: return
            }
        }
    }

    private mutating func skipByteOrderMark() throws(SuiteError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            (index, lineStart) = (3, 3)
        } else if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw problem("this file is UTF-16; save it as UTF-8")
        }
    }

    private var position: SourcePosition {
        let isScalarStart = { (byte: UInt8) in byte & 0xC0 != 0x80 }
        return SourcePosition(line: line, column: bytes[lineStart..<index].count(where: isScalarStart) + 1)
    }

    private var shownNext: String { peek.map(shown) ?? "the end of the file" }

    private func problem(_ message: String, at place: SourcePosition? = nil, path: String = "") -> SuiteError {
        .invalid([SuiteProblem(file: file, position: place ?? position, message: message, keyPath: path)])
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

/// ASCII letters: bit 5 is all that tells the cases apart.
private func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }

/// A byte as a reader sees it.
private func shown(_ byte: UInt8) -> String {
    switch byte {
    case 0x0A, 0x0D: "the end of the line"
    case 0x21...0x7E: "'\(Unicode.Scalar(byte))'"
    default: "byte 0x\(String(byte, radix: 16, uppercase: true))"
    }
}
