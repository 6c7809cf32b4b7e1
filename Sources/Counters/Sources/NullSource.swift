/// Counts nothing and says why.
public struct NullSource: CounterSource {
    public let name: String
    public let reason: String

    public init(name: String = "none", reason: String) {
        self.name = name
        self.reason = reason
    }

    public func components() -> [CounterComponent] { [CounterComponent(name: name, disabledReason: reason)] }
    public func catalogue() -> [CounterDescription] { [] }
    public func check(_ event: String) -> EventStatus? { .unavailable(reason: reason) }
    public func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession {
        UncountedSession(events.map { ($0, reason) })
    }
}

/// A session of events none of which can be counted.
public final class UncountedSession: CounterSession {
    public let events: [String]
    public var batches: [[String]] { [] }
    private let reasons: [String]

    public init(_ events: [(name: String, reason: String)]) {
        self.events = events.map(\.name)
        self.reasons = events.map(\.reason)
    }

    public func start() {}
    public func stop() {}
    public func readings() -> [CounterReading] { zip(events, reasons).map { .unavailable($0, $1) } }
    public func reset() {}
    public func close() {}
}
