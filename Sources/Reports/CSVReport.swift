import Measurement
public import Results

/// Results as comma-separated values (RFC 4180 quoting, lines end with a line feed): the header first, units in the
/// column names, the same columns whatever the machine can count, blank for a number that is missing.
public enum CSVReport {
    /// The events that have columns of their own, on every machine.
    public static let standardCounters =
        [
            "MACS", "BYTES_PACKED", "ELEMENTS_REQUANTIZED", "SATURATED_OUTPUTS", "TASKS", "CALLS_REFERENCE",
            "CALLS_SCALAR", "CALLS_AVX2", "CALLS_AVXVNNI", "CALLS_AVX512", "CALLS_AVX512VNNI",
        ].map { "quantkernels::\($0)" } + [
            "PAPI_TOT_CYC", "PAPI_TOT_INS", "PAPI_L1_DCM", "PAPI_L2_DCM", "L3_MISSES", "PAPI_BR_INS", "PAPI_BR_MSP",
            "SLOTS", "FRONTEND_SLOTS", "BACKEND_SLOTS", "RETIRED_SLOTS", "VECTOR_OPS", "ALL_OPS", "PACKAGE_UJ",
            "CPU_NS",
            "clock::WALL_NS", "clock::TSC", "CONTEXT_SWITCHES", "MIGRATIONS", "PAGE_FAULTS", "process::WAIT_NS",
        ]

    /// The metrics that have columns of their own: those of the counter groups that come with the program.
    public static let standardMetrics: [(name: String, unit: String)] = [
        ("saturated outputs", "%"), ("bytes packed per MAC", "B/MAC"), ("MACs per task", "MAC/task"),
        ("calls on vector paths", "%"), ("IPC", "instructions/cycle"), ("MACs per core cycle", "MAC/cycle"),
        ("instructions per MAC", "instructions/MAC"), ("L1 misses per 1000 instructions", "misses"),
        ("L2 misses per 1000 instructions", "misses"), ("L3 misses per 1000 instructions", "misses"),
        ("L1 misses that miss L2", "%"), ("mispredicted", "%"),
        ("mispredictions per 1000 instructions", "mispredictions"), ("front-end bound", "%"), ("back-end bound", "%"),
        ("retiring", "%"), ("wasted", "%"), ("bytes per MAC from beyond L3", "B/MAC"),
        ("bytes per MAC into L1", "B/MAC"),
        ("bandwidth from beyond L3", "GB/s"), ("vector share", "%"), ("energy per inference", "mJ"),
        ("energy per MAC", "pJ/MAC"), ("package power", "W"), ("frequency", "GHz"), ("time stamp counter", "GHz"),
        ("processors in use", "processors"), ("waiting for a processor", "%"),
    ]

    /// The columns that every file has. Counters and metrics beyond the standard ones have theirs behind them, sorted.
    public static var header: [String] { columns.map(\.name) }

    public static func render(_ file: ResultsFile) -> String {
        let columns = columns + others(file.benchmarks)
        var pareto: Set<String> = []
        for group in ResultGroup.all(of: file) {
            pareto.formUnion(group.rows.filter(\.isPareto).map(\.record.name))
        }
        var text = line(columns.map(\.name))
        for record in file.benchmarks.flatMap(rows) {
            text += line(columns.map { $0.value(record, pareto.contains(record.name)) })
        }
        return text
    }

    /// A cell's row, and behind it those of its layers and of what they leave of the whole. Their latency is that in the
    /// chain, their packed bytes are the layer's weights.
    private static func rows(_ record: Record) -> [Record] {
        guard let layers = record.layers else { return [record] }
        var rows = [record]
        for var layer in layers {
            layer.packedBytes = layer.layer?.weightBytes
            rows.append(layer)
        }
        if let sum = record.layerSum {
            var rest = Record(name: "\(record.name)/residual", status: record.status)
            (rest.network, rest.width, rest.resolution) = (record.network, record.width, record.resolution)
            (rest.numerics, rest.batch, rest.threads) = (record.numerics, record.batch, record.threads)
            rest.layerSum = sum
            rows.append(rest)
        }
        return rows
    }

    /// Quotes a field that holds a comma, a quotation mark or a line break.
    static func quoted(_ field: String) -> String {
        // By scalar, not by character: a combining mark behind a quotation mark makes both one character.
        let scalars = field.unicodeScalars
        guard scalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else { return field }
        var text = "\"".unicodeScalars
        for scalar in scalars { text.append(contentsOf: scalar == "\"" ? [scalar, scalar] : [scalar]) }
        return String(text) + "\""
    }

    private static func line(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: ",") + "\n"
    }

    // MARK: Columns

    private struct Column: Sendable {
        let name: String
        let value: @Sendable (Record, _ isPareto: Bool) -> String
    }

    private static let columns: [Column] =
        identity + latency + rates + outcome + layer + counters + [column("rerun") { $0.rerun }] + detection
        + [column("trained_by") { $0.trainedBy }, column("top5_percent") { number($0.accuracy?.top5) }]

    private static let identity = [
        column("name") { $0.name }, column("status") { $0.status.rawValue }, column("reason") { $0.reason },
        column("network") { $0.network }, column("op") { $0.op },
        column("shape") { record in
            record.shape.map { $0.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ") }
        },
        column("width") { number($0.width) }, column("resolution") { number($0.resolution) },
        column("numerics") { $0.numerics }, column("rounding") { $0.rounding }, column("batch") { number($0.batch) },
        column("threads") { number($0.threads) }, column("backend") { $0.backend }, column("path") { $0.path },
    ]

    private static let latency = [
        column("latency_median_ns") {
            number($0.latency?.median ?? ($0.layers == nil ? $0.layerSum?.residualNs : nil))
        },
        column("latency_mad_ns") { number($0.latency?.mad) },
        column("latency_ci95_low_ns") { number($0.latency?.ci95?.low) },
        column("latency_ci95_high_ns") { number($0.latency?.ci95?.high) },
        column("latency_p5_ns") { number($0.latency?.p5) },
        column("latency_p95_ns") { number($0.latency?.p95) },
        column("latency_p99_ns") { number($0.latency?.p99) },
        column("samples") { number($0.latency?.samples.count) },
        column("disturbed_samples") { number($0.latency?.disturbed?.count) },
        column("iterations_per_sample") { number($0.latency?.iterationsPerSample) },
        column("stop_reason") { $0.latency?.stopReason.rawValue },
    ]

    private static let rates = [
        column("macs") { number($0.macs) },
        column("gmacs_per_s") { number($0.gmacsPerSecond) },
        column("ceiling_gmacs_per_s") { number($0.ceilingGmacsPerSecond) },
        column("percent_of_ceiling") { number($0.percentOfCeiling) },
        column("ceiling_doubt") { $0.ceilingDoubt },
        column("macs_per_cycle") { number($0.macsPerCycle?.value) },
        column("macs_per_cycle_provenance") { $0.macsPerCycle?.provenance.rawValue },
        column("speedup_over_f32") { number($0.speedupOverF32?.value) },
        column("speedup_over_f32_ci95_low") { number($0.speedupOverF32?.ci95?.low) },
        column("speedup_over_f32_ci95_high") { number($0.speedupOverF32?.ci95?.high) },
    ]

    private static let outcome = [
        column("top1_percent") { number($0.accuracy?.top1) },
        column("top1_images") { number($0.accuracy?.n) },
        column("top1_ci95_low_percent") { number($0.accuracy?.ci95?.low) },
        column("top1_ci95_high_percent") { number($0.accuracy?.ci95?.high) },
        column("top1_delta_f32_points") { number($0.accuracy?.deltaF32) },
        column("top1_provenance") { $0.accuracy?.provenance.rawValue },
        column("top1_source") { $0.accuracy?.source },
        Column(name: "pareto") { record, isPareto in
            let isJudged = record.merit != nil && record.latency != nil && record.status == .ok
            return isJudged ? isPareto ? "1" : "0" : ""
        },
        column("error_against_f32_sqnr_db") { number($0.error?.againstF32SqnrDb) },
        column("error_against_reference_max_lsb") { number($0.error?.againstReferenceMaxLsb) },
        column("model_bytes") { number($0.modelBytes) },
        column("arena_bytes") { number($0.arenaBytes) },
        column("packed_bytes") { number($0.packedBytes) },
        column("setup_building_ns") { number($0.setup?.building) },
        column("setup_packing_ns") { number($0.setup?.packing) },
        column("setup_calibration_ns") { number($0.setup?.calibration) },
        column("output_hash") { $0.outputHash },
    ]

    private static let detection = [
        column("map_percent") { number($0.detection?.map) },
        column("map_ci95_low_percent") { number($0.detection?.ci95?.low) },
        column("map_ci95_high_percent") { number($0.detection?.ci95?.high) },
        column("map50_percent") { number($0.detection?.map50) },
        column("precision_percent") { number($0.detection?.precision) },
        column("recall_percent") { number($0.detection?.recall) },
        column("map_images") { number($0.detection?.images) },
        column("map_delta_f32_points") { number($0.detection?.deltaF32) },
        column("map_provenance") { $0.detection?.provenance.rawValue },
        column("map_source") { $0.detection?.source },
    ]

    /// Of a layer's row; the peak is the process's.
    private static let layer = [
        column("peak_resident_bytes") { number($0.peakResidentBytes) },
        column("warm_ns") { number($0.layer?.warmNs) },
        column("input_bytes") { number($0.layer?.inputBytes) },
        column("output_bytes") { number($0.layer?.outputBytes) },
        column("macs_per_byte") { number($0.layer?.macsPerByte) },
        column("kernels") { $0.layer?.kernels.joined(separator: " ") },
        column("bound") { $0.layer?.bound },
        column("roofline_bound") { $0.layer?.roofline?.bound.rawValue },
        column("roofline_level") { $0.layer?.roofline?.level },
        column("attainable_gmacs_per_s") { number($0.layer?.roofline?.attainableGmacsPerSecond) },
        column("percent_of_roof") { number($0.layer?.roofline?.percentOfRoof) },
        column("at_most_w4") { number($0.layer?.roofline?.atMost["w4"]) },
        column("at_most_w2") { number($0.layer?.roofline?.atMost["w2"]) },
        column("at_most_int8") { number($0.layer?.roofline?.atMost["int8"]) },
        column("measured_macs_per_byte") { number($0.layer?.roofline?.measuredMacsPerByte?.value) },
        column("why") { $0.layer?.why },
    ]

    private static let counters =
        standardCounters.flatMap { event in quantity(event) { $0.counters?[event] } }
        + standardMetrics.flatMap { name, unit in quantity("\(name) [\(unit)]") { $0.metrics?[name] } }
        + [
            column("counter_passes") { number($0.counting?.passes) },
            column("counter_iterations") { number($0.counting?.iterations) },
            column("counter_cost_ns") { number($0.counting?.costNs) },
            column("counters_unavailable_reason") { UnavailableCounters.text(of: $0) },
        ]

    /// Columns of what was asked for by name: events and metrics of groups that do not come with the program.
    private static func others(_ records: [Record]) -> [Column] {
        var units: [String: String] = [:]
        for (name, quantity) in records.compactMap(\.metrics).joined() { units[name] = quantity.unit ?? "" }
        let events = Set(records.compactMap(\.counters).flatMap(\.keys)).subtracting(standardCounters)
        let metrics = Set(units.keys).subtracting(standardMetrics.map(\.name))
        return events.sorted().flatMap { event in quantity(event) { $0.counters?[event] } }
            + metrics.sorted().flatMap { name in quantity("\(name) [\(units[name] ?? "")]") { $0.metrics?[name] } }
    }

    /// Value, provenance, and the share of the region that was counted if it was not all.
    private static func quantity(_ name: String, _ value: @escaping @Sendable (Record) -> Quantity?) -> [Column] {
        [
            column(name) { number(value($0)?.value) },
            column("\(name)_provenance") { value($0)?.provenance.rawValue },
            column("\(name)_share") { number(value($0)?.share) },
        ]
    }

    private static func column(_ name: String, _ value: @escaping @Sendable (Record) -> String?) -> Column {
        Column(name: name) { record, _ in value(record) ?? "" }
    }

    /// Shortest text that reads back as the same number; integers without a fraction.
    private static func number(_ value: Double?) -> String? {
        value.map { value in Int(exactly: value).map(String.init) ?? "\(value)" }
    }

    private static func number(_ value: Int?) -> String? { value.map(String.init) }
}
