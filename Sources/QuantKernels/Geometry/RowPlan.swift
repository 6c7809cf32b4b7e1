/// How a product's rows × columns are cut: into tiles of the micro-kernel, blocks of rows whose activations stay in the
/// second-level cache while every panel of weights passes over them, and parts for the threads.
struct RowPlan: Sendable {
    let rows: Int
    let panels: Int
    let tileRows: Int
    let blockRows: Int
    /// Whether parts are ranges of rows; otherwise they are ranges of panels.
    let cutsRows: Bool
    /// Whether the second-level cache holds all weights from one block to the next.
    let holdsWeights: Bool
    private let threads: Int
    private let parts: Int

    /// - Parameters:
    ///   - rowBytes: bytes of activations that each further row brings into the cache.
    ///   - weightBytes: of all panels.
    ///   - threads: how many will share the work.
    ///   - grains: amounts of work that take some 10 µs.
    ///   - gathers: whether the rows of a window are gathered first.
    init(
        rows: Int, rowBytes: Int, weightBytes: Int, panels: Int, tileRows: Int, threads: Int, grains: Int, gathers: Bool
    ) {
        (self.rows, self.panels, self.tileRows, self.threads) = (rows, panels, tileRows, threads)
        let tiles = (rows + tileRows - 1) / tileRows
        holdsWeights = weightBytes <= Self.heldBytes
        let blockBytes = holdsWeights ? Self.blockBytes : Self.heldBytes
        let blockTiles = min(max(1, blockBytes / max(1, rowBytes * tileRows)), 64)
        // The slowest thread does ⌈n/threads⌉ of n pieces: cut what divides with less waste, compared crosswise, in integers. Rows are
        // preferred up to a twelfth more: each thread then finds in its cache the rows that it wrote in the layer before, where panels
        // make it fetch half of every row from the other's (ResNet-50 and MobileNet v2, int8, two threads: 4 and 10 % less time).
        let slowestTiles = (tiles + threads - 1) / threads
        let slowestPanels = (panels + threads - 1) / threads
        cutsRows = slowestTiles * panels * 12 <= slowestPanels * tiles * 13
        // Parts smaller than blocks would read the weights more often; each range of panels gathers all rows.
        let pieces = cutsRows ? tiles / blockTiles : gathers ? threads : panels
        parts = threads == 1 ? 1 : Operator.parts(for: threads, grains: min(pieces, grains))
        // Blocks of near-equal size, so that a part does not end in one of a few rows, for which all weights would be read.
        let partTiles = cutsRows ? (tiles + parts - 1) / parts : tiles
        let blocks = max(1, (partTiles + blockTiles / 2) / blockTiles)
        blockRows = max(1, (partTiles + blocks - 1) / blocks) * tileRows
    }

    // Written down and not read from the machine, so that calls can be checked to the unit. Where the cache holds the weights,
    // ResNet-50 takes the same time with 64 to 512 KiB.

    /// A quarter of the smallest second-level cache in use (256 KiB … 2 MiB).
    private static let blockBytes = 64 << 10
    /// What the second-level cache holds: weights beyond it come from the third for every block, so that blocks are larger.
    private static let heldBytes = 512 << 10

    /// Into how many parts that many threads cut the work.
    func parts(for threads: Int) -> Int { threads == self.threads ? parts : threads }

    /// Rows and panels of one part.
    func share(_ part: Part) -> (rows: Range<Int>, panels: Range<Int>) {
        guard cutsRows else { return (0..<rows, part.share(of: panels)) }
        let tiles = part.share(of: (rows + tileRows - 1) / tileRows)
        return (min(tiles.lowerBound * tileRows, rows)..<min(tiles.upperBound * tileRows, rows), 0..<panels)
    }
}
