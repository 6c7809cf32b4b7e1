/// The weights that one thread is about to read: those of its part, for each block of rows anew, then the next operator's. While some are
/// used, what comes behind them is fetched into the second-level cache.
///
/// In a network most weights come from memory, since those of all layers together rarely fit the third-level cache: the first pass over
/// them would take as long as memory needs.
package struct WeightStream {
    private let weights: UnsafeRawBufferPointer
    /// Whether the cache holds the weights from one block to the next.
    private let isHeld: Bool
    private let next: UnsafeRawBufferPointer
    /// Bytes that were used or fetched in this pass: more than there are where those of the next pass follow.
    private var fetched = 0
    private var fetchedOfNext = 0
    private var isFirstPass: Bool

    /// How many bytes ahead: a quarter of a second-level cache of 1 MiB.
    package static let window = 256 << 10

    /// - Parameters:
    ///   - weights: of the part, in the order of their use.
    ///   - next: what is read after the last pass, the first bytes first; may be empty.
    ///   - wasUsed: whether the thread has passed over these weights already, in another part of the work.
    package init(weights: UnsafeRawBufferPointer, isHeld: Bool, next: UnsafeRawBufferPointer, wasUsed: Bool = false) {
        (self.weights, self.isHeld, self.next) = (weights, isHeld, next)
        isFirstPass = !wasUsed
    }

    /// The stream of one part of an operator that cuts its work for `threads` threads into ranges of rows, which share all weights, or of
    /// panels, which share none.
    init(_ part: Part, of threads: Int, weights: UnsafeRawBufferPointer, plan: RowPlan, upcoming: Operator?) {
        let isLast = part.placeOfThread(of: threads) == part.count / threads - 1
        self.init(
            weights: weights, isHeld: plan.holdsWeights,
            next: isLast ? upcoming?.weightsToCome(part.seat, of: threads) ?? Self.nothing : Self.nothing,
            wasUsed: plan.cutsRows && part.placeOfThread(of: threads) > 0)
    }

    nonisolated(unsafe) package static let nothing = UnsafeRawBufferPointer(start: nil, count: 0)

    /// Where to fetch how many lines of 64 bytes, `most` at most, until the first `used` bytes of the weights have been used in this pass.
    /// Called for each piece of them, in their order, in each block.
    package mutating func fetch(until used: Int, inLastBlock isLast: Bool, most: Int)
        -> (start: UnsafeRawPointer, lines: Int)
    {
        defer {
            if used == weights.count {
                isFirstPass = false
                fetched = max(0, fetched - weights.count)
            }
        }
        if isFirstPass || !isHeld {
            fetched = max(fetched, used)
            // Behind the last ones come the first ones again, if there is another block.
            let end = isLast || isHeld ? weights.count : weights.count + min(weights.count, Self.window)
            let bytes = min(most * 64, end - fetched, used + Self.window - fetched)
            if bytes > 0 {
                defer { fetched += bytes }
                return (weights.baseAddress! + fetched % weights.count, (bytes + 63) / 64)
            }
        }
        let bytes = isLast ? min(most * 64, min(next.count, Self.window) - fetchedOfNext) : 0
        guard bytes > 0 else { return (weights.baseAddress!, 0) }
        defer { fetchedOfNext += bytes }
        return (next.baseAddress! + fetchedOfNext, (bytes + 63) / 64)
    }
}
