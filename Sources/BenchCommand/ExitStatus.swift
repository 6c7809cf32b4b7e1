/// Exit codes of `bench`, one meaning each (docs/measuring.md).
package enum ExitStatus: Int32, Sendable {
    case clean = 0
    case internalError = 1
    /// A flag, a suite, a checkpoint, a dataset, a results file that does not do.
    case usage = 2
    /// A requirement of the suite or of a flag is violated.
    case regression = 3
    /// A kernel disagrees with the reference, or accuracy is below its floor.
    case wrongNumbers = 4
    case countersUnavailable = 6
    case interrupted = 130
}

/// Ends a command with a message on stderr and an exit status.
struct Failure: Error {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus, _ message: String) { (self.status, self.message) = (status, message) }

    /// Runs `body`; whatever it throws becomes a failure of this status with the error's own message.
    static func wrap<Result>(_ status: ExitStatus, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let failure as Failure { throw failure } catch {
            throw Failure(status, "\(error)")
        }
    }
}
