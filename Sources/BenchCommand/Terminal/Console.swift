internal import Foundation

/// stdout carries data, stderr everything that is said about them.
enum Console {
    /// A message, prefixed as errors are.
    static func error(_ message: String) { write("bench: \(message)\n") }

    static func warning(_ message: String) { write("bench: warning: \(message)\n") }

    static func note(_ message: String) { write(message + "\n") }

    /// Writes to stderr behind everything that was printed before: where both streams go to one file, lines keep their order.
    static func write(_ text: String) {
        fflush(nil)
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    static var stderrIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var stdoutIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the terminal behind stderr, or 80.
    static var width: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
