extension String {
    /// The number of terminal columns this text takes: 2 for wide East Asian characters and emoji, 0 for control
    /// characters, 1 otherwise. Combining marks belong to their character.
    var displayWidth: Int {
        reduce(0) { $0 + $1.displayWidth }
    }

    /// Filled up with spaces to `width` columns, on the left for numbers.
    func padded(to width: Int, onLeft: Bool) -> String {
        let fill = String(repeating: " ", count: max(0, width - displayWidth))
        return onLeft ? fill + self : self + fill
    }

    /// Broken at spaces into lines of at most `width` columns; a longer word is cut. At least one line.
    func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, last.displayWidth + 1 + String(word).displayWidth <= width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word).truncated(to: width))
            }
        }
        return lines.isEmpty ? [""] : lines
    }

    /// Up to its first comma or colon.
    var firstClause: String { String(prefix { $0 != "," && $0 != ":" }) }

    /// Cut to `width` columns, the last of them an ellipsis; unchanged if it fits.
    func truncated(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var text = ""
        var used = 0
        for character in self {
            guard used + character.displayWidth <= width - 1 else { break }
            text.append(character)
            used += character.displayWidth
        }
        return width > 0 ? text + "…" : ""
    }
}

extension Character {
    fileprivate var displayWidth: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if first.properties.generalCategory == .control { return 0 }
        return Self.wide.contains { $0.contains(first.value) } || first.properties.isEmojiPresentation ? 2 : 1
    }

    /// The blocks that Unicode's East Asian Width calls wide or full-width.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
    ]
}
