/// What ends a run before or while it measures. The command maps `kind` to an exit code.
public struct RunnerError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The suite, a checkpoint, a dataset or a flag asks for what cannot be.
        case input
        /// Results cannot be written, or something inside failed.
        case failure
        /// A kernel disagrees with the reference.
        case wrongNumbers
        case countersUnavailable
    }

    public var kind: Kind
    public var message: String
    public var description: String { message }

    public init(_ kind: Kind, _ message: String) { (self.kind, self.message) = (kind, message) }

    /// Runs `body`; what it throws becomes an error of this kind with its own message behind `context`.
    static func wrap<Result>(_ kind: Kind, _ context: String = "", _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as RunnerError { throw error } catch {
            throw RunnerError(kind, context.isEmpty ? "\(error)" : "\(context): \(error)")
        }
    }
}
