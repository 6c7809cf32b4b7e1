import Measurement
import Results

/// What a template can name. Texts are not escaped here: that depends on the template's format.
///
/// Every key is always there: a section whose list is empty is left out by Mustache.
enum ReportModel {
    static func values(of file: ResultsFile) -> [String: Any] {
        let context = file.context
        let ran = file.benchmarks.filter { $0.status == .ok }
        let ceilings = context.ceilings ?? []
        return [
            "title": context.suite?.name ?? "results",
            "context": ContextLines.lines(of: context).map { ["label": $0.label, "value": $0.value] },
            "has_ceilings": !ceilings.isEmpty,
            "ceilings": ceilings.map(ceiling),
            "tables": ReportTable.all(of: file, .full).map(table),
            "has_layers": ran.contains { $0.layers != nil },
            "checks": checks(ran),
            "counters": counters(ran),
            "counting": counting(ran),
            "derived": derived(ran).map { ["name": $0.name, "formula": $0.formula] },
            "unavailable": UnavailableCounters.byReason(ran).map {
                ["names": $0.names.joined(separator: ", "), "reason": $0.reason]
            },
            "has_unavailable": !UnavailableCounters.byReason(ran).isEmpty,
            "problems": file.benchmarks.filter { $0.status != .ok }.map {
                ["name": $0.name, "status": $0.status.rawValue, "reason": $0.reason ?? "no reason recorded"]
            },
            "has_problems": ran.count < file.benchmarks.count,
            "reruns": file.benchmarks.compactMap(\.rerun).map { ["command": $0] },
            "has_reruns": file.benchmarks.contains { $0.rerun != nil },
            "verdict": file.verdict.map { [["message": $0.message]] } ?? [],
        ]
    }

    private static func ceiling(_ ceiling: Ceiling) -> [String: Any] {
        let text = { (value: Double?, metric: Metric) in value.map { metric.format($0) } ?? "" }
        return [
            "threads": ceiling.threads, "int8": text(ceiling.int8GmacsPerSecond, .rate),
            "f32": text(ceiling.f32GmacsPerSecond, .rate), "bandwidth": text(ceiling.bandwidthGbPerSecond, .bandwidth),
        ]
    }

    /// `{title, columns: [{title, rule}], rows: [{cells: [{text}]}], notes: [{text}]}`
    private static func table(_ table: ReportTable) -> [String: Any] {
        [
            "title": table.title,
            "columns": table.columns.map { ["title": $0.title, "rule": $0.isNumber ? "---:" : "---"] },
            "rows": (0..<table.rowCount).map { row in ["cells": table.columns.map { ["text": $0.cells[row]] }] },
            "notes": table.notes.map { ["text": $0] },
        ]
    }

    /// One table of what stands outside the timed region: agreement with the references, set-up times and memory.
    private static func checks(_ records: [Record]) -> [[String: Any]] {
        let columns: [(title: String, text: (Record) -> String?)] = [
            ("off the reference, LSB", { $0.error?.againstReferenceMaxLsb.map(String.init) }),
            (Metric.sqnr.title, { $0.error?.againstF32SqnrDb.map { Metric.sqnr.format($0) } }),
            ("building", { $0.setup?.building.map { Metric.setupTime.format($0) } }),
            ("packing", { $0.setup?.packing.map { Metric.setupTime.format($0) } }),
            ("calibration", { $0.setup?.calibration.map { Metric.setupTime.format($0) } }),
            ("arena", { $0.arenaBytes.map { Metric.modelSize.format(Double($0)) } }),
            ("packed weights", { $0.packedBytes.map { Metric.modelSize.format(Double($0)) } }),
            ("process, peak", { $0.peakResidentBytes.map { Metric.modelSize.format(Double($0)) } }),
        ]
        let rows = records.filter { record in columns.contains { $0.text(record) != nil } }
        return table(
            heads: columns.map(\.title),
            rows: rows.map { record in (record.name, columns.map { $0.text(record) ?? "" }) })
    }

    /// `[{columns, rows}]`, or an empty list without rows: Mustache then leaves the section out.
    private static func table(heads: [String], rows: [(name: String, cells: [String])]) -> [[String: Any]] {
        guard !rows.isEmpty else { return [] }
        return [
            [
                "columns": [["title": "cell", "rule": "---"]] + heads.map { ["title": $0, "rule": "---:"] },
                "rows": rows.map { row in ["cells": ([row.name] + row.cells).map { ["text": $0] }] },
            ]
        ]
    }

    /// One table of all counters and derived metrics that have a value somewhere; empty list if none has.
    private static func counters(_ records: [Record]) -> [[String: Any]] {
        let counters = names(records.compactMap(\.counters), first: CSVReport.standardCounters)
        let metrics = names(records.compactMap(\.metrics), first: [])
        let rows = records.filter { record in
            (record.counters ?? [:]).values.contains { $0.value != nil }
                || (record.metrics ?? [:]).values.contains { $0.value != nil }
        }
        return table(
            heads: counters + metrics.map { head($0, records) },
            rows: rows.map { record in
                let counts = counters.map { text(record.counters?[$0], .counter) }
                return (record.name, counts + metrics.map { text(record.metrics?[$0], .rate) })
            })
    }

    /// A metric's name with its unit: `IPC, instructions/cycle`.
    private static func head(_ metric: String, _ records: [Record]) -> String {
        let unit = records.lazy.compactMap { $0.metrics?[metric]?.unit }.first
        return unit.map { "\(metric), \($0)" } ?? metric
    }

    /// Names that have a value in some record: those of `first` in its order, then the others sorted.
    private static func names(_ dictionaries: [[String: Quantity]], first: [String]) -> [String] {
        var present: Set<String> = []
        for dictionary in dictionaries { present.formUnion(dictionary.filter { $0.value.value != nil }.keys) }
        return first.filter(present.contains) + present.subtracting(first).sorted()
    }

    /// How the counters were read; empty list if none were.
    private static func counting(_ records: [Record]) -> [[String: Any]] {
        let all = records.compactMap(\.counting)
        guard let passes = all.map(\.passes).max(), let cost = all.map(\.costNs).max() else { return [] }
        return [["passes": passes, "cost": Metric.setupTime.format(cost)]]
    }

    /// What has a value somewhere that was computed, and how.
    private static func derived(_ records: [Record]) -> [(name: String, formula: String)] {
        var formulas: [String: String] = [:]
        for record in records {
            for (name, quantity) in (record.counters ?? [:]).merging(record.metrics ?? [:], uniquingKeysWith: { $1 })
            where quantity.provenance == .derived {
                formulas[name] = formulas[name] ?? quantity.formula
            }
        }
        return formulas.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func text(_ quantity: Quantity?, _ metric: Metric) -> String {
        guard let quantity, let value = quantity.value else { return "" }
        let text = metric.format(value)
        guard let share = quantity.share else { return text }
        return "\(text) (counted \(Metric.percentOfCeiling.format(100 * share)) % of the time)"
    }
}
