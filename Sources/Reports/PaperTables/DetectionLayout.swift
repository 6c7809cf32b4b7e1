import Measurement
import Results

/// Detectors: Jacob et al.'s tables 4.4 (mAP and latency) and 4.5 (precision and recall). A row per width and numerics.
enum DetectionLayout {
    static func averages(_ cells: PaperCells) -> [PaperGrid] {
        grid(cells, title: "mAP % over overlaps of 0.50 to 0.95, and latency on one thread", heads: ["mAP", "latency"])
        {
            cell, quality, float in
            let latency = cell.latency.map { Metric.latency.format($0.median, interval: $0.ci95) }
            return [average(quality, float), .init(text: latency ?? "")]
        }
    }

    static func precisionAndRecall(_ cells: PaperCells) -> [PaperGrid] {
        grid(
            cells, title: "Precision and recall %, averaged over the same overlaps", heads: ["precision", "recall"]
        ) { _, quality, _ in
            [quality.precision, quality.recall].map { .init(text: $0.map { Metric.top1.format($0) } ?? "") }
        }
    }

    /// With its interval; marked where chance explains its difference from float.
    private static func average(_ quality: DetectionQuality, _ float: DetectionQuality?) -> PaperGrid.Cell {
        let text = Metric.top1.formatCompact(quality.map, quality.ci95)
        guard let float, let own = quality.ci95, let other = float.ci95,
            Statistics.differenceInterval((quality.map, own), (float.map, other)).contains(0)
        else { return .init(text: text) }
        return .init(text: "≈ \(text)", mark: .noise)
    }

    private static func grid(
        _ cells: PaperCells, title: String, heads: [String],
        values: (PaperCell, DetectionQuality, _ float: DetectionQuality?) -> [PaperGrid.Cell]
    ) -> [PaperGrid] {
        var grid = PaperGrid(title: title, heads: ["width, type"] + heads)
        for point in cells.points where point.network == "fashion_detector" {
            let float = cells.cell(point, "f32").flatMap(quality)
            for scheme in cells.schemes(of: [point]) {
                guard let cell = cells.cell(point, scheme.text) else { continue }
                grid.missing += cell.problems
                guard let quality = quality(cell) else { continue }
                grid.rows.append(
                    (
                        "\(point.label), \(scheme.isFloat ? "float" : scheme.text)",
                        values(cell, quality, scheme.isFloat ? nil : float)
                    ))
            }
        }
        return grid.rows.isEmpty && grid.missing.isEmpty ? [] : [grid]
    }

    /// That of the first seed that ran.
    private static func quality(_ cell: PaperCell) -> DetectionQuality? { cell.ran.compactMap(\.detection).first }
}
