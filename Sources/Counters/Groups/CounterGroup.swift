/// A named set of quantities with derived metrics, read from suites/counter-groups/*name*.txt.
public struct CounterGroup: Sendable, Equatable {
    /// What is shown under one name on every machine, and how it is counted on each.
    public struct Definition: Sendable, Equatable {
        /// A formula over events, and the processors that it is right for; none: every processor.
        public struct Alternative: Sendable, Equatable {
            public let formula: Formula
            public let processors: [ProcessorPattern]
        }

        public let name: String
        /// The first that can be counted is taken.
        public internal(set) var alternatives: [Alternative]

        /// An event that stands for itself.
        public init(event: String) {
            name = event
            alternatives = [Alternative(formula: Formula(event: event), processors: [])]
        }

        init(name: String, alternatives: [Alternative]) {
            (self.name, self.alternatives) = (name, alternatives)
        }

        /// The formulas for this processor. Those that name it leave the general ones out, so that two definitions of a
        /// group cannot be taken from different ideas of the same thing.
        public func candidates(for processor: ProcessorIdentity) -> [Formula] {
            let own = alternatives.filter { $0.processors.contains { $0.matches(processor) } }
            return (own.isEmpty ? alternatives.filter { $0.processors.isEmpty } : own).map(\.formula)
        }
    }

    /// A formula with a name and a unit.
    public struct Metric: Sendable, Equatable {
        public let name: String
        /// For instance "instructions/cycle"; "" for a pure number.
        public let unit: String
        public let formula: Formula

        /// The metric of these readings: derived, or unavailable with the reason.
        public func evaluate(_ readings: [CounterReading], minimumShare: Double = 0.5) -> CounterReading {
            formula.reading(name, of: readings, minimumShare: minimumShare)
        }
    }

    public let name: String
    /// One line.
    public let title: String
    /// What the numbers mean and what to beware of.
    public let explanation: String
    public let definitions: [Definition]
    public let metrics: [Metric]

    /// The names of its quantities, the same on every machine.
    public var events: [String] { definitions.map(\.name) }
}
