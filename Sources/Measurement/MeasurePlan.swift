/// When a cell is warm, and when it has been measured enough. Times are seconds.
public struct MeasurePlan: Sendable, Equatable {
    /// Each workload runs at least this long, and at least once, before its first sample.
    public var warmup: Double
    /// No cell stops by its interval before its own samples add up to this.
    public var minTime: Double
    /// Every cell stops when its own samples add up to this.
    public var maxTime: Double
    /// A cell stops when the 95 % interval of its median is narrower than this share of the median (0.01: 1 % from end
    /// to end). 0 switches this rule off.
    public var relativeCI: Double
    /// Every cell stops at this number of samples.
    public var maxSamples: Int
    /// Seeds the order in which cells are run within each round.
    public var seed: UInt64

    public init(
        warmup: Double = 0.2, minTime: Double = 1, maxTime: Double = 10, relativeCI: Double = 0.01,
        maxSamples: Int = 1000, seed: UInt64 = 1
    ) {
        self.warmup = warmup
        self.minTime = minTime
        self.maxTime = maxTime
        self.relativeCI = relativeCI
        self.maxSamples = maxSamples
        self.seed = seed
    }

    /// Refuses what no measurement could follow.
    public func validate() throws(MeasurementError) {
        let times = [("warmup", warmup), ("min_time", minTime), ("max_time", maxTime), ("relative_ci", relativeCI)]
        for (field, value) in times where !(value >= 0 && value <= Self.longest) {
            throw .invalidPlan(field: field, problem: "\(value) is not a number from 0 to \(Int(Self.longest))")
        }
        if minTime > maxTime {
            throw .invalidPlan(field: "min_time", problem: "\(minTime) s is longer than max_time, \(maxTime) s")
        }
        if maxSamples < 1 {
            throw .invalidPlan(field: "max_samples", problem: "\(maxSamples) is less than 1")
        }
    }

    /// A year: keeps seconds × 10⁹ far inside UInt64.
    private static let longest = 31_536_000.0
}

/// What can be wrong with a request to measure.
public enum MeasurementError: Error, Equatable, CustomStringConvertible {
    case invalidPlan(field: String, problem: String)

    public var description: String {
        switch self {
        case .invalidPlan(let field, let problem): "measure.\(field): \(problem)"
        }
    }
}
