/// The small text files below /proc and /sys by which Linux tells about itself.
package struct SystemTree: Sendable {
    private let root: String

    /// - Parameter root: where /proc and /sys are looked for; tests pass a folder of their own.
    package init(root: String = "/") {
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// The file's text without surrounding white space; nil if there is none to read.
    package func text(_ path: String) -> String? {
        guard let bytes = try? SystemFile.read(root + path) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).trimmed
        return text.isEmpty ? nil : text
    }

    /// Names in a folder, sorted; empty if it cannot be read.
    package func entries(_ path: String) -> [String] { SystemFile.entries(root + path) }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
