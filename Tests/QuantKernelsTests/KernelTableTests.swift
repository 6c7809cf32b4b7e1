import CKernels
import Glibc
import QuantKernels
import Testing

/// The table, its choice by instruction set, and that no path of this processor escapes the other tests.
@Suite struct KernelTableTests {
    /// The tests' kinds together are the whole table: a new kind of kernel needs tests before this passes.
    @Test func everyKindIsTested() {
        let tested = Set(
            Kinds.product + Kinds.depthwise + Kinds.add + Kinds.floatProduct + Kinds.floatDepthwise + Kinds.floatAdd
                + Kinds.ceilings)
        for entry in TableEntry.all { #expect(tested.contains(Int(entry.kind)), "\(entry.name)") }
    }

    @Test func namesAreUniqueAndEndWithTheirInstructionSet() {
        #expect(Set(TableEntry.all.map(\.name)).count == TableEntry.all.count)
        for entry in TableEntry.all { #expect(entry.name.hasSuffix("__\(entry.set)"), "\(entry.name)") }
        #expect(KernelRegistry().listing.map(\.name) == TableEntry.all.map(\.name))
    }

    /// Detection against the operating system's view: a path that this processor offers must be among those tested.
    @Test func detectionAgreesWithTheSystem() throws {
        guard let flags = processorFlags() else {
            print("skipped: /proc/cpuinfo lists no x86 flags")
            return
        }
        func all(_ names: String...) -> Bool { names.allSatisfy { flags.contains(Substring($0)) } }
        var expected: FeatureSet = [.scalar]
        let avx2 = all("avx2", "fma")
        let avx512 = avx2 && all("avx512f", "avx512bw", "avx512dq", "avx512vl")
        if avx2 { expected.insert(.avx2) }
        if avx2 && all("avx_vnni") { expected.insert(.avxvnni) }
        if avx512 { expected.insert(.avx512) }
        if avx512 && all("avx512_vnni") { expected.insert(.avx512vnni) }
        if avx512 && all("avx512ifma") { expected.insert(.ifma) }
        #expect(FeatureSet.detected == expected)

        let variants = try KernelVariant.all(Kinds.product)
        for set in InstructionSet.allCases {
            if expected.contains(set) {
                #expect(variants.contains { $0.description == "\(set)" }, "\(set) is offered and not tested")
                print("path \(set): tested")
            } else {
                print("path \(set): skipped, this processor does not offer it")
            }
        }
    }

    private func processorFlags() -> Set<Substring>? {
        guard let file = fopen("/proc/cpuinfo", "r") else { return nil }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, file) > 0 {
            let text = String(cString: line!)
            if text.hasPrefix("flags") { return Set(text.split { " \t\n:".contains($0) }) }
        }
        return nil
    }

    @Test func forcingNarrows() throws {
        for set in FeatureSet.detected.sets {
            let registry = try KernelRegistry(forcing: set)
            for entry in registry.listing where entry.usable { #expect(set.including.contains(entry.set)) }
        }
        for set in InstructionSet.allCases where !FeatureSet.detected.contains(set) {
            #expect(throws: KernelError.unavailable(set, detected: .detected)) { try KernelRegistry(forcing: set) }
        }
        #expect(KernelRegistry(features: []).features == .scalar)
        #expect(KernelRegistry(features: FeatureSet(rawValue: .max)).features == .detected)
        #expect(try KernelRegistry(forcing: .scalar).integerPath == .scalar)
        #expect(InstructionSet(name: "avx512vnni") == .avx512vnni)
        #expect(InstructionSet(name: "avx9") == nil)
    }

    /// A ceiling's loop reports work in proportion to its rounds, on the path of the kernels that it is the ceiling of.
    @Test func ceilings() throws {
        for set in FeatureSet.detected.sets {
            let registry = try KernelRegistry(forcing: set)
            let integer = CeilingLoop.integer(registry)
            let float = CeilingLoop.float(registry)
            #expect(integer.path == registry.integerPath && float.path == registry.floatPath)
            for loop in [integer, float] {
                let macs = loop.run(iterations: 1)
                #expect(macs > 0 && loop.run(iterations: 1000) == 1000 * macs, "\(loop.name)")
            }
        }
    }

    /// The guard pages trap: without this, a test between them could not fail.
    @Test func guardPagesTrap() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let buffer = GuardedBuffer(count: 5, .endsAtGuard)
            (buffer.base + 5).storeBytes(of: 1, as: UInt8.self)
            _ = buffer.canariesAreIntact
        }
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let buffer = GuardedBuffer(count: 5, .beginsAtGuard)
            (buffer.base - 1).storeBytes(of: 1, as: UInt8.self)
            _ = buffer.canariesAreIntact
        }
        let buffer = GuardedBuffer(count: 5, .endsAtGuard)
        #expect(buffer.canariesAreIntact)
        (buffer.base - 1).storeBytes(of: 1, as: UInt8.self)
        #expect(!buffer.canariesAreIntact)
    }
}
