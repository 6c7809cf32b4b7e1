/// Weight bits × activation bits, each against float: the layout of Jacob et al.'s tables 4.7 and 4.8.
enum BitsLayout {
    private static let papers = [8, 7, 6, 5, 4]

    /// One for each network and way to quantize it that has enough bits for a grid.
    static func grids(_ cells: PaperCells) -> [PaperGrid] {
        cells.points.flatMap { point in
            let all = cells.cells.filter { $0.point == point }.compactMap { cell in
                cell.scheme.integers.map { (cell: cell, integers: $0) }
            }
            let ways = all.map { Way(weights: $0.integers.weights, isTrained: $0.integers.isTrained) }.inOrder
            return ways.compactMap { way in
                let members = all.filter {
                    $0.integers.weights == way.weights && $0.integers.isTrained == way.isTrained
                }
                return grid(point, members.map(\.integers), cells)
            }
        }
    }

    private struct Way: Hashable {
        let weights: String
        let isTrained: Bool
    }

    /// nil with fewer than three kinds of bits on either axis.
    private static func grid(
        _ point: PaperPoint, _ members: [PaperScheme.Integers], _ cells: PaperCells
    ) -> PaperGrid? {
        let (weights, activations) = (Set(members.map(\.weightBits)), Set(members.map(\.activationBits)))
        guard let first = members.first, weights.count > 2, activations.count > 2 else { return nil }
        let columns = activations.union(papers).sorted(by: >)
        let float = cells.float(point)
        var grid = PaperGrid(
            title: "\(point.label), \(first.isTrained ? "trained for it" : "quantized after training"), weights "
                + "\(first.mapping): points of top-1 against float"
                + (float.map { ", \($0.text) %" } ?? ""),
            heads: ["weight bits \\ activation bits"] + columns.map(String.init))
        var used: [PaperCell?] = []
        for row in weights.union(papers).sorted(by: >) {
            let values = columns.map { column in
                let scheme = "w\(row)\(first.weights)-a\(column)-\(first.isTrained ? "qat" : "ptq")"
                let cell = cells.cell(point, scheme)
                used.append(cell)
                let isPapers = papers.contains(row) && papers.contains(column)
                return grid.accuracy(
                    cell, name: isPapers ? "\(point.label) \(scheme)" : nil, float: float, asDifference: true)
            }
            grid.rows.append(("\(row)", values))
        }
        if float == nil { grid.missing.append(("\(point.label) f32", "differences need its accuracy")) }
        grid.noteSeeds(used)
        return grid
    }
}
