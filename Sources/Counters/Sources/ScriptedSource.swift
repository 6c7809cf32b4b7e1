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
    /// How many events can be counted together.
    public let capacity: Int

    public init(
        name: String = "script", script: [String: [Round]], missing: [String: String] = [:], bits: Int = 64,
        capacity: Int = .max
    ) {
        self.capacity = capacity
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
    private var ledger: RoundLedger
    private var round = 0

    init(events: [String], source: ScriptedSource) {
        self.events = events
        self.source = source
        var broken: [Int: String] = [:]
        var batches: [[Int]] = []
        for (index, event) in events.enumerated() {
            switch source.check(event) {
            case .available:
                if let last = batches.last, last.count < source.capacity {
                    batches[batches.count - 1].append(index)
                } else {
                    batches.append([index])
                }
            case .unavailable(let reason): broken[index] = reason
            case nil: broken[index] = "unknown event \(event)"
            }
        }
        ledger = RoundLedger(events: events.count, batches: batches, broken: broken)
    }

    var batches: [[String]] { ledger.batches.map { $0.map { events[$0] } } }

    func start() {}

    func stop() {
        guard let current = ledger.current else { return }
        ledger.finish(
            ledger.batches[current].map { index in
                guard let rounds = source.script[events[index]], !rounds.isEmpty else {
                    return RoundLedger.Entry(0, share: 0)
                }
                let played = rounds[round % rounds.count]
                let delta = CounterArithmetic.delta(from: played.start, to: played.stop, bits: source.bits)
                let share = CounterArithmetic.share(enabled: played.enabled, running: played.running) ?? 0
                return RoundLedger.Entry(Int64(clamping: delta), share: share)
            })
        round += 1
    }

    func readings() -> [CounterReading] { events.enumerated().map { ledger.reading($0.offset, of: $0.element) } }
    func reset() { ledger.reset() }
    func close() {}
}
