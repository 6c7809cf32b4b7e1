/// The arithmetic of raw counter registers: pure functions.
public enum CounterArithmetic {
    /// How far a register of `bits` bits advanced from `start` to `stop`: (stop − start) mod 2^bits.
    ///
    /// Right if the register wrapped at most once. `bits` is 1…64; bits above it are ignored.
    public static func delta(from start: UInt64, to stop: UInt64, bits: Int = 64) -> UInt64 {
        let mask = bits >= 64 ? UInt64.max : (UInt64(1) << UInt64(max(bits, 1))) - 1
        return (stop &- start) & mask
    }

    /// The share of the time enabled that an event was on a counter, 0…1; nil if it was never enabled.
    public static func share(enabled: UInt64, running: UInt64) -> Double? {
        guard enabled > 0 else { return nil }
        return min(1, Double(running) / Double(enabled))
    }

    /// The estimate for all of the time: raw · enabled / running; nil if the event never ran.
    public static func scaled(raw: Int64, enabled: UInt64, running: UInt64) -> Double? {
        guard running > 0 else { return nil }
        return running >= enabled ? Double(raw) : Double(raw) * (Double(enabled) / Double(running))
    }
}

/// The sum of one event over several start-stop rounds, and the part of them in which it was counted.
public struct CounterTotal: Sendable, Equatable {
    private var raw: Int64 = 0
    private var enabled: UInt64 = 0
    private var running: UInt64 = 0
    private var overflowed = false
    private var failure: String?

    public init() {}

    /// Adds one round. Enabled and running share any one unit: nanoseconds, or rounds.
    public mutating func add(_ count: Int64, enabled: UInt64, running: UInt64) {
        let sum = raw.addingReportingOverflow(count)
        raw = sum.partialValue
        overflowed = overflowed || sum.overflow
        self.enabled += enabled
        self.running += running
    }

    /// Adds one round in which the counter failed: from now on there is no number. The first reason is kept.
    public mutating func fail(_ reason: String) { failure = failure ?? reason }

    public func reading(of event: String) -> CounterReading {
        if let failure { return .unavailable(event, failure) }
        if overflowed { return .unavailable(event, "the count exceeds 64 bits") }
        guard let share = CounterArithmetic.share(enabled: enabled, running: running) else {
            return .unavailable(event, "no region was counted")
        }
        guard let value = CounterArithmetic.scaled(raw: raw, enabled: enabled, running: running) else {
            return .unavailable(event, "had no free counter in any round: ask for fewer events or repeat the region")
        }
        return .multiplexed(event, value, share: share)
    }
}
