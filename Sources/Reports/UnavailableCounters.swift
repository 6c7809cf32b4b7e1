import Results

/// Counters that could not be read, with each reason said once.
enum UnavailableCounters {
    /// The distinct reasons of one record, sorted. A metric's own reason is left out where it only passes on a counter's.
    static func reasons(of record: Record) -> [String] {
        func reasons(_ quantities: [String: Quantity]?) -> Set<String> {
            Set((quantities ?? [:]).values.compactMap { $0.provenance == .unavailable ? $0.reason : nil })
        }
        let counters = reasons(record.counters)
        let metrics = reasons(record.metrics).filter { reason in !counters.contains { reason.hasSuffix($0) } }
        return counters.union(metrics).sorted()
    }

    /// Reason, that of the missing counter for a metric that needs one, and the names of what it left without a value in at least one record, both sorted; derived metrics and
    /// MACs per cycle included.
    static func byReason(_ records: [Record]) -> [(reason: String, names: [String])] {
        var names: [String: Set<String>] = [:]
        for record in records {
            var quantities = record.counters ?? [:]
            quantities.merge(record.metrics ?? [:]) { counter, _ in counter }
            if let perCycle = record.macsPerCycle { quantities[Metric.macsPerCycle.title] = perCycle }
            for (name, quantity) in quantities where quantity.provenance == .unavailable {
                names[quantity.reason ?? "no reason recorded", default: []].insert(name)
            }
        }
        for (reason, own) in names {
            let causes = names.keys.filter { reason != $0 && reason.hasSuffix(": \($0)") }
            guard let cause = causes.min(by: { $0.count < $1.count }) else { continue }
            names[cause]?.formUnion(own)
            names[reason] = nil
        }
        return names.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
    }
}
