/// A value of a JSON document that knows where it stands, so that an error can name the place.
package struct JSONValue: Sendable {
    package enum Content: Sendable {
        case null
        case bool(Bool)
        /// The number and how it is spelled.
        case number(Double, text: String)
        case string(String)
        case array([JSONValue])
        /// In the order of the file; keys are unique.
        case object([Member])
    }

    package struct Member: Sendable {
        package let key: String
        package let keyPosition: SourcePosition
        package let value: JSONValue
    }

    package let content: Content
    package let position: SourcePosition
    /// From the root, such as `cases[0].threads[1]`; empty for the root.
    package let path: String

    /// The value of this key of an object; nil where there is none.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The innermost key that leads here: `threads` for `cases[0].threads[1]`.
    package var label: String {
        let last = path.split(separator: ".").last ?? "the suite"
        return String(last.prefix { $0 != "[" })
    }

    /// The value in a few words, for messages.
    package var summary: String {
        switch content {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(_, let text): text
        case .string(let text): "'\(text)'"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
