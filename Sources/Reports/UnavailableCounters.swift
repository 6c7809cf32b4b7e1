import Results

/// Counters that could not be read, with each reason said once.
enum UnavailableCounters {
    /// What one record has no number for: `PAPI_TOT_CYC, IPC: no PMU in this virtual machine; …`, sorted by reason. What
    /// is computed stands with the counter whose lack is the cause.
    static func text(of record: Record) -> String {
        var names: [String: [String]] = [:]
        for quantities in [record.counters, record.metrics] {
            for (name, quantity) in (quantities ?? [:]).sorted(by: { $0.key < $1.key }) {
                guard let reason = quantity.reason, quantity.provenance == .unavailable else { continue }
                names[cause(of: reason, in: record), default: []].append(name)
            }
        }
        return names.sorted { $0.key < $1.key }.map { "\($0.value.joined(separator: ", ")): \($0.key)" }
            .joined(separator: "; ")
    }

    /// The reason of the missing counter where `reason` only passes it on (`needs PAPI_TOT_CYC: no PMU …`), else
    /// `reason` itself.
    static func cause(of reason: String, in record: Record) -> String {
        let counters = (record.counters ?? [:]).values.compactMap(\.reason)
        return counters.filter { reason.hasSuffix(": \($0)") }.min { $0.count < $1.count } ?? reason
    }
}
