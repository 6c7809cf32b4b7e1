/// All that `bench doctor` found: what is printed, and what is written as JSON.
public struct Diagnosis: Codable, Sendable, Equatable {
    public static let schemaVersion = 1

    public var schemaVersion = Self.schemaVersion
    public var processor: String?
    public var kernel: String?
    public var checks: [Finding]
    /// Core clock in Hz by dependent additions, one per cycle.
    public var coreClock: Double
    public var work: [TimedWork]
    public var events: [EventReport]

    public init(
        processor: String?, kernel: String?, checks: [Finding], coreClock: Double, work: [TimedWork],
        events: [EventReport]
    ) {
        (self.processor, self.kernel, self.checks) = (processor, kernel, checks)
        (self.coreClock, self.work, self.events) = (coreClock, work, events)
    }

    enum CodingKeys: String, CodingKey {
        case processor, kernel, checks, work, events
        case schemaVersion = "schema_version"
        case coreClock = "core_clock_hz"
    }

    /// The events that cannot be relied on: unavailable, or contradicted by known work.
    public var untrusted: [EventReport] {
        events.filter { $0.verdict == .unavailable || $0.verdict == .contradicted }
    }
}

/// One look at the machine: what was found, whether it disturbs measurements, and what to do about it.
public struct Finding: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable, CaseIterable {
        /// As it should be.
        case ok
        /// To be kept in mind.
        case note
        /// Makes numbers scatter, or hides some.
        case warning
        /// Makes numbers wrong.
        case problem
    }

    public let name: String
    public let state: State
    public let found: String
    public let advice: String?

    public init(_ name: String, _ state: State, _ found: String, advice: String? = nil) {
        (self.name, self.state, self.found, self.advice) = (name, state, found, advice)
    }
}

/// How long a loop of known work took, without counters.
public struct TimedWork: Codable, Sendable, Equatable {
    public var name: String
    public var title: String
    /// What one operation is: `addition`, `load`.
    public var operation: String
    public var operations: Double
    /// Of one operation, in the fastest of the runs.
    public var nanoseconds: Double
    /// Of one operation, derived from the core clock.
    public var cycles: Double

    public init(
        name: String, title: String, operation: String, operations: Double, nanoseconds: Double, cycles: Double
    ) {
        (self.name, self.title, self.operation) = (name, title, operation)
        (self.operations, self.nanoseconds, self.cycles) = (operations, nanoseconds, cycles)
    }
}

/// One event, held against every loop of which its count is known.
public struct EventReport: Codable, Sendable, Equatable {
    public enum Verdict: String, Codable, Sendable {
        /// Every loop's count was met.
        case trusted
        /// Some loop's count was missed.
        case contradicted
        /// It can be counted, but no loop tells what the count should be.
        case unverified
        /// It cannot be counted, or failed while it was.
        case unavailable
    }

    public var event: String
    public var verdict: Verdict
    /// Why it is unavailable.
    public var reason: String?
    public var comparisons: [Comparison]

    public init(event: String, verdict: Verdict, reason: String? = nil, comparisons: [Comparison]) {
        (self.event, self.verdict, self.reason, self.comparisons) = (event, verdict, reason, comparisons)
    }
}

/// One event against one loop. Counts are of one run of the loop.
public struct Comparison: Codable, Sendable, Equatable {
    /// Name of the loop.
    public var work: String
    public var expected: Double
    /// What is accepted, both ends included.
    public var lowest: Double
    public var highest: Double
    /// The median of the runs; absent if the event is unavailable.
    public var counted: Double?
    /// Where the count came from: `measured`, `multiplexed`, `derived`.
    public var provenance: String?
    /// The share of the run that was counted, if it was multiplexed; or the event read instead, if it was derived.
    public var detail: String?
    /// 100 · (counted / expected − 1); absent if nothing is expected.
    public var errorPercent: Double?
    public var agrees: Bool?

    enum CodingKeys: String, CodingKey {
        case work, expected, lowest, highest, counted, provenance, detail, agrees
        case errorPercent = "error_percent"
    }
}
