import Results

/// The sections of a report that set published tables beside ours, as values for templates.
enum PaperSections {
    /// `[{title, claim, remarks: [{text}], plots, grids, missing, published}]`, in the order of the suite.
    ///
    /// - Parameter links: what stands before the names of drawings.
    static func values(of file: ResultsFile, links: String) -> [[String: Any]] {
        let cells = PaperCells(file)
        return (file.context.suite?.paper ?? []).map { id in
            guard let table = PaperTable.all.first(where: { $0.id == id }) else {
                return section(title: id, claim: "This version of bench knows no published table of this name.")
            }
            let grids = table.ours(cells)
            let plots = id == "jacob-figure-4.1" ? TradeoffPlot.all(of: file) : []
            return section(
                title: table.title, claim: table.claim, remark: table.remark, plots: plots, grids: grids,
                published: table.published, links: links)
        }
    }

    private static func section(
        title: String, claim: String, remark: String? = nil, plots: [TradeoffPlot] = [], grids: [PaperGrid] = [],
        published: [PublishedTable] = [], links: String = ""
    ) -> [String: Any] {
        var remarks = remark.map { [$0] } ?? []
        if grids.isEmpty { remarks.append("These results have no cells for it.") }
        return [
            "title": title, "claim": claim, "remarks": remarks.map { ["text": $0] },
            "plots": plots.map { ["title": $0.name, "file": links + $0.file, "svg": $0.svg] },
            "grids": grids.map(grid), "missing": missing(grids.flatMap(\.missing)),
            "published": published.map(table),
        ]
    }

    /// `{title, columns, rows: [{cells}], notes: [{text}]}`
    private static func grid(_ grid: PaperGrid) -> [String: Any] {
        [
            "title": grid.title, "columns": heads(grid.heads), "notes": grid.notes.map { ["text": $0] },
            "rows": grid.rows.map { row in
                [
                    "cells": [cell(row.name, isNumber: false)]
                        + row.cells.map { cell($0.text, isNumber: true, mark: $0.mark.rawValue) }
                ]
            },
        ]
    }

    /// `{title, source, columns, rows: [{cells}]}`
    private static func table(_ table: PublishedTable) -> [String: Any] {
        [
            "title": table.title, "source": table.source, "columns": heads(table.columns),
            "rows": table.rows.map { row in
                ["cells": row.enumerated().map { cell($1, isNumber: $0 > 0, mark: "published") }]
            },
        ]
    }

    private static func heads(_ titles: [String]) -> [[String: Any]] {
        titles.enumerated().map { ReportModel.head($1, isNumber: $0 > 0) }
    }

    /// `{text, kind, mark}`
    private static func cell(_ text: String, isNumber: Bool, mark: String = "") -> [String: Any] {
        ["text": text, "kind": isNumber ? "number" : "text", "mark": mark]
    }

    /// `[{names, reason}]`: numbers that are missing for one reason stand together. Of a reason its first clause is enough: what
    /// follows, the command that would help, stands in the report's list of cells without numbers.
    private static func missing(_ missing: [(name: String, reason: String)]) -> [[String: Any]] {
        let missing = missing.map { (name: $0.name, reason: $0.reason.firstClause) }
        return missing.map(\.reason).inOrder.map { reason in
            [
                "names": missing.filter { $0.reason == reason }.map(\.name).inOrder.joined(separator: ", "),
                "reason": reason,
            ]
        }
    }
}
