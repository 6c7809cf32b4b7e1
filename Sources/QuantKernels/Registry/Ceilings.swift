internal import CKernels

/// Loops that do nothing but multiply-accumulate in registers: what a percent of ceiling is a percent of.
public struct CeilingLoop: Sendable {
    public let name: String
    public let path: InstructionSet
    private let function: ck_ceiling_fn

    /// For the instruction set that the registry's integer products run on.
    public static func integer(_ registry: KernelRegistry) -> CeilingLoop {
        CeilingLoop(registry.best(.integerCeiling) { $0.isa <= registry.integerPath.rawValue })
    }

    /// For the instruction set that the registry's float products run on.
    public static func float(_ registry: KernelRegistry) -> CeilingLoop { CeilingLoop(registry.best(.floatCeiling)) }

    private init(_ kernel: ck_kernel) {
        (name, path, function) = (kernel.title, kernel.set, kernel.ceiling!)
    }

    /// Runs `iterations` rounds; returns the multiply-accumulates that were done.
    public func run(iterations: UInt64) -> UInt64 { function(iterations) }
}

/// Reads `buffer` once, front to back, 64 bytes at a time: the memory ceiling. Returns the bytes read.
public func readStream(_ buffer: AlignedBuffer, from start: Int, count: Int) -> Int {
    precondition(start >= 0 && start + count <= buffer.count)
    let sum = ck_read_stream(
        (buffer.base + start).assumingMemoryBound(to: UInt8.self), count)
    withExtendedLifetime(sum) {}
    return count / 64 * 64
}
