// What only a per-layer profile adds to records and to the ceilings.

/// What the record of a layer has beside the fields of a cell. A layer is an operator of the executor, which may do the
/// work of several nodes of the network.
public struct LayerFacts: Codable, Sendable, Equatable {
    /// Names of the network's nodes that the operator does the work of.
    public var nodes: [String]
    /// Nanoseconds of the operator alone, repeated on its own tensors: median. The record's latency is that in the chain.
    public var warmNs: Double
    /// Bytes of the tensors read.
    public var inputBytes: Int
    /// Bytes of the tensors written.
    public var outputBytes: Int
    /// Bytes of packed weights and per-channel constants.
    public var weightBytes: Int
    /// Multiply-accumulates per byte read or written; absent where nothing is multiplied.
    public var macsPerByte: Double?
    /// How many weights there are, without per-channel constants.
    public var weights: Int
    /// Outputs that are sums of products.
    public var sums: Int
    /// Names of the micro-kernels.
    public var kernels: [String]

    // What follows from these, the latency and the ceilings of the run.

    /// What bounds the layer, in a few words.
    public var bound: String?
    /// One sentence: why the layer is not faster.
    public var why: String?
    /// Absent where nothing is multiplied, or no ceiling or bandwidth is known.
    public var roofline: RooflinePoint?

    public init(
        nodes: [String], warmNs: Double, inputBytes: Int, outputBytes: Int, weightBytes: Int, macsPerByte: Double?,
        weights: Int, sums: Int, kernels: [String], bound: String? = nil, why: String? = nil
    ) {
        (self.nodes, self.warmNs) = (nodes, warmNs)
        (self.inputBytes, self.outputBytes, self.weightBytes) = (inputBytes, outputBytes, weightBytes)
        (self.macsPerByte, self.weights, self.sums, self.kernels) = (macsPerByte, weights, sums, kernels)
        (self.bound, self.why) = (bound, why)
    }

    /// Bytes read and written.
    public var bytes: Int { inputBytes + outputBytes + weightBytes }

    enum CodingKeys: String, CodingKey {
        case nodes, weights, sums, kernels, bound, why, roofline
        case warmNs = "warm_ns"
        case inputBytes = "input_bytes"
        case outputBytes = "output_bytes"
        case weightBytes = "weight_bytes"
        case macsPerByte = "macs_per_byte"
    }
}

/// The layers of a cell against the whole, in nanoseconds.
public struct LayerSum: Codable, Sendable, Equatable {
    /// Runs with the clock read between the layers (of `latency_ns.iterations_per_sample` inferences each).
    public var rounds: Int
    /// One reading of the clock, which was taken off each layer.
    public var clockNs: Double
    /// Sum of the layers' medians.
    public var sumNs: Double
    /// Median of the inferences with the clock read between the layers, without those readings: more than the sum where
    /// something disturbs now one layer, now another.
    public var chainNs: Double
    /// Median of whole inferences, not interrupted by the clock, in the same rounds.
    public var besideNs: Double
    /// Median latency of the cell less the sum. Absent until the cell was timed.
    public var residualNs: Double?

    public init(
        rounds: Int, clockNs: Double, sumNs: Double, chainNs: Double, besideNs: Double, residualNs: Double? = nil
    ) {
        (self.rounds, self.clockNs, self.sumNs) = (rounds, clockNs, sumNs)
        (self.chainNs, self.besideNs, self.residualNs) = (chainNs, besideNs, residualNs)
    }

    enum CodingKeys: String, CodingKey {
        case rounds
        case clockNs = "clock_ns"
        case sumNs = "sum_ns"
        case chainNs = "chain_ns"
        case besideNs = "beside_ns"
        case residualNs = "residual_ns"
    }
}

/// What bounds single layers beside the ceilings, measured in the same run.
public struct LayerLimits: Codable, Sendable, Equatable {
    /// Reading a buffer that fits a cache; nearest cache first.
    public struct CacheRate: Codable, Sendable, Equatable {
        public var level: Int
        /// Bytes that the caches of this level hold for all threads.
        public var bytes: Int
        public var gbPerSecond: Double

        public init(level: Int, bytes: Int, gbPerSecond: Double) {
            (self.level, self.bytes, self.gbPerSecond) = (level, bytes, gbPerSecond)
        }

        enum CodingKeys: String, CodingKey {
            case level, bytes
            case gbPerSecond = "gb_per_s"
        }
    }

    public var caches: [CacheRate]
    /// 10⁹ outputs per second of an integer product that is so shallow that it does little but requantize and store.
    public var int8GoutputsPerSecond: Double?
    /// As much in float32.
    public var f32GoutputsPerSecond: Double?
    /// Nanoseconds that the threads take to start and finish an operator that does nothing.
    public var dispatchNs: Double?

    public init(
        caches: [CacheRate], int8GoutputsPerSecond: Double? = nil, f32GoutputsPerSecond: Double? = nil,
        dispatchNs: Double? = nil
    ) {
        self.caches = caches
        (self.int8GoutputsPerSecond, self.f32GoutputsPerSecond) = (int8GoutputsPerSecond, f32GoutputsPerSecond)
        self.dispatchNs = dispatchNs
    }

    enum CodingKeys: String, CodingKey {
        case caches
        case int8GoutputsPerSecond = "int8_goutputs_per_s"
        case f32GoutputsPerSecond = "f32_goutputs_per_s"
        case dispatchNs = "dispatch_ns"
    }
}
