import Measurement
import Results

/// What a template can name. Texts are not escaped here: that depends on the template's format.
///
/// Every key is always there: a section whose list is empty is left out by Mustache.
enum ReportModel {
    /// - Parameter links: what stands before the names of drawings, where the report does not lie beside them.
    static func values(of file: ResultsFile, links: String = "") -> [String: Any] {
        let context = file.context
        let ran = file.benchmarks.filter { $0.status == .ok }
        let ceilings = context.ceilings ?? []
        return [
            "title": context.suite?.name ?? "results",
            "context": ContextLines.lines(of: context).map { ["label": $0.label, "value": $0.value] },
            "has_ceilings": !ceilings.isEmpty,
            "ceilings": ceilings.map(ceiling),
            "tables": ReportTable.all(of: file, .full).map(table),
            "plots": RooflinePlot.all(of: file).map { ["title": $0.name, "file": $0.file, "svg": $0.svg] },
            "has_layers": ran.contains { $0.layers != nil },
            "checks": checks(ran),
            "counters": CounterTables.sections(ran),
            "sources": CounterTables.sources(ran),
            "has_sources": !CounterTables.sources(ran).isEmpty,
            "papers": PaperSections.values(of: file, links: links),
            "has_papers": context.suite?.paper != nil,
            "problems": file.benchmarks.filter { $0.status != .ok }.map {
                ["name": $0.name, "status": $0.status.rawValue, "reason": $0.reason ?? "no reason recorded"]
            },
            "has_problems": ran.count < file.benchmarks.count,
            "reruns": file.benchmarks.compactMap(\.rerun).map { ["command": $0] },
            "has_reruns": file.benchmarks.contains { $0.rerun != nil },
            "trainings": trainings(ran).map { ["command": $0] },
            "has_trainings": ran.contains { $0.trainedBy != nil },
            "verdict": file.verdict.map { [["message": $0.message]] } ?? [],
        ]
    }

    /// The commands that trained the networks, each once.
    private static func trainings(_ records: [Record]) -> [String] {
        var seen = Set<String>()
        return records.compactMap(\.trainedBy).filter { seen.insert($0).inserted }
    }

    private static func ceiling(_ ceiling: Ceiling) -> [String: Any] {
        let text = { (value: Double?, metric: Metric) in value.map { metric.format($0) } ?? "" }
        return [
            "threads": ceiling.threads, "int8": text(ceiling.int8GmacsPerSecond, .rate),
            "f32": text(ceiling.f32GmacsPerSecond, .rate), "bandwidth": text(ceiling.bandwidthGbPerSecond, .bandwidth),
        ]
    }

    /// `{title, columns, rows: [{cells, is_pareto}], notes: [{text}]}`
    private static func table(_ table: ReportTable) -> [String: Any] {
        [
            "title": table.title,
            "columns": table.columns.map { head($0.title, isNumber: $0.isNumber) },
            "rows": (0..<table.rowCount).map { row in
                [
                    "cells": table.columns.map { cell($0.cells[row], isNumber: $0.isNumber) },
                    "is_pareto": table.isPareto[row],
                ]
            },
            "notes": table.notes.map { ["text": $0] },
        ]
    }

    /// `{title, rule, kind}`: the rule for Markdown, the kind for HTML.
    static func head(_ title: String, isNumber: Bool) -> [String: Any] {
        ["title": title, "rule": isNumber ? "---:" : "---", "kind": isNumber ? "number" : "text"]
    }

    /// `{text, kind, provenance, note}`; the provenance of a counter and what there is to say about it, "" elsewhere.
    static func cell(
        _ text: String, isNumber: Bool, provenance: String = "", note: String = ""
    ) -> [String: Any] {
        ["text": text, "kind": isNumber ? "number" : "text", "provenance": provenance, "note": note]
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
                "columns": [head("cell", isNumber: false)] + heads.map { head($0, isNumber: true) },
                "rows": rows.map { row in
                    ["cells": [cell(row.name, isNumber: false)] + row.cells.map { cell($0, isNumber: true) }]
                },
            ]
        ]
    }
}
