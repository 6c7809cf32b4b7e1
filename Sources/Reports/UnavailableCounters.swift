import Results

/// Counters that could not be read, with each reason said once.
enum UnavailableCounters {
    /// The distinct reasons of one record, sorted.
    static func reasons(of record: Record) -> [String] {
        Set((record.counters ?? [:]).values.compactMap { $0.provenance == .unavailable ? $0.reason : nil }).sorted()
    }

    /// Reason and the names of what it left without a value in at least one record, both sorted; derived metrics and
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
        return names.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
    }
}
