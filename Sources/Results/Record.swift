/// Everything known of one measured cell. What is not known is nil here and absent in the file, never 0 or null.
///
/// Made by the runner; docs/records.md lists the fields with their units.
public struct Record: Codable, Sendable, Equatable {
    public enum Status: String, Codable, Sendable { case ok, failed, skipped }

    /// The cell's stable name, such as `mobilenet_v1_1.0_224/w8c-a8-ptq/t1`.
    public var name: String
    public var status: Status
    /// Why the cell failed or was skipped.
    public var reason: String?

    // What was run.
    public var network: String?
    public var width: Double?
    public var resolution: Int?
    /// The operator of a layer or matrix-product cell: `gemm`, `conv2d`, ….
    public var op: String?
    /// The sizes of a layer or matrix-product cell by their names in the suite: m, n, k or h, c_in, k, s, c_out.
    public var shape: [String: Int]?
    public var numerics: String?
    /// The requantization rounding mode.
    public var rounding: String?
    public var batch: Int?
    public var threads: Int?
    public var backend: String?
    /// The instruction set that the run really used.
    public var path: String?

    // What came out.
    public var latency: Latency?
    /// Multiply-accumulate operations of one iteration.
    public var macs: Int?
    /// 10⁹ multiply-accumulate operations per second, at the median latency.
    public var gmacsPerSecond: Double?
    /// The rate that this path's and thread count's ceiling allows, measured in the same run.
    public var ceilingGmacsPerSecond: Double?
    /// Absent if it is above 105, which no true ceiling is: the doubt says so.
    public var percentOfCeiling: Double?
    /// Why there is a ceiling and no percent of it.
    public var ceilingDoubt: String?
    public var macsPerCycle: Quantity?
    /// Median latency of the f32 cell of the same case, path and thread count over this cell's.
    public var speedupOverF32: Estimate?
    /// By event name; per iteration.
    public var counters: [String: Quantity]?
    /// Derived from counters by the formulas of their group; by metric name.
    public var metrics: [String: Quantity]?
    /// How the counters were read, and what that cost.
    public var counting: Counting?
    /// Of a network that names classes.
    public var accuracy: Accuracy?
    /// Of a detector.
    public var detection: DetectionQuality?
    public var error: NumericalError?
    /// Bytes of the parameters as stored.
    public var modelBytes: Int?
    /// Bytes of the planned activation memory.
    public var arenaBytes: Int?
    /// Bytes of the parameters as packed for the kernels.
    public var packedBytes: Int?
    /// Most memory that the process had resident up to the end of the cell, in bytes.
    public var peakResidentBytes: Int?
    /// The command that trained the network's parameters.
    public var trainedBy: String?
    public var setup: Setup?
    /// Hash of the output of the timed run.
    public var outputHash: String?
    /// The command line that runs this cell alone.
    public var rerun: String?

    // Of a per-layer profile.
    /// Of a network cell: a record per operator, in the order in which they run.
    public var layers: [Record]?
    public var layerSum: LayerSum?
    /// Of a layer's record.
    public var layer: LayerFacts?

    public init(name: String, status: Status, reason: String? = nil) {
        self.name = name
        self.status = status
        self.reason = reason
    }

    enum CodingKeys: String, CodingKey {
        case name, status, reason, network, width, resolution, op, shape, numerics, rounding, batch, threads, backend
        case path, macs, counters, metrics, counting, accuracy, detection, error, rerun, layers, layer
        case latency = "latency_ns"
        case gmacsPerSecond = "gmacs_per_s"
        case ceilingGmacsPerSecond = "ceiling_gmacs_per_s"
        case percentOfCeiling = "percent_of_ceiling"
        case ceilingDoubt = "ceiling_doubt"
        case macsPerCycle = "macs_per_cycle"
        case speedupOverF32 = "speedup_over_f32"
        case modelBytes = "model_bytes"
        case arenaBytes = "arena_bytes"
        case packedBytes = "packed_bytes"
        case peakResidentBytes = "peak_resident_bytes"
        case trainedBy = "trained_by"
        case layerSum = "layer_sum"
        case setup = "setup_ns"
        case outputHash = "output_hash"
    }
}
