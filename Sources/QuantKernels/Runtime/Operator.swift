/// A prepared operator: weights packed, buffers bound, ready to run any number of times without allocating.
///
/// A class and not a closure or an existential: the timed loop makes one virtual call per operator and thread.
open class Operator: @unchecked Sendable {
    public let name: String
    /// The instruction set that its micro-kernel was really written for.
    public let path: InstructionSet
    /// The sets whose calls it counts: of each operator that it is made of.
    package var paths: [InstructionSet] { [path] }
    /// Names of the micro-kernels that it calls, as the kernel table has them.
    package internal(set) var microKernels: [String] = []
    /// Bytes of packed weights and per-channel constants.
    public internal(set) var packedBytes = 0
    /// Elements of the output tensor.
    public let outputCount: Int

    public init(name: String, path: InstructionSet, outputCount: Int) {
        (self.name, self.path, self.outputCount) = (name, path, outputCount)
    }

    /// Does part `part` of `parts` of the work, on the calling thread. Parts are disjoint and may run at the same time.
    open func run(part: Int, of parts: Int) { preconditionFailure("\(name) does not run") }

    /// The `part`-th of `parts` near-equal ranges of 0 ..< count.
    public static func share(_ count: Int, part: Int, of parts: Int) -> Range<Int> {
        count * part / parts..<count * (part + 1) / parts
    }
}
