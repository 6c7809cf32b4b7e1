internal import CKernels

/// Chooses micro-kernels from the C table: the best of a kind that a set of features allows. The set is a parameter, so
/// that tests and `--isa` can pass a smaller one than the processor's; a larger one is refused.
public struct KernelRegistry: Sendable {
    public let features: FeatureSet
    /// Names of micro-kernels that are taken before faster ones: tests reach every line of the table by it.
    private let preferred: Set<String>

    /// - Parameter features: intersected with what the processor has.
    public init(features: FeatureSet = .detected) {
        self.init(features: features, preferring: [])
    }

    /// - Parameter preferring: names of micro-kernels of the table; one that the features do not allow is not taken.
    package init(features: FeatureSet = .detected, preferring: Set<String>) {
        self.features = features.intersection(.detected).union(.scalar)
        preferred = preferring
    }

    /// - Throws: `KernelError.unavailable` if this processor lacks the instruction set.
    public init(forcing set: InstructionSet) throws(KernelError) {
        guard FeatureSet.detected.contains(set) else {
            throw .unavailable(set, detected: .detected)
        }
        self.init(features: set.including)
    }

    /// The table's entries of this build, whether this processor can run them or not.
    nonisolated(unsafe) static let table: [ck_kernel] = {
        var count = 0
        let first = ck_kernels(&count)
        return Array(UnsafeBufferPointer(start: first, count: count))
    }()

    /// The last entry of the kind, which the table orders by speed, that the features allow and `condition` accepts.
    func best(_ kind: Kind, where condition: (ck_kernel) -> Bool = { _ in true }) -> ck_kernel {
        let usable = Self.table.filter { $0.kind == kind.rawValue && features.contains($0.set) && condition($0) }
        // The portable table has an entry of every kind, without conditions on it.
        return usable.last { preferred.contains($0.title) } ?? usable.last!
    }

    enum Kind: Int32, CaseIterable {
        case integerProduct = 0
        case integerDepthwise = 1
        case output = 2
        case add = 3
        case floatProduct = 4
        case floatDepthwise = 5
        case integerCeiling = 6
        case floatCeiling = 7
        case floatAdd = 8
    }

    /// Name and instruction set of every micro-kernel, and whether these features allow it.
    public var listing: [(name: String, set: InstructionSet, usable: Bool)] {
        Self.table.map { (String(cString: $0.name), $0.set, features.contains($0.set)) }
    }

    /// The widest integer path, and the widest float one: what a ceiling is measured for.
    public var integerPath: InstructionSet { best(.integerProduct).set }
    public var floatPath: InstructionSet { best(.floatProduct).set }
}

extension ck_kernel {
    var set: InstructionSet { InstructionSet(rawValue: isa)! }
    var title: String { String(cString: name) }
}

/// What the kernel library refuses.
public enum KernelError: Error, Sendable, Equatable, CustomStringConvertible {
    case unavailable(InstructionSet, detected: FeatureSet)
    case shape(String)
    case unsupported(String)

    public var description: String {
        switch self {
        case .unavailable(let set, let detected):
            "this processor cannot run \(set): it offers \(detected)"
        case .shape(let message), .unsupported(let message): message
        }
    }
}
