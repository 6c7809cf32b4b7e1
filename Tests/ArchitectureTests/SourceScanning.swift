/// An `import` statement of a Swift file.
struct ImportStatement: Equatable {
    var module: String
    var line: Int
    /// The conditions of the `#if` blocks around it, outermost first; an `#else` branch negates its condition.
    var conditions: [String] = []
}

/// Every `import` of a Swift file: with attributes, access level and kind of declaration, inside `#if` or not.
func imports(ofSwift source: String) -> [ImportStatement] {
    let statement =
        /^(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|actor|protocol|func|var|let|typealias)\s+)?(\w+)/
    var found: [ImportStatement] = []
    var conditions: [String] = []
    for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let text = line.drop { $0 == " " || $0 == "\t" }
        if text.hasPrefix("#if ") {
            conditions.append(String(text.dropFirst(4)))
        } else if text.hasPrefix("#elseif ") {
            conditions.removeLast()
            conditions.append(String(text.dropFirst(8)))
        } else if text.hasPrefix("#else"), let condition = conditions.popLast() {
            conditions.append("!(\(condition))")
        } else if text.hasPrefix("#endif") {
            _ = conditions.popLast()
        }
        for part in text.split(separator: ";") {
            if let match = part.drop(while: { $0 == " " }).prefixMatch(of: statement) {
                found.append(ImportStatement(module: String(match.1), line: index + 1, conditions: conditions))
            }
        }
    }
    return found
}

/// The files that a C source includes, as they are written, and the lines.
func includes(ofC source: String) -> [(header: String, line: Int)] {
    source.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
        line.firstMatch(of: /^\s*#\s*(?:include|import)\s*["<]([^">]+)[">]/).map { (String($0.1), index + 1) }
    }
}

/// The targets of a package manifest, tests aside, each with the names in its `dependencies` that are `known`.
///
/// The manifest is read as text, each target beginning at an indentation of eight as swift-format sets it.
func manifestTargets(_ manifest: String, known: Set<String>) -> [String: Set<String>] {
    var targets: [String: Set<String>] = [:]
    var block = ""
    func finish() {
        guard let head = block.firstMatch(of: /^ {8}\.(?:target|systemLibrary|executableTarget)\(\s*name: "(\w+)"/)
        else { return }
        // What only tests use lies in their folder and is exempt, as they are.
        guard !block.contains("path: \"Tests/") else { return }
        let rest = block[head.range.upperBound...].replacing(/\.product\([^)]*\)/, with: "")
        targets[String(head.1)] = Set(rest.matches(of: /"(\w+)"/).map { String($0.1) }).intersection(known)
    }
    for line in manifest.split(separator: "\n", omittingEmptySubsequences: false) {
        let code = line.drop { $0 == " " }.hasPrefix("//") ? "" : line
        if code.hasPrefix("        .") {
            finish()
            block = ""
        }
        block += code + "\n"
    }
    finish()
    return targets
}
