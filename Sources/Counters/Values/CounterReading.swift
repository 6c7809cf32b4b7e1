/// Where a number came from.
public enum Provenance: Sendable, Equatable {
    /// Counted during all of the region.
    case measured
    /// Counted during `share` (0…1, exclusive) of the region and scaled up to all of it.
    case multiplexed(share: Double)
    /// Computed from other numbers, or read from another event that means the same. `share` is the smallest part of the
    /// region for which one of them was counted, 1 unless there was multiplexing.
    case derived(formula: String, share: Double = 1)
    /// There is no number, for this reason.
    case unavailable(reason: String)

    /// The word that records and tables use.
    public var word: String {
        switch self {
        case .measured: "measured"
        case .multiplexed: "multiplexed"
        case .derived: "derived"
        case .unavailable: "unavailable"
        }
    }

    /// The part of the region that was counted, 0…1.
    public var share: Double {
        switch self {
        case .measured: 1
        case .multiplexed(let share), .derived(_, let share): share
        case .unavailable: 0
        }
    }

    /// The reason of a number that is not there.
    public var reason: String? {
        if case .unavailable(let reason) = self { reason } else { nil }
    }
}

/// What one event counted. `value` is absent, never 0, exactly if the provenance is `unavailable`.
public struct CounterReading: Sendable, Equatable {
    /// The event by the name it was asked for.
    public let event: String
    /// Exact for counts below 2⁵³.
    public let value: Double?
    public let provenance: Provenance

    private init(event: String, value: Double?, provenance: Provenance) {
        self.event = event
        self.value = value
        self.provenance = provenance
    }

    public static func measured(_ event: String, _ value: Double) -> CounterReading {
        finite(event, value, .measured)
    }

    /// A share of 0 is no number at all, a share of 1 or more is measured.
    public static func multiplexed(_ event: String, _ value: Double, share: Double) -> CounterReading {
        guard share > 0 else { return unavailable(event, "counted for no part of the region") }
        return finite(event, value, share >= 1 ? .measured : .multiplexed(share: share))
    }

    public static func derived(
        _ event: String, _ value: Double, formula: String, share: Double = 1
    ) -> CounterReading {
        finite(event, value, .derived(formula: formula, share: share))
    }

    public static func unavailable(_ event: String, _ reason: String) -> CounterReading {
        CounterReading(event: event, value: nil, provenance: .unavailable(reason: reason))
    }

    private static func finite(_ event: String, _ value: Double, _ provenance: Provenance) -> CounterReading {
        guard value.isFinite else { return unavailable(event, "not a finite number") }
        return CounterReading(event: event, value: value, provenance: provenance)
    }

    /// The value as an integer, if it is one.
    public var count: Int64? { value.flatMap(Int64.init(exactly:)) }

    /// Counted during at least `minimumShare` of the region, or computed from numbers that were.
    public func isTrusted(minimumShare: Double) -> Bool { value != nil && provenance.share >= minimumShare }

    /// The reading per iteration of a region that did the same work `iterations` times; provenance is kept.
    public func perIteration(_ iterations: Int) -> CounterReading {
        guard let value else { return self }
        guard iterations > 0 else { return .unavailable(event, "the region ran no iteration") }
        return CounterReading(event: event, value: value / Double(iterations), provenance: provenance)
    }

    /// The same number under another name.
    public func renamed(_ event: String) -> CounterReading {
        CounterReading(event: event, value: value, provenance: provenance)
    }

    /// The same number, read in place of another event that means the same: its provenance names `formula`.
    public func standIn(for event: String, formula: String) -> CounterReading {
        guard let value else { return renamed(event) }
        return .derived(event, value, formula: formula, share: provenance.share)
    }
}
