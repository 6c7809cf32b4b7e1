/// What can go wrong in `Counters` and its sources, with the final message as `description`.
///
/// A counter that is missing is *not* an error: it is a reading that carries its reason.
public enum CounterError: Error, Equatable, CustomStringConvertible {
    /// A counter group's file is malformed at a line and column, both counted from 1.
    case group(file: String, line: Int, column: Int, problem: String)
    /// A file or folder of counter groups cannot be read.
    case unreadable(path: String, problem: String)
    /// No group has the name that was asked for.
    case unknownGroup(name: String, known: [String])
    /// Software-defined events cannot be registered.
    case registration(library: String, problem: String)

    public var description: String {
        switch self {
        case .group(let file, let line, let column, let problem):
            "\(file):\(line):\(column): \(problem)"
        case .unreadable(let path, let problem):
            "\(path): \(problem)"
        case .unknownGroup(let name, let known):
            "no counter group '\(name)'; there are: \(known.joined(separator: ", "))"
        case .registration(let library, let problem):
            "software-defined events of '\(library)': \(problem)"
        }
    }
}
