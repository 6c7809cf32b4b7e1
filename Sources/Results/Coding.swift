import Foundation

/// JSON as results use it: sorted keys, so that the same record is always the same text.
package enum Coding {
    /// One line, no line break at its end.
    package static func line<Value: Encodable>(_ value: Value, of record: String) throws(ResultsError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch EncodingError.invalidValue(_, let context) {
            throw .notFinite(record: record, place: place(context.codingPath))
        } catch {
            throw .notFinite(record: record, place: "\(error)")
        }
    }

    /// - Parameter line: the line of the file that these bytes are; nil if they are the whole file.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>, file: String, line: Int? = nil
    ) throws(ResultsError) -> Value {
        let data = Data(bytes)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            let (path, problem) = syntaxError(in: data, firstLine: line ?? 1) ?? explain(error, line: line)
            throw .damaged(file: file, place: path.isEmpty ? "top level" : path, problem: problem)
        } catch {
            throw .damaged(file: file, place: line.map { "line \($0)" } ?? "top level", problem: "\(error)")
        }
    }

    /// Where text is not JSON at all: JSONDecoder does not say, JSONSerialization counts the bytes before it.
    private static func syntaxError(in data: Data, firstLine: Int) -> (place: String, problem: String)? {
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            return nil
        } catch {
            let message = (error as NSError).userInfo["NSDebugDescription"] as? String ?? "\(error)"
            let numbers = message.split { !$0.isNumber }.compactMap { Int($0) }
            guard let offset = numbers.last else { return ("at its end", "the JSON text is cut off") }
            let before = data.prefix(offset)
            let line = before.count { $0 == UInt8(ascii: "\n") } + firstLine
            let column = offset - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0) + 1
            return ("line \(line), column \(column)", "this is not JSON")
        }
    }

    private static func explain(_ error: DecodingError, line: Int?) -> (place: String, problem: String) {
        let place = { (path: [any CodingKey]) in
            [line.map { "line \($0)" } ?? "", Self.place(path)].filter { !$0.isEmpty }.joined(separator: ", ")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return (place(context.codingPath), "'\(key.stringValue)' is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return (place(context.codingPath), sentence(context.debugDescription))
        @unknown default:
            return (place([]), "\(error)")
        }
    }

    /// `benchmarks[3].latency_ns.median`
    private static func place(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    private static func sentence(_ text: String) -> String {
        text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

/// The first thing read of any file of results.
package struct SchemaVersion: Codable {
    package static let current = 1
    package let version: Int

    package init() {
        version = Self.current
    }

    /// Looks at the version alone, so that a file of another version is refused by its version, not by a field.
    package static func check(_ bytes: some Sequence<UInt8>, file: String, line: Int? = nil) throws(ResultsError) {
        let found = try Coding.decode(SchemaVersion.self, from: bytes, file: file, line: line).version
        guard found == current else { throw .wrongVersion(file: file, found: found, supported: current) }
    }

    enum CodingKeys: String, CodingKey { case version = "schema_version" }
}
