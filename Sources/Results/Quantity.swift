public import Measurement

/// Where a number came from.
public enum Provenance: String, Codable, Sendable {
    /// Counted or timed in this run.
    case measured
    /// Counted during a share of the run only and scaled up, because events shared the hardware counters.
    case multiplexed
    /// Computed from other numbers of this run.
    case derived
    /// Taken from a publication; nobody measured it here.
    case published
    /// There is no number; the reason says why.
    case unavailable
}

/// A number that knows where it came from, or the reason why there is none: a missing number is never 0.
public struct Quantity: Codable, Sendable, Equatable {
    public let value: Double?
    public let provenance: Provenance
    /// Why there is no value.
    public let reason: String?
    /// The share of the run (0…1] in which a multiplexed event was really counted; of a derived number, the smallest of
    /// its parts', absent if all were counted throughout.
    public let share: Double?
    /// How a derived number was computed, or the event that it was read from instead.
    public let formula: String?
    public let unit: String?

    private init(
        value: Double?, _ provenance: Provenance, reason: String? = nil, share: Double? = nil, formula: String? = nil,
        unit: String?
    ) {
        self.value = value
        self.provenance = provenance
        self.reason = reason
        self.share = share
        self.formula = formula
        self.unit = unit
    }

    public static func measured(_ value: Double, unit: String? = nil) -> Quantity {
        Quantity(value: value, .measured, unit: unit)
    }

    public static func multiplexed(_ value: Double, share: Double, unit: String? = nil) -> Quantity {
        Quantity(value: value, .multiplexed, share: share, unit: unit)
    }

    public static func derived(
        _ value: Double, formula: String? = nil, share: Double? = nil, unit: String? = nil
    ) -> Quantity {
        Quantity(value: value, .derived, share: share, formula: formula, unit: unit)
    }

    public static func unavailable(_ reason: String, unit: String? = nil) -> Quantity {
        Quantity(value: nil, .unavailable, reason: reason, unit: unit)
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        value = try fields.decodeIfPresent(Double.self, forKey: .value)
        provenance = try fields.decode(Provenance.self, forKey: .provenance)
        reason = try fields.decodeIfPresent(String.self, forKey: .reason)
        share = try fields.decodeIfPresent(Double.self, forKey: .share)
        formula = try fields.decodeIfPresent(String.self, forKey: .formula)
        unit = try fields.decodeIfPresent(String.self, forKey: .unit)
        let problem: String? =
            switch provenance {
            case .unavailable where value != nil: "a number that is 'unavailable' has a value"
            case .unavailable where reason == nil: "a number that is 'unavailable' has no reason"
            case .measured, .multiplexed, .derived, .published:
                value == nil ? "a number that is '\(provenance.rawValue)' has no value" : nil
            case .unavailable: nil
            }
        if let problem {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: problem))
        }
    }
}

/// An estimate with its 95 % interval.
public struct Estimate: Codable, Sendable, Equatable {
    public var value: Double
    public var ci95: Interval?

    public init(value: Double, ci95: Interval? = nil) {
        self.value = value
        self.ci95 = ci95
    }

    public init(_ ratio: RatioEstimate) {
        self.init(value: ratio.value, ci95: ratio.interval)
    }
}
