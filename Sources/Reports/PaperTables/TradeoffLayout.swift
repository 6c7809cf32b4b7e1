import Results

/// Latency against accuracy over widths and resolutions, float and 8 bits: Jacob et al.'s figures 1.1c and 4.1. `TradeoffPlot` draws it.
enum TradeoffLayout {
    /// What is drawn and tabulated together: one network at its fewest threads.
    struct Chart {
        let network: String
        let threads: Int
        let series: [Series]
    }

    struct Series {
        let scheme: PaperScheme
        /// With latency and accuracy.
        let cells: [PaperCell]
        /// For each, whether no other of the series is both faster and more accurate.
        let isFront: [Bool]
    }

    /// Networks of several sizes; of each the numerics that it has in at least two.
    static func charts(_ cells: PaperCells) -> [Chart] {
        cells.points.map(\.network).inOrder.compactMap { network in
            let own = cells.cells.filter { $0.point.network == network }
            guard let threads = own.map(\.threads).min() else { return nil }
            let series = own.map(\.scheme).inOrder.compactMap { scheme -> Series? in
                let members = own.filter {
                    $0.scheme == scheme && $0.threads == threads && $0.latency != nil && $0.accuracy != nil
                }
                let front = Pareto.front(members.map { ($0.latency!.median, $0.accuracy!.mean) })
                return members.count < 2 ? nil : Series(scheme: scheme, cells: members, isFront: front)
            }
            return series.isEmpty ? nil : Chart(network: network, threads: threads, series: series)
        }
    }

    static func grids(_ cells: PaperCells) -> [PaperGrid] {
        charts(cells).flatMap { chart in
            [sizes(chart, cells)] + (gains(chart).map { [$0] } ?? [])
        }
    }

    /// A row per width and resolution: accuracy and latency of each series.
    private static func sizes(_ chart: Chart, _ cells: PaperCells) -> PaperGrid {
        var grid = PaperGrid(
            title: "\(chart.network), \(chart.threads) thread\(chart.threads == 1 ? "" : "s"): top-1 % and latency",
            heads: ["width@resolution"] + chart.series.flatMap { [$0.scheme.title, "latency"] })
        var used: [PaperCell?] = []
        for point in cells.points where point.network == chart.network {
            let float = cells.float(point)
            let values = chart.series.flatMap { series -> [PaperGrid.Cell] in
                let cell = cells.cell(point, series.scheme.text, threads: chart.threads)
                used.append(cell)
                let latency = cell?.latency.map { Metric.latency.format($0.median, interval: $0.ci95) }
                return [
                    grid.accuracy(cell, name: "\(point.label) \(series.scheme.text)", float: float),
                    .init(text: latency ?? ""),
                ]
            }
            // Sizes without any number are among the missing.
            if values.contains(where: { !$0.text.isEmpty }) { grid.rows.append((point.size, values)) }
        }
        grid.noteSeeds(used)
        return grid
    }

    /// How much more accurate integers are in the time of a float network: the paper's claim, in numbers.
    private static func gains(_ chart: Chart) -> PaperGrid? {
        guard let float = chart.series.first(where: \.scheme.isFloat) else { return nil }
        let rivals = chart.series.filter { !$0.scheme.isFloat }
        guard !rivals.isEmpty else { return nil }
        var grid = PaperGrid(
            title: "In the time of a float network: the most accurate integers that take no longer",
            heads: ["float", "latency", "top-1 %"]
                + rivals.flatMap { ["\($0.scheme.text)", "latency", "top-1 %", "more accurate by, points"] })
        let front = zip(float.cells, float.isFront).filter(\.1).map(\.0).sorted {
            $0.latency!.median < $1.latency!.median
        }
        for cell in front {
            guard let own = cell.accuracy, let time = cell.latency else { continue }
            let values = rivals.flatMap { series -> [PaperGrid.Cell] in
                let inTime = series.cells.filter { $0.latency!.median <= time.median }
                guard let best = inTime.max(by: { $0.accuracy!.mean < $1.accuracy!.mean }),
                    let accuracy = best.accuracy,
                    let latency = best.latency
                else { return [.init(text: "none"), .blank, .blank, .blank] }
                let gain = accuracy.difference(from: own)
                return [
                    .init(text: best.point.size),
                    .init(text: Metric.latency.format(latency.median, interval: latency.ci95)),
                    .init(text: accuracy.text),
                    .init(text: (gain.isNoise ? "≈ " : "") + gain.text, mark: gain.isNoise ? .noise : .plain),
                ]
            }
            grid.rows.append(
                (
                    cell.point.size,
                    [
                        .init(text: Metric.latency.format(time.median, interval: time.ci95)), .init(text: own.text),
                    ] + values
                ))
        }
        return grid.rows.isEmpty ? nil : grid
    }
}
