import Results

/// What a report says about counters: what was counted, what was computed from it, and where each number comes from.
///
/// The tables' heads are those of the counters that were asked for, whether this machine has them or not: reports of two
/// machines have the same columns.
enum CounterTables {
    /// `[{counting: [{passes, cost}], tables: [{title, columns, rows}]}]`; an empty list if no cell was counted.
    static func sections(_ records: [Record]) -> [[String: Any]] {
        let counted = records.filter { !($0.counters ?? [:]).isEmpty }
        guard !counted.isEmpty else { return [] }
        return [
            [
                "counting": counting(counted),
                "tables": [
                    table("Counted", counters(counted), .counter, counted) { $0.counters?[$1] },
                    table("Computed", metrics(counted), .rate, counted) { $0.metrics?[$1] },
                ].compactMap(\.self),
            ]
        ]
    }

    /// `[{names, provenance, explanation, cells}]`, for all counters, metrics, and MACs per cycle.
    static func sources(_ records: [Record]) -> [[String: Any]] {
        provenance(records).map { row in
            [
                "names": row.names.joined(separator: ", "),
                "provenance": [row.provenance.rawValue, row.share].compactMap(\.self).joined(separator: " "),
                "explanation": row.explanation, "cells": row.cells,
            ]
        }
    }

    static func provenance(_ records: [Record]) -> [ProvenanceRow] {
        ProvenanceRow.all(counters(records) + metrics(records) + [Metric.macsPerCycle.title], of: records)
    }

    private static func counters(_ records: [Record]) -> [String] {
        names(records.compactMap(\.counters), first: CSVReport.standardCounters)
    }

    private static func metrics(_ records: [Record]) -> [String] {
        names(records.compactMap(\.metrics), first: CSVReport.standardMetrics.map(\.name))
    }

    /// Those of `first` in its order, then the others sorted.
    private static func names(_ dictionaries: [[String: Quantity]], first: [String]) -> [String] {
        let present = dictionaries.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
        return first.filter(present.contains) + present.subtracting(first).sorted()
    }

    /// How the counters were read; empty list if nobody noted it.
    private static func counting(_ records: [Record]) -> [[String: Any]] {
        let all = records.compactMap(\.counting)
        guard let passes = all.map(\.passes).max(), let cost = all.map(\.costNs).max() else { return [] }
        return [["passes": passes, "cost": Metric.setupTime.format(cost)]]
    }

    /// Nil without columns.
    private static func table(
        _ title: String, _ names: [String], _ metric: Metric, _ records: [Record],
        _ quantity: (Record, String) -> Quantity?
    ) -> [String: Any]? {
        guard !names.isEmpty else { return nil }
        let heads = names.map { name -> String in
            let unit = records.compactMap { quantity($0, name)?.unit }.first
            return unit.map { "\(name), \($0)" } ?? name
        }
        return [
            "title": title,
            "columns": [ReportModel.head("cell", isNumber: false)]
                + heads.map { ReportModel.head($0, isNumber: true) },
            "rows": records.map { record in
                [
                    "cells": [ReportModel.cell(record.name, isNumber: false)]
                        + names.map { cell(quantity(record, $0), metric) }
                ]
            },
        ]
    }

    /// The number, with the share of the time in which it was counted if that is not all; blank if there is none.
    private static func cell(_ quantity: Quantity?, _ metric: Metric) -> [String: Any] {
        guard let quantity else { return ReportModel.cell("", isNumber: true) }
        let provenance = quantity.provenance.rawValue
        let note = [quantity.share.map(ProvenanceRow.text), quantity.formula, quantity.reason].compactMap(\.self)
        let value = quantity.value.map { metric.format($0) } ?? ""
        return ReportModel.cell(
            quantity.share.map { "\(value) (\(ProvenanceRow.text($0)))" } ?? value, isNumber: true,
            provenance: provenance, note: ([provenance] + note).joined(separator: ": "))
    }
}
