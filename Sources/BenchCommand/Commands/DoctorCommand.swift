internal import ArgumentParser
internal import Counters
internal import Doctor
internal import Foundation
internal import Results
internal import Runner

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Is this machine fit to measure on, and can its counters be trusted?",
        usage: "bench doctor [<options>]",
        discussion: """
            Looks at what disturbs measurements, and holds each counter against loops whose counts are known. Says what was \
            found and what to do about it. Takes some seconds. docs/doctor.md explains the loops and the verdicts.
            """)

    @Option(
        help: ArgumentHelp(
            "Counter groups or events to examine instead of those of the known loops.", valueName: "list"))
    var counters: String?
    @Flag(help: "Fail with status 6 if one of them cannot be trusted.") var requireCounters = false
    @Option(help: ArgumentHelp("Write JSON here, too; - is stdout.", valueName: "path")) var exportJson: String?

    func run() throws {
        if let exportJson, exportJson != "-" { try OutputPath.checkFile(exportJson) }
        let groups = try Failure.wrap(.usage) {
            try GroupLibrary(directory: Resources.folder("suites/counter-groups"))
        }
        try Failure.wrap(.internalError) { try KernelCounters.register() }
        let source = CounterSources.all
        let events = try selected(groups, source)
        let checkup = Checkup(
            source: source, groups: groups, registry: try Environment.registry(isa: nil),
            papi: KernelCounters.papiVersion,
            build: BuildFacts.configuration)
        let diagnosis = try Failure.wrap(.internalError) { try checkup.examine(events) }

        if exportJson != "-" { print(diagnosis.describe(), terminator: "") }
        if let exportJson {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let text = String(decoding: try encoder.encode(diagnosis), as: UTF8.self) + "\n"
            try Failure.wrap(.internalError) { try write(text, to: exportJson) }
        }
        let untrusted = diagnosis.untrusted
        if requireCounters, !untrusted.isEmpty {
            let list = untrusted.map { "\($0.event): \($0.reason ?? "contradicted by known work")" }
            throw Failure(
                .countersUnavailable, "required counters cannot be trusted: " + list.joined(separator: "; "))
        }
    }

    /// - Throws: `Failure` with status usage for a name that is neither a group nor an event.
    private func selected(_ groups: GroupLibrary, _ source: any CounterSource) throws -> [String] {
        let given = counters ?? Environment.value("BENCH_COUNTERS") ?? Environment.value("PAPI_EVENTS")
        guard let text = given else { return Checkup.standardEvents }
        let names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        for item in groups.select(names, source: source).items where item.isUnknown && names.contains(item.name) {
            throw Failure(
                .usage,
                "'\(item.name)' is neither a counter group (\(groups.groups.map(\.name).joined(separator: ", "))) nor "
                    + "an event that this machine's counters know; `bench counters` lists what there is")
        }
        return names
    }

    private func write(_ text: String, to path: String) throws {
        if path == "-" {
            print(text, terminator: "")
        } else {
            try AtomicFile.write(text, to: path)
        }
    }
}
