public import Measurement

/// Time of one iteration, in nanoseconds.
public struct Latency: Codable, Sendable, Equatable {
    public var median: Double
    /// Median absolute deviation, unscaled.
    public var mad: Double
    /// 95 % interval of the median; absent with fewer than 6 samples.
    public var ci95: Interval?
    public var p5: Double
    public var p95: Double
    public var p99: Double
    public var iterationsPerSample: Int
    public var stopReason: StopReason
    /// Indices of the samples during which the system interfered: a thread lost its processor, was moved, or the caller
    /// was put to sleep. Absent if nobody watched; the samples stay in all statistics.
    public var disturbed: [Int]?
    /// Raw samples in the order they were taken; sample i stems from round i of the run.
    public var samples: [Double]

    /// - Returns: nil if the cell has no samples.
    public init?(_ measurement: CellMeasurement) {
        guard let summary = SampleSummary(measurement.samples) else { return nil }
        median = summary.median
        mad = summary.mad
        ci95 = summary.interval
        p5 = summary.p5
        p95 = summary.p95
        p99 = summary.p99
        iterationsPerSample = measurement.iterationsPerSample
        stopReason = measurement.stopReason
        disturbed = measurement.disturbed
        samples = measurement.samples
    }

    enum CodingKeys: String, CodingKey {
        case median, mad, ci95, p5, p95, p99, disturbed, samples
        case iterationsPerSample = "iterations_per_sample"
        case stopReason = "stop_reason"
    }
}

/// How counters were read: in runs of their own, never in timed ones.
public struct Counting: Codable, Sendable, Equatable {
    /// Passes over the cell: more than one if the events did not fit on the counters together.
    public var passes: Int
    /// Iterations of a pass; counts are per iteration.
    public var iterations: Int
    /// Time of one start and stop of the counters, in nanoseconds.
    public var costNs: Double
    /// What starting and stopping alone counts, once per pass: it is contained in the counts, divided by `iterations`.
    public var emptyCounts: [String: Double]

    public init(passes: Int, iterations: Int, costNs: Double, emptyCounts: [String: Double]) {
        (self.passes, self.iterations, self.costNs, self.emptyCounts) = (passes, iterations, costNs, emptyCounts)
    }

    enum CodingKeys: String, CodingKey {
        case passes, iterations
        case costNs = "cost_ns"
        case emptyCounts = "empty_counts"
    }
}

/// Share of images whose best class is right, in percent (92.84).
public struct Accuracy: Codable, Sendable, Equatable {
    public var top1: Double
    /// Share of images whose class is among the best five (recall at 5); absent for networks of five classes or fewer.
    public var top5: Double?
    /// Number of images; absent if a publication does not say.
    public var n: Int?
    /// Wilson's 95 % interval, in percent.
    public var ci95: Interval?
    /// Difference to the f32 cell of the same network, in points of percent.
    public var deltaF32: Double?
    public var provenance: Provenance
    /// The publication; present exactly if the provenance is `published`.
    public var source: String?

    public static func measured(
        correct: Int, amongFive: Int? = nil, of images: Int, deltaF32: Double? = nil
    ) -> Accuracy? {
        guard let share = Statistics.wilsonInterval(successes: correct, trials: images) else { return nil }
        return Accuracy(
            top1: 100 * Double(correct) / Double(images), top5: amongFive.map { 100 * Double($0) / Double(images) },
            n: images,
            ci95: Interval(100 * share.low, 100 * share.high), deltaF32: deltaF32, provenance: .measured)
    }

    public static func published(top1: Double, source: String, deltaF32: Double? = nil) -> Accuracy {
        Accuracy(top1: top1, deltaF32: deltaF32, provenance: .published, source: source)
    }

    enum CodingKeys: String, CodingKey {
        case top1, top5, n, ci95, provenance, source
        case deltaF32 = "delta_f32"
    }
}

/// How well a detector finds objects, in percent: the measures of COCO (mAP) and of Jacob et al. 2017, table 4.5 (precision and
/// recall). docs/detection.md has the definitions.
public struct DetectionQuality: Codable, Sendable, Equatable {
    /// Mean average precision over the overlaps 0.50, 0.55, …, 0.95.
    public var map: Double
    /// At an overlap of 0.50 alone; absent if a publication does not say.
    public var map50: Double?
    /// Of detections with a score of at least ½, averaged over the same overlaps; absent if there are none.
    public var precision: Double?
    public var recall: Double?
    /// Number of images; absent if a publication does not say.
    public var images: Int?
    /// 95 % interval of `map`: its percentiles over sets of images drawn from these with replacement.
    public var ci95: Interval?
    /// Difference of `map` to the f32 cell of the same network, in points of percent.
    public var deltaF32: Double?
    public var provenance: Provenance
    /// The publication; present exactly if the provenance is `published`.
    public var source: String?

    public init(
        map: Double, map50: Double? = nil, precision: Double? = nil, recall: Double? = nil, images: Int? = nil,
        ci95: Interval? = nil, deltaF32: Double? = nil, provenance: Provenance, source: String? = nil
    ) {
        (self.map, self.map50, self.precision, self.recall) = (map, map50, precision, recall)
        (self.images, self.ci95, self.deltaF32) = (images, ci95, deltaF32)
        (self.provenance, self.source) = (provenance, source)
    }

    enum CodingKeys: String, CodingKey {
        case map, map50, precision, recall, images, ci95, provenance, source
        case deltaF32 = "delta_f32"
    }
}

/// How far a cell's outputs are from those it should have.
public struct NumericalError: Codable, Sendable, Equatable {
    /// Signal to quantization-noise ratio against the f32 network, 10·log₁₀(Σx²/Σ(x−x̂)²), in dB. Absent if the
    /// outputs are equal, because the ratio is then infinite.
    public var againstF32SqnrDb: Double?
    /// Largest difference to the reference operators, in units of the output's last place.
    public var againstReferenceMaxLsb: Int?

    public init(againstF32SqnrDb: Double? = nil, againstReferenceMaxLsb: Int? = nil) {
        self.againstF32SqnrDb = againstF32SqnrDb
        self.againstReferenceMaxLsb = againstReferenceMaxLsb
    }

    enum CodingKeys: String, CodingKey {
        case againstF32SqnrDb = "against_f32_sqnr_db"
        case againstReferenceMaxLsb = "against_reference_max_lsb"
    }
}

/// Time spent once, outside the timed region, in nanoseconds.
public struct Setup: Codable, Sendable, Equatable {
    /// Building the graph, loading parameters, allocating the arena.
    public var building: Double?
    public var packing: Double?
    public var calibration: Double?

    public init(building: Double? = nil, packing: Double? = nil, calibration: Double? = nil) {
        self.building = building
        self.packing = packing
        self.calibration = calibration
    }
}
