import Results

/// The layers of one cell under the roofline: what bounds each, how near it is, and what fewer bits could gain at most.
enum RooflineTable {
    /// Nil for a cell whose layers have no place under a roofline.
    static func table(of record: Record, _ context: Context) -> ReportTable? {
        let layers = (record.layers ?? []).compactMap { layer in layer.layer?.roofline.map { (layer, $0) } }
        guard !layers.isEmpty else { return nil }
        func column(_ title: String, isNumber: Bool = true, _ text: (Record, RooflinePoint) -> String)
            -> ReportTable.Column
        {
            ReportTable.Column(title: title, isNumber: isNumber, expendable: 0, cells: layers.map(text))
        }
        var columns = [
            column("layer", isNumber: false) { layer, _ in LayerTable.label(of: layer, in: record) },
            column("MAC/byte") { layer, _ in layer.layer?.macsPerByte.map { Metric.rate.format($0) } ?? "" },
        ]
        if layers.contains(where: { $0.1.measuredMacsPerByte?.value != nil }) {
            columns.append(
                column("MAC/byte, measured") { _, point in
                    point.measuredMacsPerByte?.value.map { Metric.rate.format($0) } ?? ""
                })
        }
        columns += [
            column(Metric.rate.title) { layer, _ in layer.gmacsPerSecond.map { Metric.rate.format($0) } ?? "" },
            column("roof, GMAC/s") { _, point in Metric.rate.format(point.attainableGmacsPerSecond) },
            column("% of roof") { _, point in
                point.percentOfRoof.map { Metric.percentOfCeiling.format($0) } ?? "?"
            },
            column("bound", isNumber: false) { _, point in
                point.bound == .compute ? "compute" : "memory (\(point.level))"
            },
        ]
        for (key, title) in [("w4", "4-bit weights"), ("w2", "2-bit weights"), ("int8", "8 bits")]
        where layers.contains(where: { $0.1.atMost[key] != nil }) {
            columns.append(
                column("\(title), at most") { _, point in point.atMost[key].map { Metric.gain.format($0) } ?? "" })
        }
        return ReportTable(
            title: "\(record.name), roofline", columns: columns, notes: notes(record, layers.map(\.1), context))
    }

    private static func notes(_ record: Record, _ points: [RooflinePoint], _ context: Context) -> [String] {
        var notes: [String] = []
        if let ceiling = context.ceilings?.first(where: { $0.threads == record.threads }) {
            let rate = record.numerics == "f32" ? ceiling.f32GmacsPerSecond : ceiling.int8GmacsPerSecond
            let levels = ceiling.levels.map { "\($0.name) \(Metric.bandwidth.format($0.gbPerSecond))" }
            notes.append(
                "t = max(MACs / ceiling, bytes / bandwidth): ceiling \(rate.map { Metric.rate.format($0) } ?? "not known") "
                    + "GMAC/s; reading, GB/s: \(levels.joined(separator: ", "))")
        }
        if points.contains(where: { $0.percentOfRoof == nil }) {
            notes.append(
                "% of roof ?: faster than the roof: a ceiling was measured while something else had the processors")
        }
        let reasons = Set(points.compactMap { $0.measuredMacsPerByte?.reason })
        notes += reasons.sorted().map { "traffic from memory was not measured: \($0)" }
        return notes
    }
}
