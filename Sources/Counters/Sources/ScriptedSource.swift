/// Plays back registers that a test wrote down: the measuring loop is tested without a counter.
public struct ScriptedSource: CounterSource {
    /// One start-stop round of one event, as the hardware would show it.
    public struct Round: Sendable {
        public let start: UInt64
        public let stop: UInt64
        public let enabled: UInt64
        public let running: UInt64

        public init(from start: UInt64, to stop: UInt64, enabled: UInt64 = 1, running: UInt64 = 1) {
            self.start = start
            self.stop = stop
            self.enabled = enabled
            self.running = running
        }
    }

    public let name: String
    /// What each event does in its rounds; the script starts again after its last round.
    public let script: [String: [Round]]
    /// Events that exist but cannot be counted, with the reason.
    public let missing: [String: String]
    /// Width of the registers, 1…64.
    public let bits: Int

    public init(
        name: String = "script", script: [String: [Round]], missing: [String: String] = [:], bits: Int = 64
    ) {
        self.name = name
        self.script = script
        self.missing = missing
        self.bits = bits
    }

    public func components() -> [CounterComponent] { [CounterComponent(name: name, disabledReason: nil)] }

    public func catalogue() -> [CounterDescription] {
        Set(script.keys).union(missing.keys).sorted().map { event in
            CounterDescription(
                name: event, summary: "scripted", component: name,
                status: missing[event].map { .unavailable(reason: $0) } ?? .available)
        }
    }

    public func check(_ event: String) -> EventStatus? {
        if let reason = missing[event] { return .unavailable(reason: reason) }
        return script[event] == nil ? nil : .available
    }

    public func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession {
        ScriptedSession(events: events, source: self)
    }
}

private final class ScriptedSession: CounterSession {
    let events: [String]
    private let source: ScriptedSource
    private var totals: [CounterTotal]
    private var round = 0

    init(events: [String], source: ScriptedSource) {
        self.events = events
        self.source = source
        self.totals = events.map { _ in CounterTotal() }
        reset()
    }

    func start() {}

    func stop() {
        for (i, event) in events.enumerated() {
            guard let rounds = source.script[event], !rounds.isEmpty else { continue }
            let played = rounds[round % rounds.count]
            let delta = CounterArithmetic.delta(from: played.start, to: played.stop, bits: source.bits)
            totals[i].add(Int64(clamping: delta), enabled: played.enabled, running: played.running)
        }
        round += 1
    }

    func readings() -> [CounterReading] { zip(totals, events).map { $0.reading(of: $1) } }

    func reset() {
        totals = events.map { event in
            var total = CounterTotal()
            if case .unavailable(let reason) = source.check(event) ?? .unavailable(reason: "unknown event \(event)") {
                total.fail(reason)
            }
            return total
        }
    }

    func close() {}
}
