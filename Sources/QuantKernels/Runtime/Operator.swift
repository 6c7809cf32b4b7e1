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

    /// The next operator that reads weights, if there is one: its first ones may be fetched into the cache while this one ends.
    package unowned var upcoming: Operator?

    /// The packed weights that a thread will read, the first ones first; empty where there are none worth fetching early.
    package func weightsToCome(_ seat: Int, of threads: Int) -> UnsafeRawBufferPointer {
        WeightStream.nothing
    }

    public init(name: String, path: InstructionSet, outputCount: Int) {
        (self.name, self.path, self.outputCount) = (name, path, outputCount)
    }

    /// Does a part of the work, on the calling thread. Parts are disjoint and may run at the same time.
    open func run(_ part: Part) { preconditionFailure("\(name) does not run") }

    /// Into how many parts two or more threads should cut the work: a multiple of `threads`. More than one for each lets a thread that
    /// is held up, by another program or by memory, leave its rest to the others; a part should still take long
    /// against handing it out, which costs some tens of nanoseconds.
    open func parts(for threads: Int) -> Int { threads }

    /// As many parts for each thread, up to four, as there are `grains`: amounts of work that take some 10 µs.
    static func parts(for threads: Int, grains: Int) -> Int {
        threads * max(1, min(4, grains / threads))
    }

    /// The `part`-th of `parts` near-equal ranges of 0 ..< count.
    public static func share(_ count: Int, part: Int, of parts: Int) -> Range<Int> {
        count * part / parts..<count * (part + 1) / parts
    }
}
