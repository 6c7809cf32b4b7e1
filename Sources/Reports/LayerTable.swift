import Results

/// The layers of one cell: a row each, then their sum, what is left, and the whole.
enum LayerTable {
    /// Nil for a cell that was not profiled.
    static func table(of record: Record, _ context: Context, _ detail: TableColumn.Detail) -> ReportTable? {
        guard let layers = record.layers, let sum = record.layerSum, let whole = record.latency?.median else {
            return nil
        }
        let columns = columns.filter { $0.only == nil || $0.only == detail }.map { column in
            ReportTable.Column(
                title: column.title, isNumber: column.isNumber, expendable: column.expendable,
                cells: layers.map { column.text(Row(layer: $0, cell: record, whole: whole)) })
        }
        var table = ReportTable(
            title: "\(record.name), layers", columns: columns,
            notes: notes(record, sum, context) + TableColumn.doubts(layers))
        if detail == .full {
            table.columns.append(
                ReportTable.Column(
                    title: "why", isNumber: false, expendable: 0, cells: layers.map { $0.layer?.why ?? "" }))
        } else {
            table.remarks = layers.map { (label(of: $0, in: record), $0.layer?.why ?? "") }
        }
        table.append(["sum", time(sum.sumNs), share(sum.sumNs, of: whole)])
        if let residual = sum.residualNs {
            table.append(["residual", time(residual), share(residual, of: whole)])
        }
        table.append(["whole", time(whole), share(whole, of: whole)])
        return table
    }

    /// The layer's name without the cell's.
    static func label(of layer: Record, in cell: Record) -> String {
        layer.name.hasPrefix(cell.name + "/") ? String(layer.name.dropFirst(cell.name.count + 1)) : layer.name
    }

    private struct Row {
        let layer: Record
        let cell: Record
        let whole: Double
    }

    private struct Column: Sendable {
        let title: String
        var isNumber = true
        var expendable = 0
        /// Nil for a column of every table.
        var only: TableColumn.Detail?
        let text: @Sendable (Row) -> String
    }

    private static let columns = [
        Column(title: "layer", isNumber: false) { label(of: $0.layer, in: $0.cell) },
        Column(title: "chain") { $0.layer.latency.map { time($0.median) } ?? "" },
        Column(title: "share", expendable: 3) { row in row.layer.latency.map { share($0.median, of: row.whole) } ?? ""
        },
        Column(title: "warm", expendable: 1) { $0.layer.layer.map { time($0.warmNs) } ?? "" },
        Column(title: "MMAC", expendable: 6) { $0.layer.macs.map { Metric.rate.format(Double($0) / 1e6) } ?? "" },
        Column(title: Metric.rate.title) { $0.layer.gmacsPerSecond.map { Metric.rate.format($0) } ?? "" },
        Column(title: Metric.percentOfCeiling.title) { TableColumn.percentOfCeiling($0.layer) },
        Column(title: Metric.speedup.title) {
            $0.layer.speedupOverF32.map { Metric.speedup.format($0.value, interval: $0.ci95) } ?? ""
        },
        Column(title: "bytes", expendable: 4, only: .compact) { row in
            size(row.layer.layer.map { $0.inputBytes + $0.outputBytes + $0.weightBytes })
        },
        Column(title: "in", only: .full) { size($0.layer.layer?.inputBytes) },
        Column(title: "out", only: .full) { size($0.layer.layer?.outputBytes) },
        Column(title: "weights", only: .full) { size($0.layer.layer?.weightBytes) },
        Column(title: "MAC/byte", expendable: 7) { $0.layer.layer?.macsPerByte.map { Metric.rate.format($0) } ?? "" },
        Column(title: "path", isNumber: false, expendable: 5) { $0.layer.path ?? "" },
        Column(title: "bound", isNumber: false, expendable: 2) { $0.layer.layer?.bound ?? "" },
    ]

    private static func notes(_ record: Record, _ sum: LayerSum, _ context: Context) -> [String] {
        var notes: [String] = []
        if sum.residualNs != nil, let whole = record.latency?.median {
            // The three add up to the residual.
            notes.append(
                "residual: \(time(whole - sum.besideNs)) as whole inferences beside it took \(time(sum.besideNs)), "
                    + "\(time(sum.besideNs - sum.chainNs)) between the layers, "
                    + "\(time(sum.chainNs - sum.sumNs)) of disturbances")
        }
        notes.append(
            "chain: inside whole inferences, \(sum.rounds) rounds, less \(time(sum.clockNs)) per reading of the clock; warm: "
                + "alone, repeated")
        guard let ceiling = context.ceilings?.first(where: { $0.threads == record.threads }),
            let limits = ceiling.layers
        else { return notes }
        var rates = limits.caches.map { "L\($0.level) \(Metric.bandwidth.format($0.gbPerSecond))" }
        if let memory = ceiling.bandwidthGbPerSecond { rates.append("memory \(Metric.bandwidth.format(memory))") }
        var texts = ["reading, GB/s: \(rates.joined(separator: ", "))"]
        let outputs = record.numerics == "f32" ? limits.f32GoutputsPerSecond : limits.int8GoutputsPerSecond
        if let outputs { texts.append("output stage \(Metric.rate.format(outputs)) G/s") }
        if let dispatch = limits.dispatchNs { texts.append("an empty operator \(time(dispatch))") }
        notes.append("limits: " + texts.joined(separator: "; "))
        return notes
    }

    private static func time(_ nanoseconds: Double) -> String { Metric.latency.format(nanoseconds) }

    private static func share(_ part: Double, of whole: Double) -> String {
        Metric.percentOfCeiling.format(100 * part / whole) + " %"
    }

    private static func size(_ bytes: Int?) -> String { bytes.map { Metric.modelSize.format(Double($0)) } ?? "" }
}
