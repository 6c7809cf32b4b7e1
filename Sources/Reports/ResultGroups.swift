import Results

/// One row of a table: a record, and what its group says about it.
struct ResultRow {
    let record: Record
    /// The record's name without what the table's title says.
    let label: String
    /// True if no other row of the table is both faster and more accurate.
    var isPareto = false
}

extension Record {
    /// What the cell is good for, in percent, by which the Pareto set is chosen: top-1 accuracy, or a detector's mAP.
    var merit: (value: Double, provenance: Provenance, source: String?)? {
        accuracy.map { ($0.top1, $0.provenance, $0.source) } ?? detection.map { ($0.map, $0.provenance, $0.source) }
    }
}

/// Rows that may be compared with each other.
struct ResultGroup {
    enum Kind { case network, detector, kernel }

    let kind: Kind
    /// Such as `fashion_mobilenet_v1, 2 threads`.
    let title: String
    /// By latency; rows without one come last.
    let rows: [ResultRow]

    /// What has to be said below the table: where published accuracies come from, which rows were disturbed, and whether
    /// the ceilings are doubtful.
    var notes: [String] { sources + disturbances + TableColumn.doubts(rows.map(\.record)) }

    /// A median bears some disturbed samples; from this share on, a row should be measured again.
    private static let disturbedShare = 0.05

    private var disturbances: [String] {
        let rows = rows.compactMap { row -> String? in
            guard let latency = row.record.latency, let count = latency.disturbed?.count,
                Double(count) > Self.disturbedShare * Double(latency.samples.count)
            else { return nil }
            return "\(row.label) \(count) of \(latency.samples.count)"
        }
        guard !rows.isEmpty else { return [] }
        return ["samples with context switches or migrations: \(rows.joined(separator: ", "))"]
    }

    private var sources: [String] {
        var sources: [String] = []
        for row in rows {
            guard let merit = row.record.merit, merit.provenance == .published else { continue }
            let source = merit.source ?? "no source recorded"
            if !sources.contains(source) { sources.append(source) }
        }
        return sources.map { "published accuracies, not measured here: \($0)" }
    }

    /// The comparable groups of a run: one per network (all its widths and resolutions), batch and thread count, then
    /// one per operator and thread count. Only cells that ran belong to one.
    static func all(of file: ResultsFile) -> [ResultGroup] {
        var order: [Key] = []
        var members: [Key: [Record]] = [:]
        for record in file.benchmarks where record.status == .ok {
            let key = Key(record)
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(record)
        }
        // Subjects in the order of the run, thread counts ascending within each.
        var subjects: [Key: Int] = [:]
        for key in order where subjects[key.withoutThreads] == nil { subjects[key.withoutThreads] = subjects.count }
        let rank = { (key: Key) in (key.kind == .kernel ? 1 : 0, subjects[key.withoutThreads] ?? 0, key.threads ?? 0) }
        return order.sorted { rank($0) < rank($1) }.map { ResultGroup(key: $0, records: members[$0] ?? []) }
    }

    private init(key: Key, records: [Record]) {
        kind = records.contains { $0.detection != nil } ? .detector : key.kind
        title = key.title
        var rows = records.map { ResultRow(record: $0, label: key.label(of: $0)) }
        rows.sort { ($0.record.latency?.median ?? .infinity) < ($1.record.latency?.median ?? .infinity) }
        Self.markPareto(&rows)
        self.rows = rows
    }

    /// The trade-off of latency and accuracy. Published accuracies compete only with published ones: they were measured
    /// by other people on another implementation.
    private static func markPareto(_ rows: inout [ResultRow]) {
        for published in [false, true] {
            let competitors = rows.indices.filter { index in
                guard rows[index].record.latency != nil, let merit = rows[index].record.merit else { return false }
                return (merit.provenance == .published) == published
            }
            let points = competitors.compactMap { index -> (latency: Double, accuracy: Double)? in
                guard let latency = rows[index].record.latency, let merit = rows[index].record.merit else { return nil }
                return (latency.median, merit.value)
            }
            for (index, onFront) in zip(competitors, Pareto.front(points)) { rows[index].isPareto = onFront }
        }
    }

    /// What rows of one group share.
    private struct Key: Hashable {
        let kind: Kind
        let subject: String
        let batch: Int?
        let threads: Int?

        init(_ record: Record) {
            kind = record.network == nil ? .kernel : .network
            subject = record.network ?? record.op ?? "other"
            batch = record.batch
            threads = record.threads
        }

        private init(kind: Kind, subject: String, batch: Int?, threads: Int?) {
            self.kind = kind
            self.subject = subject
            self.batch = batch
            self.threads = threads
        }

        var withoutThreads: Key { Key(kind: kind, subject: subject, batch: batch, threads: nil) }

        var title: String {
            var parts = [subject]
            if let batch, batch != 1 { parts.append("batch \(batch)") }
            if let threads { parts.append("\(threads) thread\(threads == 1 ? "" : "s")") }
            return parts.joined(separator: ", ")
        }

        func label(of record: Record) -> String {
            var name = record.name[...]
            if let threads, name.hasSuffix("/t\(threads)") { name = name.dropLast("/t\(threads)".count) }
            if kind == .network, name.hasPrefix(subject + "_") { name = name.dropFirst(subject.count + 1) }
            return String(name)
        }
    }
}
