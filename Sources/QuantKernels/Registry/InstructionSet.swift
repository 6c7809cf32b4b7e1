internal import CKernels

/// An instruction set that micro-kernels are written for. Raw values are the C table's.
public enum InstructionSet: Int32, Sendable, CaseIterable, CustomStringConvertible {
    case scalar = 0
    case avx2 = 1
    case avxvnni = 2
    case avx512 = 3
    case avx512vnni = 4

    /// The name that `--isa` takes and records carry.
    public var description: String {
        switch self {
        case .scalar: "scalar"
        case .avx2: "avx2"
        case .avxvnni: "avxvnni"
        case .avx512: "avx512"
        case .avx512vnni: "avx512vnni"
        }
    }

    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = found
    }

    /// What `--isa` of this name allows: the set itself and the narrower ones that it stands on.
    public var including: FeatureSet {
        switch self {
        case .scalar: [.scalar]
        case .avx2: [.scalar, .avx2]
        case .avxvnni: [.scalar, .avx2, .avxvnni]
        case .avx512: [.scalar, .avx2, .avx512]
        case .avx512vnni: [.scalar, .avx2, .avx512, .avx512vnni, .ifma]
        }
    }
}

/// The instruction sets that kernels may be chosen from.
public struct FeatureSet: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let scalar = FeatureSet(.scalar)
    public static let avx2 = FeatureSet(.avx2)
    public static let avxvnni = FeatureSet(.avxvnni)
    public static let avx512 = FeatureSet(.avx512)
    public static let avx512vnni = FeatureSet(.avx512vnni)
    /// AVX512-IFMA: not a path of its own, but a shorter output stage for `avx512vnni` where the processor has it.
    public static let ifma = FeatureSet(rawValue: 1 << UInt32(CK_FEATURE_IFMA))

    public init(_ set: InstructionSet) { self.init(rawValue: 1 << UInt32(set.rawValue)) }

    /// What this processor and its operating system offer; detected once.
    public static let detected = FeatureSet(rawValue: ck_cpu_features())

    public func contains(_ set: InstructionSet) -> Bool { contains(FeatureSet(set)) }

    /// Narrowest first.
    public var sets: [InstructionSet] { InstructionSet.allCases.filter { contains($0) } }

    public var description: String { sets.map(\.description).joined(separator: ", ") }
}
