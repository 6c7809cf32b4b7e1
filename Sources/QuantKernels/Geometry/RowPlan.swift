/// How a product's rows × columns are cut: into tiles of the micro-kernel, blocks of rows whose activations stay in the
/// second-level cache while every panel of weights passes over them, and parts for the threads.
struct RowPlan: Sendable {
    let rows: Int
    let panels: Int
    let tileRows: Int
    let blockRows: Int

    /// - Parameter rowBytes: bytes of activations behind one row.
    init(rows: Int, rowBytes: Int, panels: Int, tileRows: Int) {
        (self.rows, self.panels, self.tileRows) = (rows, panels, tileRows)
        let block = max(1, Self.blockBytes / max(1, rowBytes * tileRows))
        blockRows = min(block, 64) * tileRows
    }

    /// A quarter of the smallest second-level cache in use (256 KiB … 2 MiB).
    private static let blockBytes = 64 << 10

    /// Rows and panels of one part. Rows are cut if there are enough tiles of them; otherwise the panels are.
    func share(part: Int, of parts: Int) -> (rows: Range<Int>, panels: Range<Int>) {
        let tiles = (rows + tileRows - 1) / tileRows
        // The slowest part does ⌈n/parts⌉ of n pieces: cut what divides with less waste. Compared crosswise, in integers.
        let slowestTiles = (tiles + parts - 1) / parts
        let slowestPanels = (panels + parts - 1) / parts
        if slowestTiles * panels <= slowestPanels * tiles {
            let range = Operator.share(tiles, part: part, of: parts)
            return (min(range.lowerBound * tileRows, rows)..<min(range.upperBound * tileRows, rows), 0..<panels)
        }
        return (0..<rows, Operator.share(panels, part: part, of: parts))
    }
}
