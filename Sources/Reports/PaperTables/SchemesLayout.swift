/// Networks × numerics, accuracies: the layouts of Jacob et al.'s tables 4.1 to 4.3 and of Krishnamoorthi's.
enum SchemesLayout {
    /// A row per network, a column for each of these numerics.
    ///
    /// - Parameters:
    ///   - columns: heads and numerics; extra ones that are not the paper's have a column only if a cell has them.
    ///   - isMeant: the networks whose rows these are.
    static func grid(
        _ cells: PaperCells, title: String, columns: [(head: String, scheme: String, isExtra: Bool)],
        networks isMeant: (PaperPoint) -> Bool = { _ in true }
    ) -> [PaperGrid] {
        let points = cells.points.filter(isMeant)
        let schemes = cells.schemes(of: points).map(\.text)
        let columns = columns.filter { !$0.isExtra || schemes.contains($0.scheme) }
        return grid(cells, title, points, columns.map { ($0.head, $0.scheme) })
    }

    /// A row per network, a column for each of its numerics that the results have.
    static func grid(
        _ cells: PaperCells, title: String, withRecall: Bool = false, networks isMeant: (PaperPoint) -> Bool
    ) -> [PaperGrid] {
        let points = cells.points.filter(isMeant)
        let schemes = cells.schemes(of: points).filter { $0.isFloat || $0.integers != nil }
        return grid(cells, title, points, schemes.map { ($0.title, $0.text) }, withRecall: withRecall)
    }

    private static func grid(
        _ cells: PaperCells, _ title: String, _ points: [PaperPoint], _ columns: [(head: String, scheme: String)],
        withRecall: Bool = false
    ) -> [PaperGrid] {
        guard !points.isEmpty else { return [] }
        var grid = PaperGrid(title: title, heads: ["network"] + columns.map(\.head))
        var used: [PaperCell?] = []
        for point in points {
            let float = cells.float(point)
            let values = columns.map { column in
                let cell = cells.cell(point, column.scheme)
                used.append(cell)
                return grid.accuracy(
                    cell, name: "\(point.label) \(column.scheme)", float: float, withRecall: withRecall)
            }
            grid.rows.append((point.label, values))
        }
        grid.noteSeeds(used)
        return [grid]
    }

    /// A row per scheme of weights, after training and trained for it: one grid per network.
    static func rows(_ cells: PaperCells, schemes: [(name: String, weights: String, activationBits: Int)])
        -> [PaperGrid]
    {
        cells.points.map { point in
            var grid = PaperGrid(
                title: "\(point.label), top-1 %",
                heads: ["scheme", "weight bits", "activation bits", "after training", "trained for it"])
            let float = cells.float(point)
            grid.rows.append(
                ("float", [.init(text: "f32"), .init(text: "f32"), .init(text: float?.text ?? ""), .blank]))
            var used: [PaperCell?] = []
            for scheme in schemes {
                let values = ["ptq", "qat"].map { training in
                    let text = "w\(scheme.weights)-a\(scheme.activationBits)-\(training)"
                    let cell = cells.cell(point, text)
                    used.append(cell)
                    return grid.accuracy(cell, name: "\(point.label) \(text)", float: float)
                }
                let bits = [String(scheme.weights.prefix(1)), "\(scheme.activationBits)"].map {
                    PaperGrid.Cell(text: $0)
                }
                grid.rows.append((scheme.name, bits + values))
            }
            grid.noteSeeds(used)
            return grid
        }
    }
}
