/// Several sources as one: each event goes to the first source that can count it.
public struct CompositeSource: CounterSource {
    public let name: String
    public let sources: [any CounterSource]

    public init(name: String = "all", _ sources: [any CounterSource]) {
        self.name = name
        self.sources = sources
    }

    public func components() -> [CounterComponent] { sources.flatMap { $0.components() } }

    /// An event that several sources offer is listed once: by the first that can count it, else by the first.
    public func catalogue() -> [CounterDescription] {
        var entries: [CounterDescription] = []
        var places: [String: Int] = [:]
        for entry in sources.flatMap({ $0.catalogue() }) {
            if let known = places[entry.name] {
                if entries[known].status != .available, entry.status == .available { entries[known] = entry }
            } else {
                places[entry.name] = entries.count
                entries.append(entry)
            }
        }
        return entries
    }

    public func shortestRegion(of event: String) -> Double {
        route(event).map { sources[$0.index].shortestRegion(of: event) } ?? 0
    }

    public func check(_ event: String) -> EventStatus? { route(event)?.status }

    /// The first source that can count the event, else the last that knows why it cannot: later sources know their own
    /// names only, and those better.
    private func route(_ event: String) -> (index: Int, status: EventStatus)? {
        var unavailable: (index: Int, status: EventStatus)?
        for (index, source) in sources.enumerated() {
            switch source.check(event) {
            case .available: return (index, .available)
            case .unavailable(let reason): unavailable = (index, .unavailable(reason: reason))
            case nil: continue
            }
        }
        return unavailable
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

/// Sessions nested like brackets: the first source's, which is asked first because it counts best, is next to the region.
private final class CompositeSession: CounterSession {
    /// Which session counts an event, and the event's place in it.
    struct Place {
        let session: Int
        let index: Int
    }

    let events: [String]
    /// The n-th batches of all sessions are counted together.
    let batches: [[String]]
    private let sessions: [any CounterSession]
    private let places: [Place]

    init(events: [String], sessions: [any CounterSession], places: [Place]) {
        self.events = events
        self.sessions = sessions
        self.places = places
        let all = sessions.map(\.batches)
        batches = (0..<(all.map(\.count).max() ?? 0)).map { batch in
            all.flatMap { batch < $0.count ? $0[batch] : [] }
        }
    }

    func start() { for session in sessions.reversed() { session.start() } }
    func stop() { for session in sessions { session.stop() } }
    func reset() { for session in sessions { session.reset() } }
    func close() { for session in sessions { session.close() } }

    func readings() -> [CounterReading] {
        let all = sessions.map { $0.readings() }
        return places.map { all[$0.session][$0.index] }
    }
}
