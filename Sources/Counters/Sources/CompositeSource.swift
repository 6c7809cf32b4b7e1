/// Several sources as one: each event goes to the first source that can count it.
public struct CompositeSource: CounterSource {
    public let name: String
    public let sources: [any CounterSource]

    public init(name: String = "all", _ sources: [any CounterSource]) {
        self.name = name
        self.sources = sources
    }

    public func components() -> [CounterComponent] { sources.flatMap { $0.components() } }
    public func catalogue() -> [CounterDescription] { sources.flatMap { $0.catalogue() } }

    public func check(_ event: String) -> EventStatus? { route(event)?.status }

    /// The first source that can count the event, else the first that knows why it cannot.
    private func route(_ event: String) -> (index: Int, status: EventStatus)? {
        var firstUnavailable: (index: Int, status: EventStatus)?
        for (index, source) in sources.enumerated() {
            switch source.check(event) {
            case .available: return (index, .available)
            case .unavailable(let reason):
                firstUnavailable = firstUnavailable ?? (index, .unavailable(reason: reason))
            case nil: continue
            }
        }
        return firstUnavailable
    }

    public func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession {
        var shares: [[String]] = sources.map { _ in [] }
        var unknown: [(name: String, reason: String)] = []
        var places: [CompositeSession.Place] = []
        for event in events {
            if let index = route(event)?.index {
                places.append(.init(session: index, index: shares[index].count))
                shares[index].append(event)
            } else {
                places.append(.init(session: sources.count, index: unknown.count))
                unknown.append((event, "unknown event \(event)"))
            }
        }
        let sessions = zip(sources, shares).map { source, share -> any CounterSession in
            share.isEmpty ? UncountedSession([]) : source.begin(share, on: team)
        }
        return CompositeSession(events: events, sessions: sessions + [UncountedSession(unknown)], places: places)
    }
}

/// Sessions nested like brackets: the last one started is the first one stopped.
private final class CompositeSession: CounterSession {
    /// Which session counts an event, and the event's place in it.
    struct Place {
        let session: Int
        let index: Int
    }

    let events: [String]
    private let sessions: [any CounterSession]
    private let places: [Place]

    init(events: [String], sessions: [any CounterSession], places: [Place]) {
        self.events = events
        self.sessions = sessions
        self.places = places
    }

    func start() { for session in sessions { session.start() } }
    func stop() { for session in sessions.reversed() { session.stop() } }
    func reset() { for session in sessions { session.reset() } }
    func close() { for session in sessions { session.close() } }

    func readings() -> [CounterReading] {
        let all = sessions.map { $0.readings() }
        return places.map { all[$0.session][$0.index] }
    }
}
