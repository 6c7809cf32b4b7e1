import CKnownWork
import CSteps
import Counters
import Doctor
import Foundation
import QuantKernels
import Results
import Testing

/// The yardsticks themselves: the loops do what they say, in as many instructions as they say.
@Suite(.serialized) struct KnownWorkTests {
    /// Instructions that one block more adds, counted by trapping after each; the calls around the loop cancel out.
    static func instructions(perBlock loop: @convention(c) (UnsafeMutableRawPointer?) -> Void) -> UInt64 {
        func steps(_ blocks: UInt64) -> UInt64 {
            var blocks = blocks
            return steps_of(loop, &blocks)
        }
        // The first call of a library's function looks it up.
        _ = steps(3)
        let (three, ten) = (steps(3), steps(10))
        return (ten &- three) / 7
    }

    @Test(.enabled(if: steps_available() != 0 && KnownWork.isExact, "instructions are counted on x86-64 Linux only"))
    func loopsHaveTheInstructionsTheyClaim() {
        #expect(
            Self.instructions { _ = kw_additions($0!.load(as: UInt64.self), 1) } == UInt64(KW_ADDITIONS_INSTRUCTIONS))
        #expect(
            Self.instructions { argument in
                var place: UnsafeMutableRawPointer?
                withUnsafeMutablePointer(to: &place) { first in
                    first.pointee = UnsafeMutableRawPointer(first)
                    _ = kw_loads(first.pointee, argument!.load(as: UInt64.self))
                }
            } == UInt64(KW_LOADS_INSTRUCTIONS))
        #expect(
            Self.instructions { kw_dot_products($0!.load(as: UInt64.self)) } == UInt64(KW_DOT_PRODUCTS_INSTRUCTIONS))
        #expect(
            Self.instructions { argument in
                let memory = kw_map(1 << 14)!
                let floats = memory.assumingMemoryBound(to: Float.self)
                kw_triad(floats, floats + 1024, floats + 2048, 1, argument!.load(as: UInt64.self))
                kw_unmap(memory, 1 << 14)
            } == UInt64(KW_TRIAD_INSTRUCTIONS))
    }

    /// Branches that are not taken add an instruction each, and the loop tells how many there were.
    @Test(.enabled(if: steps_available() != 0 && KnownWork.isExact, "instructions are counted on x86-64 Linux only"))
    func theBranchLoopKnowsItsInstructions() {
        func run(_ blocks: UInt64) -> (steps: UInt64, fallen: UInt64) {
            var values: [UInt64] = [blocks, 88_172_645_463_325_252]
            let steps = values.withUnsafeMutableBytes {
                steps_of(
                    { argument in
                        let values = argument!.assumingMemoryBound(to: UInt64.self)
                        values[0] = kw_branches(values[0], values + 1)
                    }, $0.baseAddress)
            }
            return (steps, values[0])
        }
        _ = run(100)
        let (short, long) = (run(100), run(1100))
        let expected = 1000 * UInt64(KW_BRANCHES_INSTRUCTIONS) + long.fallen - short.fallen
        #expect(long.steps - short.steps == expected)
        #expect((400...600).contains(long.fallen - short.fallen))
    }

    @Test func additionsAddUp() {
        #expect(kw_additions(0, 5) == 0)
        #expect(kw_additions(1, 5) == 320)
        #expect(kw_additions(1000, 3) == 192_000)
    }

    @Test func branchesFollowTheSequence() {
        var state: UInt64 = 1
        let fallen = kw_branches(1000, &state)
        var (x, expected): (UInt64, UInt64) = (1, 0)
        for _ in 0..<1000 {
            x ^= x << 13
            x ^= x >> 7
            x ^= x << 17
            expected += x & 1
        }
        #expect(state == x)
        #expect(fallen == expected)
    }

    /// One cycle through all lines: after as many loads as lines, and not before, the walk is back.
    @Test(arguments: [1, 2, 3, 64, 1000])
    func theChainIsOneCycle(lines: Int) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: lines * 64, alignment: 64)
        defer { memory.deallocate() }
        kw_chain_build(memory, lines * 64, 7)
        var seen: Set<Int> = []
        var place = memory
        for _ in 0..<lines {
            seen.insert((place - memory) / 64)
            place = place.load(as: UnsafeMutableRawPointer.self)
        }
        #expect(place == memory)
        #expect(seen == Set(0..<lines))
        // 64 loads further on, whatever the way there.
        var reference = memory
        for _ in 0..<128 { reference = reference.load(as: UnsafeMutableRawPointer.self) }
        #expect(kw_loads(memory, 2) == reference)
        #expect(kw_loads(memory, 0) == memory)
    }

    @Test func theTriadIsASumOfProducts() {
        let blocks = 3
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * blocks * 64, alignment: 64)
        defer { memory.deallocate() }
        let a = memory.bindMemory(to: Float.self, capacity: 64 * blocks)
        let (b, c) = (a + 16 * blocks, a + 32 * blocks)
        for index in 0..<64 * blocks { a[index] = Float(index) }
        kw_triad(a, b, c, 0.5, UInt64(blocks))
        for index in 0..<16 * blocks { #expect(a[index] == b[index] + 0.5 * c[index]) }
        #expect(b[0] == Float(16 * blocks), "nothing is written behind the end")
    }

    @Test func touchesAndSleepsAreFaultsAndSwitches() {
        func usage() -> (faults: Int, switches: Int) {
            var usage = rusage()
            getrusage(1, &usage)  // RUSAGE_THREAD
            return (usage.ru_minflt, usage.ru_nvcsw)
        }
        let before = usage()
        #expect(kw_touch_pages(500) == 0)
        let between = usage()
        #expect(kw_sleep(10) == 0)
        let after = usage()
        #expect((500...510).contains(between.faults - before.faults))
        #expect(after.switches - between.switches >= 10)
    }

    // Where chains live

    typealias Footprint = KnownWork.Footprint

    static func cache(_ level: Int, _ kibibytes: Int, _ type: String = "unified") -> Cache {
        Cache(level: level, type: type, bytes: kibibytes << 10)
    }

    @Test func chainsFitOneLevelAndExceedTheOneBefore() {
        let caches = [
            Self.cache(1, 32, "instruction"), Self.cache(1, 48, "data"), Self.cache(2, 2048), Self.cache(3, 32768),
        ]
        #expect(
            KnownWork.footprints(caches, memory: 1 << 30) == [
                Footprint(level: 1, bytes: 24 << 10, title: "L1"), Footprint(level: 2, bytes: 192 << 10, title: "L2"),
                Footprint(level: 3, bytes: 8 << 20, title: "L3"),
                Footprint(level: 4, bytes: 128 << 20, title: "memory"),
            ])
        // Not enough memory for the longest chain.
        #expect(KnownWork.footprints(caches, memory: 1 << 26).map(\.title) == ["L1", "L2", "L3"])
        // A second level that is hardly larger than the first has no chain of its own.
        let flat = [Self.cache(1, 64, "data"), Self.cache(2, 128), Self.cache(3, 8192)]
        #expect(KnownWork.footprints(flat, memory: 1 << 30).map(\.title) == ["L1", "L3", "memory"])
        #expect(KnownWork.footprints([Self.cache(1, 64, "data")], memory: 1 << 30).map(\.level) == [1, 2])
        #expect(KnownWork.footprints([], memory: 1 << 30).isEmpty)
        // What a virtual machine shows: a level is missing.
        #expect(
            KnownWork.footprints([Self.cache(1, 32, "data"), Self.cache(3, 8192)], memory: 1 << 30).map(\.title) == [
                "L1"
            ])
    }

    @Test func everyRoleHasALoopAndEveryLoopARole() throws {
        let caches = [Self.cache(1, 32, "data"), Self.cache(2, 512), Self.cache(3, 4096)]
        let work = try KnownWork.all(caches: caches, memory: 1 << 30, registry: KernelRegistry())
        let roles = Set(work.flatMap(\.counts).map(\.role))
        // Elsewhere than on x86-64 the compiler chooses instructions and branches.
        let unknown: Set<Role> = KnownWork.isExact ? [] : [.branches]
        #expect(Set(Role.allCases).subtracting(unknown).isSubset(of: roles))
        #expect(Set(work.map(\.name)).count == work.count)
        for role in Role.allCases { #expect(role.events.allSatisfy { Role.of($0) == role }) }
        #expect(Role.of("PAPI_FOO") == nil)
    }
}
