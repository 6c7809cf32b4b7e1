import CKernels
import QuantKernels
import Testing

/// One line of the C table, as the tests see it.
struct TableEntry: Sendable {
    let name: String
    let kind: Int32
    let set: InstructionSet

    static let all: [TableEntry] = {
        var count = 0
        let first = ck_kernels(&count)
        return UnsafeBufferPointer(start: first, count: count).map {
            TableEntry(name: String(cString: $0.name), kind: $0.kind, set: InstructionSet(rawValue: $0.isa)!)
        }
    }()

    static func of(_ kinds: [Int]) -> [TableEntry] { all.filter { kinds.contains(Int($0.kind)) } }
    var isUsable: Bool { FeatureSet.detected.contains(set) }
}

/// A registry under test: every instruction set of this processor, forced, and every micro-kernel of the table that is
/// not the first choice of any of them, preferred by name.
struct KernelVariant: CustomStringConvertible, Sendable {
    let description: String
    let registry: KernelRegistry

    /// Every instruction set, and the widest one without AVX512-IFMA where the processor has that.
    static func paths() throws -> [KernelVariant] {
        var paths = try FeatureSet.detected.sets.map {
            KernelVariant(description: "\($0)", registry: try KernelRegistry(forcing: $0))
        }
        if FeatureSet.detected.contains(.ifma) {
            let registry = KernelRegistry(features: .detected.subtracting(.ifma))
            paths.append(KernelVariant(description: "\(registry.integerPath) without IFMA", registry: registry))
        } else {
            print("AVX512-IFMA: skipped, this processor does not offer it")
        }
        return paths
    }

    static func all(_ kinds: [Int]) throws -> [KernelVariant] {
        var variants = try paths()
        var chosen: Set<String> = []
        for set in FeatureSet.detected.sets {
            for kind in kinds {
                chosen.insert(TableEntry.of([kind]).last { set.including.contains($0.set) }!.name)
            }
        }
        for entry in TableEntry.of(kinds) where entry.isUsable && !chosen.contains(entry.name) {
            variants.append(
                KernelVariant(description: entry.name, registry: KernelRegistry(preferring: [entry.name])))
        }
        return variants
    }
}

/// Which micro-kernels operators have really called.
struct Coverage {
    private(set) var kernels: Set<String> = []

    mutating func add(_ operation: Operator) { kernels.formUnion(operation.microKernels) }

    /// Prints what was covered and what was skipped, and fails for a kernel that this processor can run and no operator
    /// called.
    func expectComplete(_ kinds: [Int], sourceLocation: SourceLocation = #_sourceLocation) {
        for entry in TableEntry.of(kinds) {
            if kernels.contains(entry.name) {
                print("covered \(entry.name)")
            } else if entry.isUsable {
                Issue.record("\(entry.name) runs on this processor and was not covered", sourceLocation: sourceLocation)
            } else {
                print("skipped \(entry.name): this processor has no \(entry.set)")
            }
        }
    }
}

enum Kinds {
    static let product = [Int(CK_INT_GEMM), Int(CK_INT_OUTPUT)]
    static let depthwise = [Int(CK_INT_DEPTHWISE), Int(CK_INT_OUTPUT)]
    static let add = [Int(CK_INT_ADD)]
    static let floatProduct = [Int(CK_FLOAT_GEMM)]
    static let floatDepthwise = [Int(CK_FLOAT_DEPTHWISE)]
    static let floatAdd = [Int(CK_FLOAT_ADD)]
    static let ceilings = [Int(CK_INT_CEILING), Int(CK_FLOAT_CEILING)]
}

/// Runs all parts on the calling thread, the last one first: parts must not depend on each other. Keeps the buffers that
/// the operator is bound to alive meanwhile, and fails if something was written beside them.
func runParts(
    _ operation: Operator, _ parts: Int, _ buffers: GuardedBuffer..., sourceLocation: SourceLocation = #_sourceLocation
) {
    for part in (0..<parts).reversed() { operation.run(Part(part, of: parts)) }
    for buffer in buffers where !buffer.canariesAreIntact {
        Issue.record("\(operation.name) wrote beside a buffer of \(buffer.count) bytes", sourceLocation: sourceLocation)
    }
}

/// Fails with the first difference instead of two long arrays.
func expectEqual<Element: Equatable>(
    _ actual: [Element], _ expected: [Element], _ context: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if actual == expected { return }
    guard actual.count == expected.count else {
        Issue.record("\(actual.count) elements, not \(expected.count): \(context())", sourceLocation: sourceLocation)
        return
    }
    let wrong = actual.indices.filter { actual[$0] != expected[$0] }
    let first = wrong[0]
    Issue.record(
        """
        \(wrong.count) of \(actual.count) elements differ, the first at \(first): \(actual[first]), \
        not \(expected[first]): \(context())
        """, sourceLocation: sourceLocation)
}
