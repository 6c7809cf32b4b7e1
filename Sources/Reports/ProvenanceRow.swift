import Results

/// Where some numbers of a report come from, or why they are missing: a row of its table of provenance.
struct ProvenanceRow {
    /// Quantities of which the rest is true, in the report's order.
    private(set) var names: [String]
    let provenance: Provenance
    /// The share of the time in which they were counted, such as `33.3 %` or `33.3 to 50.0 %`; nil if all of it.
    let share: String?
    /// The formula, or the reason; "" for what was simply counted.
    let explanation: String
    /// `all`, or `2 of 7`.
    let cells: String

    /// - Parameter names: of counters, metrics, and MACs per cycle; those that no record has are left out.
    static func all(_ names: [String], of records: [Record]) -> [ProvenanceRow] {
        var sources: [ProvenanceRow] = []
        for name in names {
            for own in self.sources(of: name, in: records) {
                if let twin = sources.firstIndex(where: { $0.isTwin(of: own) }) {
                    sources[twin].names.append(name)
                } else {
                    sources.append(own)
                }
            }
        }
        return sources
    }

    static func text(_ share: Double) -> String { "\(Metric.percentOfCeiling.format(100 * share)) %" }

    private func isTwin(of other: ProvenanceRow) -> Bool {
        (provenance, share, explanation, cells)
            == (other.provenance, other.share, other.explanation, other.cells)
    }

    private static func sources(of name: String, in records: [Record]) -> [ProvenanceRow] {
        var order: [Origin] = []
        var shares: [Origin: [Double?]] = [:]
        for record in records {
            guard let quantity = record.quantity(name) else { continue }
            let origin = Origin(
                provenance: quantity.provenance,
                explanation: quantity.reason.map { UnavailableCounters.cause(of: $0, in: record) }
                    ?? quantity.formula ?? "")
            if shares[origin] == nil { order.append(origin) }
            shares[origin, default: []].append(quantity.share)
        }
        let total = shares.values.reduce(0) { $0 + $1.count }
        return order.map { origin in
            let own = shares[origin] ?? []
            return ProvenanceRow(
                names: [name], provenance: origin.provenance, share: range(own.compactMap(\.self)),
                explanation: origin.explanation, cells: own.count == total ? "all" : "\(own.count) of \(total)")
        }
    }

    private struct Origin: Hashable {
        let provenance: Provenance
        let explanation: String
    }

    private static func range(_ shares: [Double]) -> String? {
        guard let low = shares.min(), let high = shares.max() else { return nil }
        let (first, last) = (text(low), text(high))
        return first == last ? first : "\(first) to \(last)"
    }
}

extension Record {
    /// A counter, a metric, or MACs per cycle.
    fileprivate func quantity(_ name: String) -> Quantity? {
        counters?[name] ?? metrics?[name] ?? (name == Metric.macsPerCycle.title ? macsPerCycle : nil)
    }
}
