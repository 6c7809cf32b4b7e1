/// A place in a text file; both count from 1, columns in Unicode scalars.
public struct SourcePosition: Hashable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) { (self.line, self.column) = (line, column) }
}

/// One thing that is wrong with a suite file: `suites/x.json:4:17: numerics 'w9c-a8': weight bits go from 2 to 8`.
public struct SuiteProblem: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    public let position: SourcePosition
    /// What is wrong and what would be right.
    public let message: String
    /// Where in the document, such as `cases[0].numerics[2]`; empty for the document itself.
    public let keyPath: String

    public var description: String {
        "\(file):\(position.line):\(position.column): \(message)" + (keyPath.isEmpty ? "" : " (at \(keyPath))")
    }
}

/// What this target refuses. Each description is the complete message.
public enum SuiteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(path: String, reason: String)
    /// The file is no valid suite; in the order of the file, never empty.
    case invalid([SuiteProblem])
    /// A numerics text that the grammar does not know.
    case numerics(text: String, reason: String)
    /// A duration without a unit, or out of bounds.
    case duration(text: String)
    /// Settings of the measurement that contradict each other.
    case measure(reason: String)
    /// A filter that is no regular expression.
    case filter(pattern: String, reason: String)
    /// A filter that no cell's name matches.
    case nothingMatches(pattern: String, cells: Int, example: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "suite '\(path)' cannot be read: \(reason)"
        case .invalid(let problems): problems.map(\.description).joined(separator: "\n")
        case .numerics(let text, let reason): "numerics '\(text)': \(reason)"
        case .duration(let text): "duration '\(text)': \(durationRule)"
        case .measure(let reason): reason
        case .filter(let pattern, let reason): "filter '\(pattern)' is no regular expression: \(reason)"
        case .nothingMatches(let pattern, let cells, let example):
            "filter '\(pattern)' matches none of the \(cells) cells; names look like '\(example)'"
        }
    }
}
