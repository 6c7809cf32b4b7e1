/// The weights that one thread is about to read: those of its part's panels, for each block of rows anew, then the next operator's. While
/// a panel is used, what comes behind it is fetched into the second-level cache.
///
/// In a network most weights come from memory, since those of all layers together rarely fit the third-level cache: the first pass over
/// them would take as long as memory needs.
package struct WeightStream {
    private let panels: UnsafeRawBufferPointer
    private let panelBytes: Int
    /// Whether the cache holds the panels from one block to the next.
    private let isHeld: Bool
    private let next: UnsafeRawBufferPointer
    /// Bytes of the panels that were used or fetched in this pass over them: more than there are where the next pass has begun.
    private var fetched = 0
    private var fetchedOfNext = 0
    private var isFirstPass = true

    /// How many bytes ahead: what the smallest second-level cache in use (256 KiB) holds beside a block of activations.
    package static let window = 192 << 10

    /// - Parameters:
    ///   - panels: of the part, in the order of their use; each of `panelBytes`.
    ///   - next: what is read after the last pass, the first bytes first; may be empty.
    package init(panels: UnsafeRawBufferPointer, panelBytes: Int, isHeld: Bool, next: UnsafeRawBufferPointer) {
        (self.panels, self.panelBytes, self.isHeld, self.next) = (panels, panelBytes, isHeld, next)
    }

    /// Where to fetch how many lines of 64 bytes, `most` at most, while panel `index` of the part is used. Called once for each panel of
    /// each block, in their order.
    package mutating func fetch(during index: Int, inLastBlock isLast: Bool, most: Int)
        -> (start: UnsafeRawPointer, lines: Int)
    {
        let used = (index + 1) * panelBytes
        defer {
            if used == panels.count {
                isFirstPass = false
                fetched = max(0, fetched - panels.count)
            }
        }
        if isFirstPass || !isHeld {
            fetched = max(fetched, used)
            // Behind the last panel comes the first one again, if there is another block.
            let end = isLast || isHeld ? panels.count : panels.count + min(panelBytes, Self.window)
            let bytes = min(most * 64, end - fetched, used + Self.window - fetched)
            if bytes > 0 {
                defer { fetched += bytes }
                return (panels.baseAddress! + fetched % panels.count, (bytes + 63) / 64)
            }
        }
        let bytes = isLast ? min(most * 64, min(next.count, Self.window) - fetchedOfNext) : 0
        guard bytes > 0 else { return (panels.baseAddress! + index * panelBytes, 0) }
        defer { fetchedOfNext += bytes }
        return (next.baseAddress! + fetchedOfNext, (bytes + 63) / 64)
    }
}
