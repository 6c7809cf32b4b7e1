/// Places of all tensors in one arena, decided before the first run: tensors whose lives do not overlap share memory.
///
/// An addition that is the last to read one of its operands writes over that: the lines of the sum are then in the cache, and the
/// residual tensors of a stage are one piece of memory.
///
/// Greedy by size (largest first, lowest offset that is free during the tensor's life), which is within a few percent of
/// the largest set of live tensors for the chains and short bypasses of image networks.
package struct ArenaPlan: Sendable {
    /// Byte offset of each tensor; 0 is the input.
    package let offsets: [Int]
    /// Bytes of the arena.
    package let size: Int

    /// - Parameters:
    ///   - bytes: of each tensor.
    ///   - steps: nodes that are run as one: what any of them reads or writes is alive while all of them run.
    package init(network: Network, bytes: [Int], steps: [[Int]] = []) {
        let last = network.last
        // The input stays valid from run to run, and the output after the run.
        var lives: [ClosedRange<Int>] = (0...last).map { $0 == 0 ? 0...last : $0...$0 }
        for (index, node) in network.nodes.enumerated() {
            for tensor in node.inputs where tensor > 0 {
                lives[tensor] = lives[tensor].lowerBound...max(lives[tensor].upperBound, index + 1)
            }
        }
        lives[last] = lives[last].lowerBound...(last + 1)
        let lastReads = lives.map(\.upperBound)
        for step in steps {
            for node in step.dropFirst() { lives[node + 1] = step[0] + 1...lives[node + 1].upperBound }
        }
        // Whose memory a tensor has.
        var owners = Array(0...last)
        for (index, node) in network.nodes.enumerated() {
            guard case .add = node.operation else { continue }
            // What the rest of its step writes or reads is in use until the step ends.
            let rest = steps.first { $0.contains(index) }?.filter { $0 != index } ?? []
            let inUse = Set(rest.flatMap { [$0 + 1] + network.nodes[$0].inputs })
            let sum = index + 1
            guard
                let operand = node.inputs.first(where: {
                    $0 > 0 && lastReads[$0] == sum && bytes[$0] == bytes[sum] && !inUse.contains($0)
                })
            else { continue }
            let owner = owners[operand]
            owners[sum] = owner
            lives[owner] = lives[owner].lowerBound...lives[sum].upperBound
        }

        var offsets = [Int](repeating: 0, count: last + 1)
        var placed: [Int] = []
        var size = 0
        for tensor in (0...last).filter({ owners[$0] == $0 }).sorted(by: { (bytes[$0], $1) > (bytes[$1], $0) }) {
            var offset = 0
            let neighbours = placed.filter { lives[$0].overlaps(lives[tensor]) }.sorted { offsets[$0] < offsets[$1] }
            for other in neighbours {
                if offset + bytes[tensor] <= offsets[other] { break }
                offset = max(offset, Self.align(offsets[other] + bytes[other]))
            }
            offsets[tensor] = offset
            size = max(size, offset + bytes[tensor])
            placed.append(tensor)
        }
        for tensor in 0...last { offsets[tensor] = offsets[owners[tensor]] }
        (self.offsets, self.size) = (offsets, Self.align(size))
    }

    /// A tensor begins on a cache line of its own.
    private static func align(_ offset: Int) -> Int { (offset + 63) & ~63 }
}
