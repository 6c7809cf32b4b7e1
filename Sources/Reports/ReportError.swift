/// What can go wrong with rendering. The description is the final message: file, place, remedy.
public enum ReportError: Error, Sendable, Equatable, CustomStringConvertible {
    case templateMissing(name: String, usedBy: String?, searched: [String])
    case templateUnreadable(file: String)
    /// The template's text is not Mustache.
    case templateSyntax(file: String, line: Int, column: Int, problem: String)
    /// The template names values that a report does not have.
    case templateUnknownNames(file: String, names: [String], known: [String])
    /// The results were measured with a debug build.
    case debugBuild

    public var description: String {
        switch self {
        case .templateMissing(let name, let usedBy, let searched):
            "\(name).mustache: no such template\(usedBy.map { " (wanted by \($0))" } ?? ""); looked in "
                + (searched.isEmpty ? "no folder" : searched.joined(separator: ", "))
                + ". Install bench with its report-templates folder, or name the folder that has it."
        case .templateUnreadable(let file):
            "\(file): cannot read this template as UTF-8 text. Check its permissions and its encoding."
        case .templateSyntax(let file, let line, let column, let problem):
            "\(file): line \(line), column \(column): \(problem). Correct the template."
        case .templateUnknownNames(let file, let names, let known):
            "\(file): a report has no \(names.map { "'\($0)'" }.joined(separator: ", ")). "
                + "Correct the template; at the top level there are: \(known.joined(separator: ", "))."
        case .debugBuild:
            "context.build_configuration: these results were measured with a debug build, whose times mean nothing. "
                + "Build with -c release and run the suite again."
        }
    }
}
