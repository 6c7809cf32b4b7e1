/// What can be wrong with a checkpoint. The description is the final message: file, tensor where there is one, what is
/// wrong, remedy.
public struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Problem: Equatable, Sendable {
        // Files
        /// The operating system refused.
        case unreadable(reason: String)
        case unwritable(reason: String)
        // The header
        case truncatedHeader(length: Int, available: Int)
        case headerTooLarge(length: UInt64)
        /// Not the JSON object that safetensors asks for.
        case malformedHeader(reason: String)
        case duplicateName
        case wrongType(String)
        case shapeOverflow([Int])
        // The data
        case sizeMismatch(shape: [Int], type: String, expected: Int, found: Int)
        case offsetsOutOfRange(begin: Int, end: Int, available: Int)
        /// The tensor does not start where the one before it ends, at `expected`.
        case overlapOrGap(begin: Int, expected: Int)
        case trailingBytes(Int)
        case notFinite(index: Int, value: Float)
        /// A finite value beyond ±65504 cannot be stored as F16.
        case beyondHalfPrecision(index: Int, value: Float)
        /// A name that safetensors reserves.
        case reservedName
        // Against a network
        case missingTensor(network: String, shape: [Int])
        case unexpectedTensor(network: String, shape: [Int])
        case wrongShape(network: String, expected: [Int], found: [Int])
        /// An activation range whose ends stand in the wrong order.
        case notARange(Float, Float)
        // The store
        case notFound(network: String, searched: [String], command: String?)
    }

    /// The checkpoint's file; `checkpoint` for one that was never in a file.
    public var file: String
    public var tensor: String?
    public var problem: Problem

    public init(file: String, tensor: String? = nil, problem: Problem) {
        (self.file, self.tensor, self.problem) = (file, tensor, problem)
    }

    public var description: String {
        let place = tensor.map { "\(file): tensor '\($0)'" } ?? file
        let (text, remedy) = message
        return "\(place): \(text); \(remedy)"
    }

    private var message: (text: String, remedy: String) {
        switch problem {
        case .unreadable(let reason): ("cannot be read (\(reason))", "check the path and its permissions")
        case .unwritable(let reason):
            (
                "cannot be written (\(reason))",
                "check the directory's permissions and the free space; nothing was replaced"
            )
        case .truncatedHeader(let length, let available):
            ("the header needs \(length) bytes, the file has \(available)", Self.again)
        case .headerTooLarge(let length):
            ("a header of \(length) bytes is longer than safetensors allows (100000000)", Self.format)
        case .malformedHeader(let reason): ("the header is malformed: \(reason)", Self.format)
        case .duplicateName: ("the name occurs twice in the header", Self.format)
        case .wrongType(let type): ("type \(type) is not supported", "save the tensor as F32 or F16")
        case .shapeOverflow(let shape): ("shape \(shape) has too many elements", Self.format)
        case .sizeMismatch(let shape, let type, let expected, let found):
            ("shape \(shape) of \(type) takes \(expected) bytes, its offsets span \(found)", Self.format)
        case .offsetsOutOfRange(let begin, let end, let available):
            ("offsets \(begin) to \(end) lie outside the \(available) bytes of data", Self.again)
        case .overlapOrGap(let begin, let expected):
            ("its data begins at \(begin), the data before it ends at \(expected)", Self.format)
        case .trailingBytes(let count): ("\(count) bytes of data belong to no tensor", Self.again)
        case .notFinite(let index, let value):
            ("element \(index) is \(value)", "train again with a smaller learning rate, or take an earlier checkpoint")
        case .beyondHalfPrecision(let index, let value):
            ("element \(index) is \(value), F16 ends at 65504", "save it as F32")
        case .reservedName: ("the name is reserved by safetensors", "rename the tensor")
        case .missingTensor(let network, let shape):
            ("missing; \(network) needs it with shape \(shape)", Self.other)
        case .unexpectedTensor(let network, let shape):
            ("\(network) has no such tensor (its shape here is \(shape))", Self.other)
        case .wrongShape(let network, let expected, let found):
            ("its shape is \(found), \(network) needs \(expected)", Self.other)
        case .notARange(let low, let high):
            ("\(low) … \(high) is no range", "train again with --qat, or take an earlier checkpoint")
        case .notFound(let network, let searched, let command):
            (
                "no checkpoint of \(network) (searched \(searched.joined(separator: ", ")))",
                command.map { "make it with `\($0)`, or name its directory in BENCH_CHECKPOINTS" }
                    ?? "this network is not trained here: name a directory that has one in BENCH_CHECKPOINTS"
            )
        }
    }

    private static let again = "the file is damaged: copy or train it again"
    private static let format = "the file is damaged or not safetensors: save it again with a safetensors library"
    private static let other = "use the checkpoint of this network, width and resolution, or train it"
}
