internal import CPlatform

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The kernel's perf_event interface without a library between: generic hardware events where PAPI does not know the
/// processor, any event of the processor by its code, and the kernel's own software events.
public struct PerfSource: CounterSource {
    public let name = "perf"

    public init() {}

    public func components() -> [CounterComponent] {
        [CounterComponent(name: name, disabledReason: Self.reasonForNone)]
    }

    /// Why not even a software event can be counted.
    private static var reasonForNone: String? {
        if case .unavailable(let reason)? = PerfSource().check("perf::TASK-CLOCK") { reason } else { nil }
    }

    public func catalogue() -> [CounterDescription] {
        PerfEvent.all.map { name, event in
            CounterDescription(name: name, summary: event.summary, component: self.name, status: Self.status(event))
        }
    }

    public func check(_ event: String) -> EventStatus? { PerfEvent(named: event).map(Self.status) }

    /// Whether the kernel counts this event by itself, without the processor's counters.
    package static func isSoftware(_ event: String) -> Bool { PerfEvent(named: event)?.isSoftware ?? false }

    private static func status(_ event: PerfEvent) -> EventStatus {
        if !event.isSoftware, let reason = HardwareProbe.shared.reason { return .unavailable(reason: reason) }
        let descriptor = open(event, leader: -1)
        guard descriptor >= 0 else { return .unavailable(reason: reason(-descriptor, event)) }
        cp_perf_close(descriptor)
        return .available
    }

    /// A descriptor, or -errno.
    static func open(_ event: PerfEvent, leader: Int32) -> Int32 {
        cp_perf_open_member(event.type, event.config, leader, event.inKernel ? 0 : 1)
    }

    static func reason(_ error: Int32, _ event: PerfEvent) -> String {
        switch error {
        case EACCES where event.inKernel, EPERM where event.inKernel:
            return "happens in the kernel, which only root, CAP_PERFMON or kernel.perf_event_paranoid=1 may watch"
        case ENOENT, EINVAL, EOPNOTSUPP: return "the kernel has no such event for this processor"
        default:
            return HardwareProbe.shared.reason ?? "perf_event_open: \(String(cString: strerror(error)))"
        }
    }

    public func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession {
        PerfSession(events: events, team: team)
    }
}

/// Software and hardware events apart: the former always fit.
private final class PerfSession: CounterSession {
    let events: [String]
    private let places: [(counter: Int, index: Int)?]
    private let counters: [PerfCounter]

    init(events: [String], team: ThreadTeam) {
        self.events = events
        var members: [[PerfEvent]] = [[], []]
        places = events.map { name in
            guard let event = PerfEvent(named: name) else { return nil }
            let counter = event.isSoftware ? 0 : 1
            members[counter].append(event)
            return (counter, members[counter].count - 1)
        }
        counters = members.map { PerfCounter(events: $0, team: team) }
    }

    deinit { close() }

    var batches: [[String]] {
        (0..<(counters.map(\.batches.count).max() ?? 0)).map { batch in
            zip(events, places).compactMap { event, place in
                guard let place, batch < counters[place.counter].batches.count else { return nil }
                return counters[place.counter].batches[batch].contains(place.index) ? event : nil
            }
        }
    }

    func start() { for counter in counters { counter.start() } }
    func stop() { for counter in counters.reversed() { counter.stop() } }
    func reset() { for counter in counters { counter.reset() } }
    func close() { for counter in counters { counter.close() } }

    func readings() -> [CounterReading] {
        zip(events, places).map { event, place in
            guard let place else { return .unavailable(event, "unknown event \(event)") }
            return counters[place.counter].reading(place.index, of: event)
        }
    }
}
