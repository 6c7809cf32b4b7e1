/// What `--counters a,b` asks for, brought to what this machine can count: names are the same on every machine, the
/// events behind them are not.
public struct CounterSelection: Sendable {
    /// One quantity and where it comes from here.
    public struct Item: Sendable, Equatable {
        public let name: String
        /// Over events that can be counted; nil if there is none.
        public let formula: Formula?
        /// Why there is none; "" if there is.
        public let reason: String
        /// No source knows its events at all: a misspelling, if a user wrote it.
        public let isUnknown: Bool
    }

    /// In the order of first mention.
    public let items: [Item]
    /// Metrics of every group whose quantities are all selected.
    public let metrics: [CounterGroup.Metric]

    /// The events to count, each once.
    public var events: [String] {
        var events: [String] = []
        for event in items.flatMap({ $0.formula?.events ?? [] }) where !events.contains(event) { events.append(event) }
        return events
    }

    /// The quantities of these readings of `events`, one for each item.
    public func quantities(_ readings: [CounterReading]) -> [CounterReading] {
        items.map { item in
            guard let formula = item.formula else { return .unavailable(item.name, item.reason) }
            // An event is passed on with its provenance, however small its share; only formulas need trust.
            if let event = formula.onlyEvent, let reading = readings.first(where: { $0.event == event }) {
                let renamed = reading.renamed(item.name)
                return event == item.name ? renamed : renamed.standIn(for: item.name, formula: event)
            }
            return formula.reading(item.name, of: readings)
        }
    }

    /// One definition, resolved: the first candidate all of whose events can be counted.
    static func resolve(
        _ definition: CounterGroup.Definition, _ source: any CounterSource, _ processor: ProcessorIdentity
    ) -> Item {
        var reason: String?
        var isUnknown = true
        for formula in definition.candidates(for: processor) {
            var missing: String?
            for event in formula.events {
                switch source.check(event) {
                case .available: isUnknown = false
                case .unavailable(let why):
                    missing = missing ?? why
                    isUnknown = false
                case nil: missing = missing ?? "unknown event \(event)"
                }
            }
            guard let missing else {
                return Item(name: definition.name, formula: formula, reason: "", isUnknown: false)
            }
            reason = reason ?? missing
        }
        return Item(
            name: definition.name, formula: nil, reason: reason ?? "no event is known to mean this on \(processor)",
            isUnknown: isUnknown && reason != nil)
    }
}

extension GroupLibrary {
    /// Names of groups stand for their quantities, names of quantities for themselves, everything else for an event.
    public func select(
        _ names: [String], source: any CounterSource, processor: ProcessorIdentity = .current
    ) -> CounterSelection {
        var definitions: [CounterGroup.Definition] = []
        for name in names {
            for definition in self.definitions(name) where !definitions.contains(where: { $0.name == definition.name })
            {
                definitions.append(definition)
            }
        }
        let selected = Set(definitions.map(\.name))
        return CounterSelection(
            items: definitions.map { CounterSelection.resolve($0, source, processor) },
            metrics: groups.filter { $0.events.allSatisfy(selected.contains) }.flatMap(\.metrics))
    }

    private func definitions(_ name: String) -> [CounterGroup.Definition] {
        if let group = groups.first(where: { $0.name == name }) { return group.definitions }
        let known = groups.lazy.flatMap(\.definitions).first { $0.name == name }
        return [known ?? CounterGroup.Definition(event: name)]
    }
}
