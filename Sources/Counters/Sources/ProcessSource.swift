internal import CPlatform
internal import Foundation

/// What every Linux keeps of a process, without any permission: processor time, page faults and context switches of all
/// threads together, and two clocks. Read before and after the region by the calling thread.
public struct ProcessSource: CounterSource {
    public let name = "process"

    public init() {}

    struct Event: Sendable {
        let name: String
        let summary: String
        /// The value so far, or nil if this system does not keep it.
        let read: @Sendable () -> UInt64?
    }

    /// Those that take long to read first: they are read first before a region and last behind it.
    static let events: [Event] = [
        Event(name: "process::WAIT_NS", summary: "nanoseconds ready to run without a processor, all threads") {
            sumOverThreads("schedstat") { text in
                text.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { UInt64($0) }
            }
        },
        Event(name: "process::MIGRATIONS", summary: "moves of a thread to another processor") {
            sumOverThreads("sched") { text in
                text.split(separator: "\n").first { $0.hasPrefix("se.nr_migrations") }?.split(separator: ":").last
                    .flatMap { UInt64($0.trimmingCharacters(in: .whitespaces)) }
            }
        },
        usage("CPU_NS", "nanoseconds on a processor, all threads") { $0.cpu_ns },
        usage("USER_NS", "nanoseconds in user mode (by the scheduler's tick where that is all it knows)") {
            $0.user_ns
        },
        usage("SYSTEM_NS", "nanoseconds in the kernel") { $0.system_ns },
        usage("MINOR_FAULTS", "page faults without a disk") { $0.minor_faults },
        usage("MAJOR_FAULTS", "page faults that read a disk") { $0.major_faults },
        usage("VOLUNTARY_SWITCHES", "times that a thread went to sleep") { $0.voluntary_switches },
        usage("INVOLUNTARY_SWITCHES", "times that a thread lost its processor to another") { $0.involuntary_switches },
        Event(name: "clock::WALL_NS", summary: "nanoseconds of the monotonic clock") { cp_monotonic_ns() },
        Event(name: "clock::TSC", summary: "ticks of the time stamp counter, which is not the core's clock") {
            cp_has_tsc() == 1 ? cp_tsc() : nil
        },
    ]

    private static func usage(
        _ name: String, _ summary: String, _ value: @escaping @Sendable (cp_usage_t) -> UInt64
    ) -> Event {
        Event(name: "process::\(name)", summary: summary) {
            var usage = cp_usage_t()
            return cp_usage(&usage) == 0 ? value(usage) : nil
        }
    }

    /// The sum of one number in /proc/self/task/*/`file`; nil if the kernel does not keep it. Threads that end meanwhile
    /// are left out.
    private static func sumOverThreads(_ file: String, _ number: (String) -> UInt64?) -> UInt64? {
        let folder = "/proc/self/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
        let values = threads.compactMap { thread in
            (try? String(contentsOfFile: "\(folder)/\(thread)/\(file)", encoding: .utf8)).flatMap(number)
        }
        return values.isEmpty ? nil : values.reduce(0, &+)
    }

    public func components() -> [CounterComponent] { [CounterComponent(name: name, disabledReason: nil)] }

    public func catalogue() -> [CounterDescription] {
        Self.events.map {
            CounterDescription(name: $0.name, summary: $0.summary, component: name, status: Self.status($0))
        }
    }

    public func check(_ event: String) -> EventStatus? { Self.event(event).map(Self.status) }

    static func event(_ name: String) -> Event? { events.first { $0.name == name } }

    private static func rank(_ name: String) -> Int { events.firstIndex { $0.name == name } ?? 0 }

    static let missing = "this system keeps no such account"

    private static func status(_ event: Event) -> EventStatus {
        event.read() == nil ? .unavailable(reason: missing) : .available
    }

    public func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession {
        DifferenceSession(
            events.map { name in
                (name, Self.event(name)?.read, Self.event(name) == nil ? "unknown event \(name)" : Self.missing)
            },
            order: events.indices.sorted { Self.rank(events[$0]) < Self.rank(events[$1]) })
    }
}

/// Counts by the difference of two readings of something that only grows and that nobody starts or stops.
final class DifferenceSession: CounterSession {
    typealias Reader = @Sendable () -> UInt64?

    let events: [String]
    private let readers: [Reader?]
    /// Indices in the order of reading at the start; the opposite at the end: each event encloses those after it.
    private let order: [Int]
    private let difference: (Int, UInt64, UInt64) -> UInt64
    private var ledger: RoundLedger
    private var before: [UInt64?]

    /// - Parameters:
    ///   - events: names, how to read each (nil: not at all), and the reason if that gives nothing.
    ///   - order: indices in the order of reading; that of `events` unless told otherwise.
    ///   - difference: what the event with an index counted between two readings.
    init(
        _ events: [(name: String, read: Reader?, reason: String)], order: [Int]? = nil,
        difference: @escaping (Int, UInt64, UInt64) -> UInt64 = { CounterArithmetic.delta(from: $1, to: $2) }
    ) {
        self.events = events.map(\.name)
        readers = events.map(\.read)
        self.order = order ?? Array(events.indices)
        self.difference = difference
        before = events.map { _ in nil }
        var broken: [Int: String] = [:]
        for (index, event) in events.enumerated() where event.read?() == nil { broken[index] = event.reason }
        ledger = RoundLedger(
            events: events.count, batches: events.isEmpty ? [] : [Array(events.indices)], broken: broken)
    }

    func start() { for index in order { before[index] = readers[index]?() } }

    func stop() {
        var after: [UInt64?] = Array(repeating: nil, count: readers.count)
        for index in order.reversed() { after[index] = readers[index]?() }
        ledger.finish(
            readers.indices.map { index in
                guard let first = before[index], let last = after[index] else { return RoundLedger.Entry(0, share: 0) }
                return RoundLedger.Entry(Int64(clamping: difference(index, first, last)))
            })
    }

    func readings() -> [CounterReading] { events.enumerated().map { ledger.reading($0.offset, of: $0.element) } }
    func reset() { ledger.reset() }
    func close() {}
}
