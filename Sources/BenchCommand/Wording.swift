internal import Foundation

/// `1 cell`, `2 cells`.
func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// Seconds below a minute as `12.5 s`, from there on as `1:05` or `2:03:04`.
func duration(_ seconds: Double) -> String {
    seconds < 59.95 ? String(format: "%.1f s", seconds) : ProgressLine.time(seconds)
}

/// A word for a shell: as it is where nothing in it means something, else in single quotes.
func shellQuoted(_ word: String) -> String {
    let plain =
        !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-,:+=".contains($0)) }
    return plain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
}
