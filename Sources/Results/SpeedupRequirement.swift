internal import Measurement

/// Demands of a run that its quantized cells are so many times as fast as the f32 cells beside them. A cell meets it if the
/// whole 95 % interval of its speed-up does: what the run cannot show does not pass.
public struct SpeedupRequirement: Sendable, Equatable {
    /// The name in suites, flags and records.
    public static let name = "min_speedup"

    /// The smallest speed-up that is good enough.
    public var minimum: Double
    /// Why this machine is not asked for it; nil: it is.
    public var exemption: String?

    public init(minimum: Double, exemption: String? = nil) { (self.minimum, self.exemption) = (minimum, exemption) }

    /// One judgement per quantized record.
    public func judge(_ records: [Record]) -> [Judgement] {
        let measured = Set(records.filter { $0.status == .ok }.map(\.name))
        return records.compactMap { record in
            guard let numerics = record.numerics, numerics != "f32" else { return nil }
            let twin = record.name.replacing("/\(numerics)/", with: "/f32/")
            return judge(record, hasTwin: measured.contains(twin))
        }
    }

    private func judge(_ record: Record, hasTwin: Bool) -> Judgement {
        func judgement(_ outcome: Judgement.Outcome, _ reason: String? = nil) -> Judgement {
            Judgement(
                cell: record.name, requirement: Self.name, bound: minimum, estimate: record.speedupOverF32,
                outcome: outcome, reason: reason)
        }
        if let exemption { return judgement(.skipped, exemption) }
        guard record.status == .ok else { return judgement(.skipped, "it was not measured") }
        guard hasTwin else { return judgement(.skipped, "no f32 cell was measured beside it") }
        guard let interval = record.speedupOverF32?.ci95 else {
            return judgement(.violated, "too few samples for an interval; raise max_time")
        }
        if interval.low >= minimum { return judgement(.met) }
        return judgement(
            .violated, interval.high < minimum ? "it is slower" : "the interval reaches below, so it was not shown")
    }
}

/// What a run was required to show of one cell, and whether it did.
public struct Judgement: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable {
        case met, violated
        /// Nothing to judge; the reason says why.
        case skipped
    }

    public var cell: String
    public var requirement: String
    public var bound: Double
    /// What was measured, if anything.
    public var estimate: Estimate?
    public var outcome: Outcome
    /// Why it is violated or was skipped.
    public var reason: String?

    public init(
        cell: String, requirement: String, bound: Double, estimate: Estimate? = nil, outcome: Outcome,
        reason: String? = nil
    ) {
        (self.cell, self.requirement, self.bound, self.estimate) = (cell, requirement, bound, estimate)
        (self.outcome, self.reason) = (outcome, reason)
    }
}
