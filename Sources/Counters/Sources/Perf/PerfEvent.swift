internal import CPlatform

/// An event as perf_event_open(2) numbers it, under the name that libpfm's generic "perf" events have, so that an event has
/// one name whoever counts it.
struct PerfEvent: Sendable, Equatable {
    let type: UInt32
    let config: UInt64
    let summary: String
    /// It happens in the kernel: counted in user mode only it would be a quiet 0.
    var inKernel = false

    var isSoftware: Bool { type == UInt32(CP_PERF_SOFTWARE) }

    /// nil if the name is no event's. `perf_raw::r<hex>` is any event of the processor by its code.
    init?(named name: String) {
        if let known = Self.byName[name] {
            self = known
        } else if name.hasPrefix("perf_raw::r"), let code = UInt64(name.dropFirst("perf_raw::r".count), radix: 16) {
            self.init(type: UInt32(CP_PERF_RAW), config: code, summary: "event \(name.dropFirst(11)) of the processor")
        } else {
            return nil
        }
    }

    private init(type: UInt32, config: UInt64, summary: String, inKernel: Bool = false) {
        (self.type, self.config, self.summary, self.inKernel) = (type, config, summary, inKernel)
    }

    /// All that have names, in the order in which they are listed.
    static let all: [(name: String, event: PerfEvent)] = software + hardware + caches

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.event) })

    private static let hardware = [
        ("CYCLES", 0, "cycles of the core"), ("INSTRUCTIONS", 1, "retired instructions"),
        ("CACHE-REFERENCES", 2, "last-level cache accesses (AMD: second-level)"),
        ("CACHE-MISSES", 3, "last-level cache misses (AMD: second-level)"),
        ("BRANCH-INSTRUCTIONS", 4, "retired branches"), ("BRANCH-MISSES", 5, "mispredicted branches"),
        ("BUS-CYCLES", 6, "bus cycles"), ("STALLED-CYCLES-FRONTEND", 7, "cycles without work from the front end"),
        ("STALLED-CYCLES-BACKEND", 8, "cycles in which the back end took no work"),
        ("REF-CYCLES", 9, "cycles at the processor's constant clock"),
    ].map { named($0, Int32(CP_PERF_HARDWARE), UInt64($1), $2) }

    private static let software = [
        ("CPU-CLOCK", 0, "nanoseconds, by the clock of each processor", false),
        ("TASK-CLOCK", 1, "nanoseconds on a processor", false), ("PAGE-FAULTS", 2, "page faults", false),
        ("CONTEXT-SWITCHES", 3, "context switches", true),
        ("CPU-MIGRATIONS", 4, "moves to another processor", true),
        ("MINOR-FAULTS", 5, "page faults without a disk", false),
        ("MAJOR-FAULTS", 6, "page faults that read a disk", false),
        ("ALIGNMENT-FAULTS", 7, "unaligned accesses that the kernel repaired", false),
        ("EMULATION-FAULTS", 8, "instructions that the kernel emulated", false),
    ].map { named($0, Int32(CP_PERF_SOFTWARE), UInt64($1), $2, inKernel: $3) }

    /// config = cache | operation << 8 | result << 16
    private static let caches: [(name: String, event: PerfEvent)] = {
        let caches = [("L1-DCACHE", 0), ("L1-ICACHE", 1), ("LLC", 2), ("DTLB", 3), ("ITLB", 4), ("NODE", 6)]
        let operations = [("LOAD", 0), ("STORE", 1), ("PREFETCH", 2)]
        return caches.flatMap { cache, number in
            operations.flatMap { operation, code in
                [(operation == "PREFETCH" ? "PREFETCHES" : "\(operation)S", 0), ("\(operation)-MISSES", 1)].map {
                    text, result in
                    named(
                        "\(cache)-\(text)", Int32(CP_PERF_CACHE), UInt64(number | code << 8 | result << 16),
                        "generic cache event of the kernel")
                }
            }
        }
    }()

    private static func named(
        _ name: String, _ type: Int32, _ config: UInt64, _ summary: String, inKernel: Bool = false
    ) -> (name: String, event: PerfEvent) {
        ("perf::" + name, PerfEvent(type: UInt32(type), config: config, summary: summary, inKernel: inKernel))
    }
}
