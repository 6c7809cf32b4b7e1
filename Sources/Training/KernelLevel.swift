import CKernels

/// An instruction set that the training kernels are compiled for.
public struct KernelLevel: Sendable, Equatable {
    /// 0 baseline, 1 AVX2 + FMA, 2 AVX-512.
    public let level: Int
    public let name: String

    /// What runs if at most `level` is allowed.
    public static func chosen(_ level: Int) -> KernelLevel {
        let table = ck_training_kernels(Int32(clamping: level)).pointee
        return KernelLevel(level: Int(table.level), name: String(cString: table.name))
    }

    /// All that this processor runs, lowest first.
    public static var available: [KernelLevel] { (0...2).map(chosen).enumerated().filter { $0 == $1.level }.map(\.1) }
}
