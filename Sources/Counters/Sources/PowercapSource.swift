internal import Foundation

/// Energy counters of the processor (RAPL) as Linux shows them under /sys/class/powercap: whole packages, whoever caused
/// it, brought up to date about once in a millisecond.
public struct PowercapSource: CounterSource {
    public let name = "powercap"
    private let zones: [Zone]
    private let folder: String

    /// A counter of one package or a part of it.
    private struct Zone: Sendable {
        /// `PACKAGE`, `CORE`, `DRAM` or `UNCORE`.
        let part: String
        let path: String
        /// The counter wraps to 0 behind this.
        let range: UInt64
    }

    public init(folder: String = "/sys/class/powercap") {
        self.folder = folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        zones = names.filter { $0.hasPrefix("intel-rapl:") }.sorted().compactMap { zone in
            let path = "\(folder)/\(zone)"
            guard let label = Self.text("\(path)/name"), let range = Self.number("\(path)/max_energy_range_uj") else {
                return nil
            }
            return Zone(part: label.prefix { $0 != "-" }.uppercased(), path: "\(path)/energy_uj", range: range)
        }
    }

    private static let events = [
        (part: "PACKAGE", summary: "microjoules of all processor packages"),
        (part: "CORE", summary: "microjoules of all cores"), (part: "DRAM", summary: "microjoules of the memory"),
    ]

    private static func name(_ part: String) -> String { "powercap::\(part)_UJ" }

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func number(_ path: String) -> UInt64? { text(path).flatMap { UInt64($0) } }

    public func components() -> [CounterComponent] {
        [CounterComponent(name: name, disabledReason: zones.isEmpty ? noZones : nil)]
    }

    private var noZones: String { "no energy counters in \(folder)" }

    public func catalogue() -> [CounterDescription] {
        Self.events.map { event in
            let name = Self.name(event.part)
            return CounterDescription(
                name: name, summary: event.summary, component: self.name,
                status: check(name) ?? .unavailable(reason: noZones))
        }
    }

    public func check(_ event: String) -> EventStatus? {
        guard let part = Self.events.first(where: { Self.name($0.part) == event })?.part else { return nil }
        return problem(part).map { .unavailable(reason: $0) } ?? .available
    }

    private func problem(_ part: String) -> String? {
        guard !zones.isEmpty else { return noZones }
        let own = zones.filter { $0.part == part }
        guard !own.isEmpty else { return "this processor has no energy counter for \(part.lowercased())" }
        for zone in own where Self.number(zone.path) == nil { return "\(zone.path) can be read by root only" }
        return nil
    }

    public func shortestRegion(of event: String) -> Double { 0.2 }

    /// One reader for each zone; those of one event are added up.
    public func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession {
        PowercapSession(
            events.map { event in
                let part = Self.events.first { Self.name($0.part) == event }?.part
                let own = part.map { part in zones.filter { $0.part == part } } ?? []
                return PowercapSession.Event(
                    name: event, problem: part.map(problem) ?? "unknown event \(event)",
                    zones: own.map { zone in (zone.range, { @Sendable in Self.number(zone.path) }) })
            })
    }
}

private final class PowercapSession: CounterSession {
    struct Event {
        let name: String
        let problem: String?
        let zones: [(range: UInt64, read: @Sendable () -> UInt64?)]
    }

    let events: [String]
    private let parts: [Event]
    private let session: DifferenceSession

    init(_ parts: [Event]) {
        self.parts = parts
        events = parts.map(\.name)
        let zones = parts.flatMap(\.zones)
        session = DifferenceSession(
            zones.map { ("zone", $0.read, "the energy counter cannot be read") },
            // The counter goes from its range back to 0.
            difference: { zone, first, last in last >= first ? last - first : zones[zone].range - first + last })
    }

    func start() { session.start() }
    func stop() { session.stop() }
    func reset() { session.reset() }
    func close() { session.close() }

    func readings() -> [CounterReading] {
        var rest = session.readings()[...]
        return parts.map { part in
            let own = rest.prefix(part.zones.count)
            rest = rest.dropFirst(part.zones.count)
            if let problem = part.problem { return .unavailable(part.name, problem) }
            for case .unavailable(let reason) in own.map(\.provenance) { return .unavailable(part.name, reason) }
            return .measured(part.name, own.reduce(0) { $0 + ($1.value ?? 0) })
        }
    }
}
