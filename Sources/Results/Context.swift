/// The circumstances of a run, without which its numbers say nothing. What is not known is absent.
///
/// `ContextProbe` fills in what the system tells; the runner adds what only it knows.
public struct Context: Codable, Sendable, Equatable {
    // From the system.
    public var processor: Processor?
    /// Instruction sets for which kernels exist, as the system names them.
    public var instructionSets: [String]?
    public var caches: [Cache]?
    /// Release of the operating-system kernel.
    public var kernel: String?
    /// Frequency governor of the processors.
    public var governor: Fact?
    /// The hypervisor, if the machine is virtual; the reason says so if none was seen.
    public var virtualMachine: Fact?
    public var perfEventParanoid: Int?
    /// Load averages over 1, 5 and 15 minutes at the start.
    public var load: [Double]?

    // Measured in the same run.
    public var ceilings: [Ceiling]?
    public var clock: ClockRate?

    // Of the program and the run.
    public var buildConfiguration: String?
    public var compiler: String?
    public var revision: Revision?
    public var suite: SuiteIdentity?
    public var seed: UInt64?
    /// ISO 8601, UTC.
    public var startTime: String?
    public var papiVersion: Fact?
    /// The processors that the timed threads were bound to, or why not.
    public var placement: Fact?

    public init() {}

    enum CodingKeys: String, CodingKey {
        case processor, caches, kernel, governor, load, ceilings, clock, compiler, revision, suite, seed
        case placement
        case instructionSets = "instruction_sets"
        case virtualMachine = "virtual_machine"
        case perfEventParanoid = "perf_event_paranoid"
        case buildConfiguration = "build_configuration"
        case startTime = "start_time"
        case papiVersion = "papi_version"
    }
}

/// A fact about the machine, or the reason why it is not known.
public struct Fact: Codable, Sendable, Equatable {
    public let value: String?
    public let reason: String?

    private init(value: String?, reason: String?) {
        self.value = value
        self.reason = reason
    }

    public static func known(_ value: String) -> Fact { Fact(value: value, reason: nil) }
    public static func unknown(_ reason: String) -> Fact { Fact(value: nil, reason: reason) }

    /// The value, or the reason in brackets.
    public var text: String { value ?? reason.map { "(\($0))" } ?? "" }
}

public struct Processor: Codable, Sendable, Equatable {
    public var name: String
    public var logicalCores: Int
    public var physicalCores: Int?

    public init(name: String, logicalCores: Int, physicalCores: Int? = nil) {
        self.name = name
        self.logicalCores = logicalCores
        self.physicalCores = physicalCores
    }

    enum CodingKeys: String, CodingKey {
        case name
        case logicalCores = "logical_cores"
        case physicalCores = "physical_cores"
    }
}

/// One cache of the first processor.
public struct Cache: Codable, Sendable, Equatable {
    public var level: Int
    /// `data`, `instruction` or `unified`.
    public var type: String
    public var bytes: Int
    /// Logical processors that share it, such as `0-1`.
    public var sharedBy: String?

    public init(level: Int, type: String, bytes: Int, sharedBy: String? = nil) {
        self.level = level
        self.type = type
        self.bytes = bytes
        self.sharedBy = sharedBy
    }

    enum CodingKeys: String, CodingKey {
        case level, type, bytes
        case sharedBy = "shared_by"
    }
}

/// What the machine can do at most with a number of threads, measured in the same run.
public struct Ceiling: Codable, Sendable, Equatable {
    public var threads: Int
    /// 8-bit integer dot products, 10⁹ multiply-accumulates per second.
    public var int8GmacsPerSecond: Double?
    /// Fused float multiply-adds, 10⁹ per second.
    public var f32GmacsPerSecond: Double?
    /// Reading memory, 10⁹ bytes per second.
    public var bandwidthGbPerSecond: Double?
    /// Of a run with a per-layer profile.
    public var layers: LayerLimits?

    public init(
        threads: Int, int8GmacsPerSecond: Double? = nil, f32GmacsPerSecond: Double? = nil,
        bandwidthGbPerSecond: Double? = nil
    ) {
        self.threads = threads
        self.int8GmacsPerSecond = int8GmacsPerSecond
        self.f32GmacsPerSecond = f32GmacsPerSecond
        self.bandwidthGbPerSecond = bandwidthGbPerSecond
    }

    enum CodingKeys: String, CodingKey {
        case threads, layers
        case int8GmacsPerSecond = "int8_gmacs_per_s"
        case f32GmacsPerSecond = "f32_gmacs_per_s"
        case bandwidthGbPerSecond = "bandwidth_gb_per_s"
    }
}

/// The core clock while it was measured.
public struct ClockRate: Codable, Sendable, Equatable {
    public var hz: Double
    /// `measured` with a cycle counter of the processor, `derived` from a chain of dependent additions.
    public var provenance: Provenance

    public init(hz: Double, provenance: Provenance) {
        self.hz = hz
        self.provenance = provenance
    }
}

/// The source revision that was built.
public struct Revision: Codable, Sendable, Equatable {
    public var commit: String
    /// True if the sources differed from the commit.
    public var dirty: Bool

    public init(commit: String, dirty: Bool) {
        self.commit = commit
        self.dirty = dirty
    }
}

public struct SuiteIdentity: Codable, Sendable, Equatable {
    public var name: String
    /// Hash of the suite file's bytes.
    public var hash: String
    /// Published tables that reports set beside the results; absent if there are none.
    public var paper: [String]?

    public init(name: String, hash: String, paper: [String] = []) {
        self.name = name
        self.hash = hash
        self.paper = paper.isEmpty ? nil : paper
    }
}
