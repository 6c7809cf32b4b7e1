// The middle of counting: sources offer events, sessions count them. Measurement drives sessions and knows no source.

/// Whether an event can be counted here.
public enum EventStatus: Sendable, Equatable {
    case available
    /// The source knows this kind of event but cannot count it, for this reason.
    case unavailable(reason: String)
}

/// One event of a source's catalogue.
public struct CounterDescription: Sendable, Equatable {
    public let name: String
    public let summary: String
    /// The part of the source that counts it, for instance "perf_event" or "sde".
    public let component: String
    public let status: EventStatus

    public init(name: String, summary: String, component: String, status: EventStatus) {
        self.name = name
        self.summary = summary
        self.component = component
        self.status = status
    }
}

/// One part of a source, with the reason if it does not work here.
public struct CounterComponent: Sendable, Equatable {
    public let name: String
    public let disabledReason: String?

    public init(name: String, disabledReason: String?) {
        self.name = name
        self.disabledReason = disabledReason
    }
}

/// Something that counts events.
public protocol CounterSource: Sendable {
    var name: String { get }
    func components() -> [CounterComponent]
    /// Every event by name, the missing ones with their reason.
    func catalogue() -> [CounterDescription]
    /// Whether this event can be counted; nil if the source does not know its name.
    func check(_ event: String) -> EventStatus?
    /// Prepares to count `events` on the threads of `team`, outside any timed region.
    ///
    /// An event that cannot be counted does not fail the session: its reading says why.
    func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession
    /// Seconds that a region must last for this event to say anything: energy counters move a thousand times a second.
    func shortestRegion(of event: String) -> Double
}

extension CounterSource {
    public func shortestRegion(of event: String) -> Double { 0 }
}

/// Counts a list of events over one or several start-stop rounds. To be used by one thread at a time.
///
/// What fails within a round makes the readings of the events concerned unavailable with the reason: a measurement
/// never dies of its counters.
public protocol CounterSession: AnyObject {
    /// The events, as they were asked for.
    var events: [String] { get }
    /// The events that are counted, by the round: those of one batch are on the counters together, and the batches take
    /// turns. Whoever has the time gives each batch a session of its own.
    var batches: [[String]] { get }
    /// Starts a round. Whatever this costs is spent before the counters run.
    func start()
    /// Ends the round and adds its counts to the totals.
    func stop()
    /// The totals of all rounds since the session began or was reset, one per event in the order of `events`.
    ///
    /// Events that do not fit on the counters together take turns, one batch each round; their totals are scaled up and
    /// `multiplexed`. That is right if every round does the same work.
    func readings() -> [CounterReading]
    /// Forgets the totals.
    func reset()
    /// Gives the counters back. The readings stay. Closing twice is harmless.
    func close()
}

extension CounterSession {
    public var batches: [[String]] { [events] }

    /// The readings of one execution of `region`.
    public func measure<Failure: Error>(_ region: () throws(Failure) -> Void) throws(Failure) -> [CounterReading] {
        reset()
        start()
        do { try region() } catch {
            stop()
            throw error
        }
        stop()
        return readings()
    }
}
