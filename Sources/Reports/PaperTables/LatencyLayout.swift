import Results

/// Latencies: by threads as in Jacob et al.'s table 4.6, and of widths × resolutions.
enum LatencyLayout {
    /// A row per network and numerics, a column per thread count.
    static func threads(_ cells: PaperCells) -> [PaperGrid] {
        let counts = Set(cells.cells.map(\.threads)).sorted()
        guard counts.count > 1 else { return [] }
        let crowded = counts.filter { $0 > cells.processors ?? .max }
        var grid = PaperGrid(
            title: "Latency by threads, and how many times as fast as one thread",
            heads: ["network, type"] + counts.map { "\($0)" + (crowded.contains($0) ? " †" : "") })
        for point in cells.points {
            for scheme in cells.schemes(of: [point]) {
                let alone = cells.cell(point, scheme.text, threads: 1)?.latency
                let values = counts.map { count in
                    let cell = cells.cell(point, scheme.text, threads: count)
                    guard let latency = cell?.latency else {
                        grid.note(
                            missing: cell,
                            name: "\(point.label) \(scheme.text), \(count) thread\(count == 1 ? "" : "s")")
                        return PaperGrid.Cell.blank
                    }
                    return PaperGrid.Cell(
                        text: text(latency, alone: count == 1 ? nil : alone),
                        mark: crowded.contains(count) ? .crowded : .plain)
                }
                grid.rows.append(("\(point.label), \(scheme.isFloat ? "float" : scheme.text)", values))
            }
        }
        if !crowded.isEmpty, let processors = cells.processors {
            grid.notes.append(
                "† More threads than this machine's \(processors) processor\(processors == 1 ? "" : "s"): they take turns, and the "
                    + "number says nothing of a machine that has as many.")
        }
        return [grid]
    }

    private static func text(_ latency: Latency, alone: Latency?) -> String {
        Metric.latency.format(latency.median, interval: latency.ci95)
            + (alone.map { ", \(Metric.gain.format($0.median / latency.median))" } ?? "")
    }

    private static let types = [(name: "float", scheme: "f32"), (name: "8 bits (w8c-a8-ptq)", scheme: "w8c-a8-ptq")]

    /// Full-sized networks: float beside 8 bits, and how many times as fast these are.
    static func types(_ cells: PaperCells) -> [PaperGrid] {
        var grid = PaperGrid(
            title: "Latency on one thread", heads: ["network"] + types.map(\.name) + ["float / 8 bits"])
        for point in cells.points where point.resolution == 224 && point.width ?? 1 == 1 {
            let found = types.map { latency(cells, point, $0.scheme, &grid) }
            let ratio = found[0].flatMap { float in found[1].map { Metric.gain.format(float.median / $0.median) } }
            grid.rows.append(
                (point.label, (found.map { $0.map { text($0, alone: nil) } } + [ratio]).map { .init(text: $0 ?? "") }))
        }
        return grid.rows.isEmpty ? [] : [grid]
    }

    /// A grid of widths × resolutions for floats, and one for 8 bits.
    static func sizes(_ cells: PaperCells, network: String) -> [PaperGrid] {
        let points = cells.points.filter { $0.network == network && $0.width != nil && $0.resolution != nil }
        let widths = Set(points.compactMap(\.width)).sorted(by: >)
        let resolutions = Set(points.compactMap(\.resolution)).sorted(by: >)
        guard !points.isEmpty else { return [] }
        return types.map { type in
            var grid = PaperGrid(
                title: "\(network), \(type.name): latency on one thread",
                heads: ["width \\ resolution"] + resolutions.map(String.init))
            for width in widths {
                let values = resolutions.map { resolution -> PaperGrid.Cell in
                    guard let point = points.first(where: { $0.width == width && $0.resolution == resolution }),
                        let latency = latency(cells, point, type.scheme, &grid)
                    else { return .blank }
                    return .init(text: text(latency, alone: nil))
                }
                grid.rows.append(("\(width)", values))
            }
            return grid
        }
    }

    /// On one thread; noted as missing if there is none.
    private static func latency(
        _ cells: PaperCells, _ point: PaperPoint, _ scheme: String, _ grid: inout PaperGrid
    ) -> Latency? {
        let cell = cells.cell(point, scheme, threads: 1)
        if cell?.latency == nil { grid.note(missing: cell, name: "\(point.label) \(scheme)") }
        return cell?.latency
    }
}
