/// How a product's rows × columns are cut: into tiles of the micro-kernel, blocks of rows whose activations stay in the
/// second-level cache while every panel of weights passes over them, and parts for the threads.
struct RowPlan: Sendable {
    let rows: Int
    let panels: Int
    let tileRows: Int
    let blockRows: Int
    /// Whether parts are ranges of rows; otherwise they are ranges of panels.
    let cutsRows: Bool

    /// - Parameters:
    ///   - rowBytes: bytes of activations behind one row.
    ///   - threads: how many will share the work.
    init(rows: Int, rowBytes: Int, panels: Int, tileRows: Int, threads: Int) {
        (self.rows, self.panels, self.tileRows) = (rows, panels, tileRows)
        let block = max(1, Self.blockBytes / max(1, rowBytes * tileRows))
        blockRows = min(block, 64) * tileRows
        // The slowest thread does ⌈n/threads⌉ of n pieces: cut what divides with less waste. Compared crosswise, in integers.
        let tiles = (rows + tileRows - 1) / tileRows
        let slowestTiles = (tiles + threads - 1) / threads
        let slowestPanels = (panels + threads - 1) / threads
        cutsRows = slowestTiles * panels <= slowestPanels * tiles
    }

    /// A quarter of the smallest second-level cache in use (256 KiB … 2 MiB).
    private static let blockBytes = 64 << 10

    /// Most parts that cost nothing: smaller ones than blocks would read the weights more often.
    var pieces: Int { cutsRows ? rows / blockRows : panels }

    /// Rows and panels of one part.
    func share(_ part: Part) -> (rows: Range<Int>, panels: Range<Int>) {
        guard cutsRows else { return (0..<rows, part.share(of: panels)) }
        let tiles = part.share(of: (rows + tileRows - 1) / tileRows)
        return (min(tiles.lowerBound * tileRows, rows)..<min(tiles.upperBound * tileRows, rows), 0..<panels)
    }
}
