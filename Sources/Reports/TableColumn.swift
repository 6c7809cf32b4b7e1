import Measurement
import Results

/// A column of a table of results. The same columns make the terminal's table and the Markdown's.
struct TableColumn: Sendable {
    /// How much room a cell may take: intervals as `[low, high]` or as `±half`.
    enum Detail { case full, compact }

    let title: String
    var isNumber = true
    /// Columns with larger numbers are left out first where room is short; 0 never is.
    var expendable = 0
    /// The cell's text; empty if the record does not have the number.
    let text: @Sendable (ResultRow, Detail) -> String

    static func columns(for kind: ResultGroup.Kind) -> [TableColumn] {
        switch kind {
        case .network: [mark, label, latency, interval, speedup, top1, delta, rate, ceiling, perCycle, model, path]
        case .detector:
            [
                mark, label, latency, interval, speedup, map, mapDelta, precision, recall, rate, ceiling, perCycle,
                model, path,
            ]
        case .kernel: [label, latency, interval, speedup, rate, ceiling, perCycle, path]
        }
    }

    private static let mark = TableColumn(title: "", isNumber: false) { row, _ in row.isPareto ? "*" : "" }
    private static let label = TableColumn(title: "case", isNumber: false) { row, _ in row.label }

    private static let latency = number(.latency) { record in record.latency.map { ($0.median, $0.ci95) } }

    /// Half the interval's width as percent of the median; why the cell stopped, if that was not its interval.
    private static let interval = TableColumn(title: Metric.relativeInterval.title, expendable: 3) { row, _ in
        guard let latency = row.record.latency else { return "" }
        let half = latency.ci95.map { Metric.relativeInterval.format(50 * $0.width / latency.median) + " %" } ?? ""
        let reason = latency.stopReason == .interval ? "" : "(\(latency.stopReason.rawValue))"
        return [half, reason].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static let speedup = TableColumn(title: Metric.speedup.title, expendable: 1) { row, detail in
        guard let speedup = row.record.speedupOverF32 else { return "" }
        return detail == .full
            ? Metric.speedup.formatWithInterval(speedup.value, speedup.ci95)
            : Metric.speedup.formatCompact(speedup.value, speedup.ci95)
    }

    private static let top1 = TableColumn(title: Metric.top1.title) { row, detail in
        guard let accuracy = row.record.accuracy else { return "" }
        return merit(.top1, accuracy.top1, accuracy.ci95, accuracy.provenance, detail)
    }

    private static let map = TableColumn(title: Metric.map.title) { row, detail in
        guard let detection = row.record.detection else { return "" }
        return merit(.map, detection.map, detection.ci95, detection.provenance, detail)
    }

    private static func merit(
        _ metric: Metric, _ value: Double, _ interval: Interval?, _ provenance: Provenance, _ detail: Detail
    ) -> String {
        if provenance == .published { return metric.format(value) + " published" }
        return detail == .full
            ? metric.formatWithInterval(value, interval) : metric.formatCompact(value, interval)
    }

    private static let mapDelta = number(.deltaF32, expendable: 2) { $0.detection?.deltaF32.map { ($0, nil) } }
    private static let precision = number(.precision) { $0.detection?.precision.map { ($0, nil) } }
    private static let recall = number(.recall) { $0.detection?.recall.map { ($0, nil) } }

    private static let delta = number(.deltaF32, expendable: 2) { record in record.accuracy?.deltaF32.map { ($0, nil) }
    }
    private static let rate = number(.rate, expendable: 4) { record in record.gmacsPerSecond.map { ($0, nil) } }
    private static let ceiling = TableColumn(title: Metric.percentOfCeiling.title, expendable: 5) { row, _ in
        percentOfCeiling(row.record)
    }

    /// A question mark where the ceiling is not believed; a note below the table says why.
    static func percentOfCeiling(_ record: Record) -> String {
        record.percentOfCeiling.map { Metric.percentOfCeiling.format($0) } ?? (record.ceilingDoubt == nil ? "" : "?")
    }

    /// The doubts about ceilings of these records, each once.
    static func doubts(_ records: [Record]) -> [String] {
        var doubts: [String] = []
        for doubt in records.compactMap(\.ceilingDoubt) where !doubts.contains(doubt) { doubts.append(doubt) }
        return doubts.map { "\(Metric.percentOfCeiling.title) ?: \($0)" }
    }
    private static let perCycle = number(.macsPerCycle, expendable: 7) { record in
        record.macsPerCycle?.value.map { ($0, nil) }
    }
    private static let model = number(.modelSize, expendable: 6) { record in
        record.modelBytes.map { (Double($0), nil) }
    }
    private static let path = TableColumn(title: "path", isNumber: false, expendable: 8) { row, _ in
        row.record.path ?? ""
    }

    private static func number(
        _ metric: Metric, expendable: Int = 0, of value: @escaping @Sendable (Record) -> (Double, Interval?)?
    ) -> TableColumn {
        TableColumn(title: metric.title, expendable: expendable) { row, _ in
            value(row.record).map { metric.format($0.0, interval: $0.1) } ?? ""
        }
    }
}
