/// Turns a parsed document into a `Suite`, collecting every problem on the way. Each method returns nil where it has
/// reported one; docs/suites.md is the reference of what is accepted.
struct SuiteDecoder {
    let file: String
    let catalogue: Catalogue
    private(set) var problems: [SuiteProblem] = []

    init(file: String, catalogue: Catalogue) { (self.file, self.catalogue) = (file, catalogue) }

    // MARK: Problems

    mutating func report(_ message: String, at value: JSONValue) {
        report(message, at: value.position, path: value.path)
    }

    mutating func report(_ message: String, at position: SourcePosition, path: String) {
        problems.append(SuiteProblem(file: file, position: position, message: message, keyPath: path))
    }

    /// Reports that `value` is not what its key takes: `threads 0: must be a whole number from 1 to 1024`.
    mutating func refuse(_ value: JSONValue, _ rule: String) {
        switch value.content {
        case .array, .object: report("\(value.label): \(rule), not \(value.summary)", at: value)
        default: report("\(value.label) \(value.summary): \(rule)", at: value)
        }
    }

    // MARK: Objects

    /// Checks that `value` is an object with no key but the known ones; an unknown key is reported, and the rest still read.
    ///
    /// - Parameter what: the object in words, such as "a network case".
    mutating func checkObject(_ value: JSONValue, known: [String], what: String) -> Bool {
        guard case .object(let members) = value.content else {
            refuse(value, "must be an object with the keys \(known.joined(separator: ", "))")
            return false
        }
        for member in members where !known.contains(member.key) {
            report(
                "unknown key '\(member.key)' in \(what); \(suggestion(for: member.key, among: known))",
                at: member.keyPosition, path: member.value.path)
        }
        return true
    }

    /// The value of a key that must be there.
    ///
    /// - Parameter example: what could stand there, as JSON.
    mutating func required(_ key: String, of object: JSONValue, example: String) -> JSONValue? {
        if let value = object[key] { return value }
        report("key '\(key)' is missing, such as \"\(key)\": \(example)", at: object)
        return nil
    }

    // MARK: Scalars

    mutating func string(_ value: JSONValue, example: String) -> String? {
        if case .string(let text) = value.content, !text.isEmpty { return text }
        refuse(value, "must be a text, such as \"\(example)\"")
        return nil
    }

    mutating func bool(_ value: JSONValue) -> Bool? {
        if case .bool(let bool) = value.content { return bool }
        refuse(value, "must be true or false")
        return nil
    }

    mutating func whole(_ value: JSONValue, in range: ClosedRange<Int>, rule: String? = nil) -> Int? {
        if case .number(let number, _) = value.content, let whole = Int(exactly: number), range.contains(whole) {
            return whole
        }
        refuse(value, rule ?? "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// A number above 0 and at most `maximum`.
    mutating func positive(_ value: JSONValue, atMost maximum: Double) -> Double? {
        if case .number(let number, _) = value.content, number > 0, number <= maximum { return number }
        refuse(value, "must be a number above 0 and at most \(maximum)")
        return nil
    }

    /// A number that fits.
    ///
    /// - Parameter rule: what fits, in words.
    mutating func number(_ value: JSONValue, _ rule: String, fits: (Double) -> Bool) -> Double? {
        if case .number(let number, _) = value.content, fits(number) { return number }
        refuse(value, "must be \(rule)")
        return nil
    }

    /// One of an enumeration's raw values.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ value: JSONValue, _ type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        if case .string(let text) = value.content, let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let start = names.dropLast().joined(separator: ", ")
        refuse(value, "must be \(start.isEmpty ? "" : "\(start) or ")\(names.last ?? "")")
        return nil
    }

    // MARK: Lists

    /// The elements of a list, or the value itself where a list of one is meant. An empty list is reported.
    mutating func elements(_ value: JSONValue) -> [JSONValue]? {
        guard case .array(let elements) = value.content else { return [value] }
        if elements.isEmpty {
            report("\(value.label) is an empty list: an axis needs at least one value", at: value)
            return nil
        }
        return elements
    }

    /// Every element by `decode`; nil if one of them failed, after all have been tried.
    mutating func list<Element>(
        _ value: JSONValue, _ decode: (inout SuiteDecoder, JSONValue) -> Element?
    ) -> [Element]? {
        guard let elements = elements(value) else { return nil }
        let decoded = elements.map { decode(&self, $0) }
        return decoded.contains { $0 == nil } ? nil : decoded.compactMap { $0 }
    }

    /// As `list`, with a default for an absent key.
    mutating func axis<Element>(
        _ key: String, of object: JSONValue, default value: Element,
        _ decode: (inout SuiteDecoder, JSONValue) -> Element?
    ) -> [Element]? {
        guard let axis = object[key] else { return [value] }
        return list(axis, decode)
    }
}
