/// A named set of events with derived metrics, read from suites/counter-groups/*name*.txt.
public struct CounterGroup: Sendable, Equatable {
    /// A formula with a name and a unit.
    public struct Metric: Sendable, Equatable {
        public let name: String
        /// For instance "instructions/cycle"; "" for a pure number.
        public let unit: String
        public let formula: Formula

        /// The metric of these readings: derived, or unavailable with the reason.
        public func evaluate(_ readings: [CounterReading], minimumShare: Double = 0.5) -> CounterReading {
            let byName = Dictionary(readings.map { ($0.event, $0) }) { first, _ in first }
            return switch formula.evaluate(byName, minimumShare: minimumShare) {
            case .success(let value): .derived(name, value, formula: formula.text)
            case .failure(let blank): .unavailable(name, blank.reason)
            }
        }
    }

    public let name: String
    /// One line.
    public let title: String
    /// What the numbers mean and what to beware of.
    public let explanation: String
    public let events: [String]
    public let metrics: [Metric]
}
