import Results

/// Fewer bits on a larger network against more bits on a smaller one, in as many bytes.
enum EqualBytesLayout {
    /// A larger network may take this share more.
    private static let tolerance = 0.05

    /// For each network and its bits, the best cell of each larger network that takes no more bytes; activations of both have the same
    /// bits. Of cells that differ in training alone, the better one stands for both.
    static func grids(_ cells: PaperCells) -> [PaperGrid] {
        var grid = PaperGrid(
            title: "At equal bytes (up to 5 % more): the smaller network, and the best of a larger one",
            heads: [
                "smaller network", "bytes", "top-1 %", "latency", "larger network", "bytes", "top-1 %", "latency",
                "larger − smaller",
            ])
        let candidates = best(cells.cells.filter { $0.threads == 1 })
        var used: [PaperCell] = []
        for small in candidates {
            let rivals = candidates.filter { large in
                large.cell.point.network == small.cell.point.network
                    && large.cell.point.resolution == small.cell.point.resolution
                    && (large.cell.point.width ?? 0) > (small.cell.point.width ?? 0)
                    && large.integers.activationBits == small.integers.activationBits
                    && Double(large.bytes) <= (1 + tolerance) * Double(small.bytes)
            }
            for point in rivals.map(\.cell.point).inOrder {
                guard
                    let large = rivals.filter({ $0.cell.point == point })
                        .max(by: { $0.accuracy.mean < $1.accuracy.mean })
                else { continue }
                let difference = large.accuracy.difference(from: small.accuracy)
                grid.rows.append(
                    (
                        "\(small.cell.point.size) \(small.cell.scheme.text)",
                        facts(small) + [.init(text: "\(point.size) \(large.cell.scheme.text)")] + facts(large)
                            + [
                                .init(
                                    text: (difference.isNoise ? "≈ " : "") + difference.text,
                                    mark: difference.isNoise ? .noise : .plain)
                            ]
                    ))
                used += [small.cell, large.cell]
            }
        }
        for cell in cells.cells { grid.missing += cell.problems }
        grid.noteSeeds(used)
        return grid.rows.isEmpty && grid.missing.isEmpty ? [] : [grid]
    }

    private struct Candidate {
        let cell: PaperCell
        let integers: PaperScheme.Integers
        let bytes: Int
        let accuracy: SeededAccuracy
    }

    /// The better of trained and not, for each network and bits; by bytes, most first.
    private static func best(_ cells: [PaperCell]) -> [Candidate] {
        struct Key: Hashable {
            let point: PaperPoint
            let weightBits: Int
            let activationBits: Int
        }
        let all = cells.compactMap { cell -> Candidate? in
            guard let integers = cell.scheme.integers, let bytes = cell.modelBytes, let accuracy = cell.accuracy else {
                return nil
            }
            return Candidate(cell: cell, integers: integers, bytes: bytes, accuracy: accuracy)
        }
        let groups = Dictionary(grouping: all) {
            Key(point: $0.cell.point, weightBits: $0.integers.weightBits, activationBits: $0.integers.activationBits)
        }
        return groups.values.compactMap { $0.max { $0.accuracy.mean < $1.accuracy.mean } }.sorted {
            ($0.integers.activationBits, $0.bytes, $0.cell.name) > ($1.integers.activationBits, $1.bytes, $1.cell.name)
        }
    }

    private static func facts(_ candidate: Candidate) -> [PaperGrid.Cell] {
        let latency = candidate.cell.latency.map { Metric.latency.format($0.median, interval: $0.ci95) }
        return [Metric.modelSize.format(Double(candidate.bytes)), candidate.accuracy.text, latency ?? ""].map {
            PaperGrid.Cell(text: $0)
        }
    }
}
