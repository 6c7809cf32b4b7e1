/// Places of all tensors in one arena, decided before the first run: tensors whose lives do not overlap share memory.
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
    ///   - steps: nodes that are run as one; each writes its output over that of the one before it.
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
        // Tensors of one step are one piece of memory, the first one's.
        var owners = Array(0...last)
        for step in steps {
            let first = step[0] + 1
            for node in step.dropFirst() {
                precondition(bytes[node + 1] == bytes[first], "tensors of one step have one size")
                owners[node + 1] = first
                lives[first] = lives[first].lowerBound...lives[node + 1].upperBound
            }
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
