/// How long and how precisely a cell is measured. The properties' initial values are the defaults of the format.
public struct MeasureSettings: Hashable, Sendable {
    public enum ColdCache: String, Hashable, Sendable, CaseIterable {
        /// Run back to back.
        case none
        /// Evict the weights before each run.
        case weights
        /// Evict weights and activations before each run.
        case all
    }

    /// Runs before the first sample.
    public var warmup: Duration = .milliseconds(200)
    /// Sampling goes on for at least this long…
    public var minTime: Duration = .seconds(1)
    /// … and at most this long.
    public var maxTime: Duration = .seconds(10)
    /// Sampling stops when the 95 % interval of the median is narrower than this share of it.
    public var relativeCI = 0.01
    public var coldCache = ColdCache.none
    /// Nil: no limit but the time.
    public var maxSamples: Int?

    public init() {}

    /// Whether the settings agree with each other; call it again after flags have changed them.
    ///
    /// - Throws: `SuiteError.measure`.
    public func check() throws(SuiteError) {
        guard minTime <= maxTime else {
            throw .measure(
                reason: "min_time \(minTime) is longer than max_time \(maxTime): raise max_time, or lower min_time")
        }
    }
}

let durationRule =
    "must be a number with its unit (ns, us, ms, s or min), such as '500ms' or '1.5s', and at most 24 hours"

/// Parses `0.2s`, `500ms`, `20us`, `100ns`, `2min`.
///
/// - Throws: `SuiteError.duration`.
public func parseDuration(_ text: String) throws(SuiteError) -> Duration {
    let units = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "min": 60]
    let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
    guard let first = digits.first, let last = digits.last, first != ".", last != ".", let number = Double(digits),
        let unit = units[String(text.dropFirst(digits.count))], number * unit <= 86_400
    else { throw .duration(text: text) }
    return .seconds(number * unit)
}
