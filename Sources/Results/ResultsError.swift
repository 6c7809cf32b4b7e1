import Glibc

/// What can go wrong with files of results. The description is the final message: file, place, remedy.
public enum ResultsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A system call failed while writing; `code` is its errno.
    case cannotWrite(file: String, action: String, code: Int32)
    case cannotRead(file: String, code: Int32)
    /// The file is there but is not what it should be. `place` is a line or a path of keys.
    case damaged(file: String, place: String, problem: String)
    case wrongVersion(file: String, found: Int, supported: Int)
    /// A record holds infinity or not-a-number, which JSON cannot.
    case notFinite(record: String, place: String)

    public var description: String {
        switch self {
        case .cannotWrite(let file, let action, let code):
            "\(file): cannot \(action): \(Self.text(code)). \(Self.remedy(writing: code))"
        case .cannotRead(let file, let code):
            "\(file): cannot read: \(Self.text(code)). Check the path and its permissions."
        case .damaged(let file, let place, let problem):
            "\(file): \(place): \(problem). The file is damaged or no file of results; run the suite again to make a new one."
        case .wrongVersion(let file, let found, let supported):
            "\(file): schema_version: \(found) is not supported, this program reads \(supported). "
                + (found > supported ? "Use a newer bench." : "Run the suite again.")
        case .notFinite(let record, let place):
            "record '\(record)': \(place) is infinite or not a number and cannot be recorded."
        }
    }

    private static func text(_ code: Int32) -> String {
        String(cString: strerror(code))
    }

    private static func remedy(writing code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "Free space there or name a place on another disk; what was already written is kept."
        case EACCES, EPERM, EROFS: "Name a place where you may write."
        case ENOENT, ENOTDIR: "Create its folder first."
        case EEXIST: "Name a file that does not exist yet, or move this one away."
        case EISDIR: "Name a file, not a folder."
        default: "Name another place."
        }
    }
}
