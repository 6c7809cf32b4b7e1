/// A suite file, checked: every name in it is known and every axis has its values.
public struct Suite: Hashable, Sendable {
    /// The version of the format that this code reads.
    public static let currentSchemaVersion = 1

    public var schemaVersion: Int
    public var name: String
    /// The file that it came from, as it was named.
    public var file: String
    /// 16 hexadecimal digits (64-bit FNV-1a) of the file's bytes: records carry it.
    public var digest: String
    public var cases: [SuiteCase]
    public var measure: MeasureSettings
    /// Names of counter groups and events, in order.
    public var counters: [String]
    public var accuracy: AccuracySource?
    public var requirements: Requirements?
    /// Published tables that the report sets beside the results.
    public var papers: [String]
    /// How the checkpoints that it needs are trained.
    public var training: SuiteTraining
}

/// What a suite demands of its results: a run that does not show it ends with status 3.
public struct Requirements: Hashable, Sendable {
    public static let speedupRange = 0.001...1000.0

    /// How many times as fast as f32 each quantized cell must at least be; nil: that is left open.
    public var minSpeedup: Double?

    public init(minSpeedup: Double? = nil) { self.minSpeedup = minSpeedup }
}

/// Where a report's accuracies come from.
public enum AccuracySource: Hashable, Sendable {
    /// Measured on this split of a dataset.
    case measured(dataset: String, split: Split)
    /// Shown as published, with the source.
    case published

    public enum Split: String, Hashable, Sendable, CaseIterable {
        case test, train
    }
}

/// One entry of `cases`: workloads × numerics × threads × batch.
public struct SuiteCase: Hashable, Sendable {
    /// The product of the workload axes, in order.
    public var workloads: [Workload]
    public var numerics: [SpelledNumerics]
    public var threads: [Int]
    public var batch: [Int]
    /// Where the case begins in its file.
    public var position: SourcePosition
}

/// Numerics and how the suite spells them: `int8` and `w8c-a8` both mean `w8c-a8-ptq`.
public struct SpelledNumerics: Hashable, Sendable {
    public var numerics: Numerics
    public var spelled: String

    public init(numerics: Numerics, spelled: String) { (self.numerics, self.spelled) = (numerics, spelled) }
}
