internal import CKnownWork
package import Results

/// Memory of its own, with huge pages where the kernel gives them.
private final class Mapping {
    let base: UnsafeMutableRawPointer
    private let bytes: Int

    init?(bytes: Int) {
        guard let base = kw_map(bytes) else { return nil }
        (self.base, self.bytes) = (base, bytes)
    }

    deinit { kw_unmap(base, bytes) }
}

/// A cycle of pointers through all lines of a buffer, and the place that was reached.
private final class Chain {
    private let mapping: Mapping
    private var place: UnsafeMutableRawPointer

    init?(bytes: Int) {
        guard let mapping = Mapping(bytes: bytes) else { return nil }
        self.mapping = mapping
        place = mapping.base
        kw_chain_build(place, bytes, 1)
        // Once around: what building left in the caches is replaced by what walking leaves there.
        follow(blocks: UInt64(bytes / Int(KW_LINE) / Int(KW_LOADS) + 1))
    }

    func follow(blocks: UInt64) { place = kw_loads(place, blocks) }
}

/// Loops on memory.
extension KnownWork {
    /// A level of cache, or the memory behind the last: which buffer lives there, and which level's misses count its loads.
    package struct Footprint: Equatable {
        /// 1 is the first-level cache; one more than the last level is memory.
        package var level: Int
        package var bytes: Int
        package var title: String

        package init(level: Int, bytes: Int, title: String) {
            (self.level, self.bytes, self.title) = (level, bytes, title)
        }
    }

    /// Buffers that fit into one level with room to spare and exceed the level before by far. A level that is not at least
    /// four times the one before has none: its buffer would be half in the other.
    package static func footprints(_ caches: [Cache], memory: Int) -> [Footprint] {
        var levels: [Int: Int] = [:]
        for cache in caches where cache.type != "instruction" { levels[cache.level] = cache.bytes }
        var footprints: [Footprint] = []
        for level in levels.keys.sorted() {
            guard let size = levels[level] else { continue }
            let below = levels[level - 1]
            if level > 1, below == nil { break }
            // A least-recently-used cache keeps nothing of a cycle longer than itself: four times is beyond doubt.
            let bytes = below.map { min(4 * $0, size / 2) } ?? size / 2
            if let below, bytes < 2 * below { continue }
            footprints.append(Footprint(level: level, bytes: bytes, title: "L\(level)"))
        }
        if let last = levels.keys.max(), let size = levels[last], last == levels.count, 4 * size <= memory {
            footprints.append(Footprint(level: last + 1, bytes: 4 * size, title: "memory"))
        }
        return footprints
    }

    static func chains(caches: [Cache], memory: Int) -> [KnownWork] {
        footprints(caches, memory: memory).compactMap(chain)
    }

    /// Every load misses the levels below the buffer's own and hits that one.
    private static func chain(_ footprint: Footprint) -> KnownWork? {
        guard let chain = Chain(bytes: footprint.bytes) else { return nil }
        let blocks: UInt64 = footprint.level <= 2 ? 1 << 14 : 1 << 12
        let loads = Double(blocks) * Double(KW_LOADS)
        let misses: [KnownCount] = [Role.l1Misses, .l2Misses, .l3Misses].enumerated().map { index, role in
            // Beyond memory's own level nothing is known: a virtual machine's share of the last level is the host's.
            index + 1 < footprint.level
                ? .count(role, loads, within: -0.2...0.3) : .count(role, 0, slack: 0.1 * loads)
        }
        return KnownWork(
            name: "loads_\(footprint.title.lowercased())",
            title: "dependent loads from \(footprint.title), \(bytes(footprint.bytes)) at random",
            operation: "load", operations: loads,
            counts: retired(
                instructions: Double(blocks) * Double(KW_LOADS_INSTRUCTIONS), branches: Double(blocks))
                + [.count(.loads, loads, within: -0.01...0.05, slack: readingSlack)] + misses,
            run: { chain.follow(blocks: blocks) })
    }

    /// a = b + s·c over arrays that together fill half of the last cache.
    static func triad(caches: [Cache]) -> KnownWork? {
        let last = caches.filter { $0.type != "instruction" }.map(\.bytes).max() ?? 1 << 20
        let blocks = UInt64(max(last / 2, 1 << 16) / Int(KW_TRIAD_BYTES))
        let array = Int(blocks) * Int(KW_LINE)
        guard let mapping = Mapping(bytes: 3 * array) else { return nil }
        let count = Double(blocks)
        return KnownWork(
            name: "triad", title: "triad a = b + s·c over \(bytes(3 * array))", operation: "byte",
            operations: count * Double(KW_TRIAD_BYTES),
            counts: retired(instructions: count * Double(KW_TRIAD_INSTRUCTIONS), branches: count) + [
                .count(.loads, count * Double(KW_TRIAD_LOADS), within: -0.01...0.05, slack: readingSlack),
                .count(.stores, count * Double(KW_TRIAD_STORES), within: -0.01...0.05, slack: readingSlack),
                .count(.floatOperations, count * Double(KW_TRIAD_OPERATIONS), within: -0.01...0.01),
            ],
            run: {
                let a = mapping.base.assumingMemoryBound(to: Float.self)
                kw_triad(a, a + array / 4, a + array / 2, 0.5, blocks)
            })
    }

    private static func bytes(_ count: Int) -> String {
        count >= 1 << 20 ? "\(count >> 20) MiB" : "\(count >> 10) KiB"
    }
}
