internal import Foundation

/// One line on a terminal's stderr that is written over; nothing off a terminal, or a line now and then if asked to.
final class ProgressLine {
    enum Style {
        case none
        /// Rewrites its line.
        case terminal
    }

    private let style: Style
    private var last = ContinuousClock.now - .seconds(1)
    private var shown = false

    /// - Parameter enabled: false for `--quiet` and `--no-progress`.
    init(enabled: Bool) { style = enabled && Console.stderrIsTerminal ? .terminal : .none }

    /// Shows `text` if a tenth of a second has passed since the last time, or `force`.
    func show(_ text: @autoclosure () -> String, force: Bool = false) {
        guard style == .terminal, force || ContinuousClock.now - last > .milliseconds(100) else { return }
        last = .now
        shown = true
        let line = text().prefix(max(Console.width - 1, 20))
        Console.write("\r\u{1b}[2K\(line)")
    }

    /// Removes the line, so that other output starts in the first column.
    func clear() {
        guard shown else { return }
        shown = false
        Console.write("\r\u{1b}[2K")
    }

    /// `[#####.....]` for a share of 0…1.
    static func bar(_ share: Double, width: Int = 24) -> String {
        let filled = Int((min(max(share, 0), 1) * Double(width)).rounded(.down))
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
    }

    /// `1:05` or `2:03:04`.
    static func time(_ seconds: Double) -> String {
        let total = Int(max(0, seconds).rounded())
        let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
    }
}
