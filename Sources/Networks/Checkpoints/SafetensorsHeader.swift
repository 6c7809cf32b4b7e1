/// The JSON header of a safetensors file: an entry for each tensor, and `__metadata__` with free text.
struct SafetensorsHeader {
    struct Entry {
        var type: String
        var shape: [Int]
        /// First byte of the tensor's data and the byte after its last, counted from the end of the header.
        var begin: Int
        var end: Int
    }

    var entries: [String: Entry] = [:]
    var metadata: [String: String] = [:]

    /// The key that names no tensor.
    static let metadataKey = "__metadata__"
    /// Longest header that the format allows, in bytes.
    static let maximumLength = 100_000_000
    /// Bytes of the number before the header: its length.
    static let prefixLength = 8
}

extension SafetensorsHeader {
    /// Parses the header's text; anything that the format does not have is an error.
    init(parsing text: ArraySlice<UInt8>, file: String) throws(CheckpointError) {
        guard String(validating: text, as: UTF8.self) != nil else {
            throw CheckpointError(file: file, problem: .malformedHeader(reason: "it is not UTF-8"))
        }
        var parser = HeaderParser(text: text, file: file)
        // Only the end of the header may be padded.
        guard text.first == UInt8(ascii: "{") else { throw parser.unexpected("'{' as the first byte") }
        var (entries, metadata): ([String: Entry], [String: String]) = ([:], [:])
        try parser.object { parser, name throws(CheckpointError) in
            if name == Self.metadataKey {
                try parser.object { parser, key throws(CheckpointError) in metadata[key] = try parser.string() }
            } else {
                parser.tensor = name
                entries[name] = try parser.entry()
                parser.tensor = nil
            }
        }
        try parser.finish()
        (self.entries, self.metadata) = (entries, metadata)
    }

    /// The header's text, entries in the order of `names`.
    func text(order names: [String]) -> String {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
            members.append("\(Self.quoted(Self.metadataKey)):{\(pairs.joined(separator: ","))}")
        }
        for name in names {
            guard let entry = entries[name] else { continue }
            let shape = entry.shape.map(String.init).joined(separator: ",")
            members.append(
                """
                \(Self.quoted(name)):{"dtype":"\(entry.type)","shape":[\(shape)],\
                "data_offsets":[\(entry.begin),\(entry.end)]}
                """)
        }
        return "{\(members.joined(separator: ","))}"
    }

    /// A JSON string: quotes, backslashes and control characters are escaped (RFC 8259, section 7).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension HeaderParser {
    /// `{"dtype": …, "shape": […], "data_offsets": [begin, end]}`, keys in any order, each once.
    fileprivate mutating func entry() throws(CheckpointError) -> SafetensorsHeader.Entry {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
        try object { parser, key throws(CheckpointError) in
            switch key {
            case "dtype": type = try parser.string()
            case "shape": shape = try parser.numbers()
            case "data_offsets": offsets = try parser.numbers()
            default: throw parser.malformed("unknown key '\(key)'")
            }
        }
        guard let type, let shape, let offsets else {
            throw malformed("an entry needs dtype, shape and data_offsets")
        }
        guard offsets.count == 2 else { throw malformed("data_offsets are \(offsets.count) numbers, not 2") }
        return SafetensorsHeader.Entry(type: type, shape: shape, begin: offsets[0], end: offsets[1])
    }
}
