internal import ArgumentParser
internal import Foundation
internal import Networks
internal import QuantKernels
internal import Reports
internal import Results
internal import Runner
internal import Suites

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Measure the cells of a suite.",
        discussion: """
            Prints a table on stdout and writes <suite>.json, .csv, .md and .html to the output folder. Finished cells are kept in a \
            journal there, whatever ends the run.
            """)

    @OptionGroup var options: SuiteOptions

    @Flag(help: "Show what would be measured, measure nothing.") var dryRun = false
    @Option(help: "Force an instruction set: scalar, avx2, avxvnni, avx512, avx512vnni (BENCH_ISA).") var isa: String?
    @Option(help: ArgumentHelp("Warm-up of each cell, such as 0.2s.", valueName: "duration")) var warmup: String?
    @Option(help: ArgumentHelp("Shortest time of sampling a cell.", valueName: "duration")) var minTime: String?
    @Option(help: ArgumentHelp("Longest time of sampling a cell.", valueName: "duration")) var maxTime: String?
    @Option(help: ArgumentHelp("Counter groups or events instead of the suite's; 'none' for none.", valueName: "list"))
    var counters: String?
    @Option(
        help: ArgumentHelp(
            "Fail with status 3 unless every quantized cell is so many times as fast as f32, such as 1.0 (BENCH_MIN_SPEEDUP).",
            valueName: "ratio"))
    var minSpeedup: String?
    @Option(
        help: ArgumentHelp(
            "Passes over a cell for counters that do not fit together; 1 lets them take turns (multiplexed).",
            valueName: "count"))
    var counterPasses: Int?
    @Flag(help: "Fail with status 6 if a counter is unavailable.") var requireCounters = false
    @Flag(help: "Measure every layer of the networks, too: in the chain, warm, and what bounds it.") var perLayer =
        false
    @Option(help: ArgumentHelp("Folder of the results (BENCH_OUTPUT).", valueName: "folder")) var output: String?
    @Option(help: ArgumentHelp("Write CSV here, too; - is stdout.", valueName: "path")) var exportCsv: String?
    @Option(help: ArgumentHelp("Write JSON here, too; - is stdout.", valueName: "path")) var exportJson: String?
    @Option(help: ArgumentHelp("Write Markdown here, too; - is stdout.", valueName: "path")) var exportMarkdown: String?
    @Option(help: ArgumentHelp("Write HTML here, too; - is stdout.", valueName: "path")) var exportHtml: String?
    @Flag(help: "No table, no notes: only errors, and what is exported.") var quiet = false
    @Flag(help: "No progress line.") var noProgress = false

    func run() throws {
        let (suite, expansion, seed) = try options.load()
        let registry = try Environment.registry(isa: isa)
        let plan = try plan(suite)
        let requirement = try RunRequirement(flag: minSpeedup, suite: suite, cells: expansion.cells, registry: registry)
        if !quiet {
            for warning in expansion.warnings + crowding(expansion.cells) + layerless(expansion.cells) {
                Console.warning(warning)
            }
        }
        if dryRun {
            for cell in expansion.cells { print(cell.name) }
            Console.note(
                "\(plural(expansion.cells.count, "cell")) on \(registry.integerPath) and \(registry.floatPath), "
                    + "\(duration(shortest(expansion.cells, plan))) of sampling or more; nothing was measured")
            return
        }
        // What would spoil the end of a run is found before its beginning.
        let exports = [exportCsv, exportJson, exportMarkdown, exportHtml].compactMap(\.self)
        guard exports.count(where: { $0 == "-" }) <= 1 else {
            throw Failure(.usage, "only one export can go to stdout")
        }
        for path in exports where path != "-" { try OutputPath.checkFile(path) }
        let templates = TemplateLibrary(searching: Resources.folders("report-templates"))
        try Failure.wrap(.usage) {
            try MarkdownReport.check(templates)
            try HTMLReport.check(templates)
        }
        let folder = output ?? Environment.value("BENCH_OUTPUT") ?? "results/local"
        try OutputPath.makeFolder(folder)
        let base = "\(folder)/\(suite.name)"
        let journal = "\(base).\(stamp()).journal"

        Interrupt.install()
        var checkpoints = CheckpointStore(shareDirectory: Resources.shareDirectory)
        checkpoints.recipes = (suite.training.float.flags, suite.training.qat.flags)
        var runnerOptions = SuiteRunner.Options(
            registry: registry, plan: plan, seed: seed,
            checkpoints: checkpoints, counters: try counterNames(suite),
            requireCounters: requireCounters, perLayer: perLayer,
            counterGroups: Resources.folder("suites/counter-groups"),
            journal: journal, rerun: rerun(suite, seed: seed), executable: Resources.executable)
        runnerOptions.counterPasses = try passes()
        let runner = SuiteRunner(suite: suite, cells: expansion.cells, options: runnerOptions)
        let line = ProgressLine(enabled: !quiet && !noProgress)
        let missing = MissingCheckpoints(expansion.cells, of: suite, filter: options.filter, checkpoints)
        let outcome: SuiteRunner.Outcome
        do {
            outcome = try runner.run(progress: { show($0, line) }, shouldStop: { Interrupt.requested })
        } catch let error as RunnerError {
            line.clear()
            throw Failure(
                error.status, error.message + (missing.explains(error) ? "\n\(missing.sentence!)" : "") + kept(journal))
        }
        line.clear()
        try finish(
            outcome, base: base, journal: journal, templates: templates, cells: expansion.cells.count, requirement,
            missing)
    }

    // MARK: Flags over environment over suite

    private func plan(_ suite: Suite) throws -> MeasureSettings {
        try Failure.wrap(.usage) {
            var plan = suite.measure
            if let text = warmup ?? Environment.value("BENCH_WARMUP") { plan.warmup = try parseDuration(text) }
            if let text = minTime ?? Environment.value("BENCH_MIN_TIME") { plan.minTime = try parseDuration(text) }
            if let text = maxTime ?? Environment.value("BENCH_MAX_TIME") { plan.maxTime = try parseDuration(text) }
            // A longer minimum than the suite's maximum moves the maximum, if that was not asked for.
            if maxTime == nil, plan.maxTime < plan.minTime { plan.maxTime = plan.minTime }
            try plan.check()
            if plan.coldCache != .none {
                throw Failure(
                    .usage, "\(suite.file): cold_cache '\(plan.coldCache.rawValue)' cannot be measured yet: use 'none'")
            }
            return plan
        }
    }

    /// Flag over BENCH_COUNTERS over PAPI's own PAPI_EVENTS over the suite.
    private func counterNames(_ suite: Suite) throws -> [String] {
        if let text = counters ?? Environment.value("BENCH_COUNTERS") { return names(text) }
        guard let text = Environment.value("PAPI_EVENTS") else { return suite.counters }
        return try names(text).map { name in
            guard !name.hasSuffix("=instant") else {
                throw Failure(
                    .usage, "PAPI_EVENTS: '\(name)': bench counts what a region adds and reads no momentary values")
            }
            return name
        }
    }

    private func names(_ text: String) -> [String] {
        text == "none" ? [] : text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private func passes() throws -> Int {
        let given = try counterPasses ?? Environment.number("BENCH_COUNTER_PASSES").map { Int(clamping: $0) }
        guard let passes = given else { return 8 }
        guard (1...100).contains(passes) else {
            throw Failure(.usage, "counter passes '\(passes)': from 1 to 100 passes over a cell")
        }
        return passes
    }

    private func rerun(_ suite: Suite, seed: UInt64) -> (Cell) -> String {
        let flags: [(name: String, value: String?)] = [
            ("--seed", seed == 0 ? nil : "\(seed)"), ("--isa", isa ?? Environment.value("BENCH_ISA")),
            ("--warmup", warmup ?? Environment.value("BENCH_WARMUP")),
            ("--min-time", minTime ?? Environment.value("BENCH_MIN_TIME")),
            ("--max-time", maxTime ?? Environment.value("BENCH_MAX_TIME")),
            ("--counters", counters ?? Environment.value("BENCH_COUNTERS") ?? Environment.value("PAPI_EVENTS")),
            (
                "--counter-passes",
                counterPasses.map { "\($0)" } ?? Environment.value("BENCH_COUNTER_PASSES")
            ),
        ]
        let given =
            flags.compactMap { flag in flag.value.map { " \(flag.name) \(shellQuoted($0))" } }.joined()
            + (perLayer ? " --per-layer" : "")
        let overridden = options.threads ?? Environment.value("BENCH_THREADS")
        return { cell in
            let threads = overridden == nil ? "" : " --threads \(cell.threads)"
            return "bench run \(shellQuoted(suite.file))\(given)\(threads) --filter '\(cell.exactPattern)'"
        }
    }

    private func shortest(_ cells: [Cell], _ plan: MeasureSettings) -> Double {
        Double(cells.count) * ((plan.warmup + plan.minTime) / .seconds(1))
    }

    /// Says that threads will have to take turns, which is slow and measures little.
    private func crowding(_ cells: [Cell]) -> [String] {
        let processors = ProcessInfo.processInfo.activeProcessorCount
        guard let threads = cells.map(\.threads).max(), threads > processors else { return [] }
        return [
            "\(threads) threads on \(plural(processors, "processor")): they take turns, so their latency says little"
        ]
    }

    /// Says that a profile was asked for where there is nothing to profile.
    private func layerless(_ cells: [Cell]) -> [String] {
        let isNetwork = { (cell: Cell) in if case .network = cell.workload { true } else { false } }
        guard perLayer, !cells.contains(where: isNetwork) else { return [] }
        return ["--per-layer: none of these cells is a network, and single operators have no layers"]
    }

    // MARK: Output

    private func stamp() -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyyMMdd-HHmmss"
        return "\(formatter.string(from: Date()))-\(ProcessInfo.processInfo.processIdentifier)"
    }

    private func show(_ progress: SuiteRunner.Progress, _ line: ProgressLine) {
        switch progress {
        case .machine: line.show("measuring the machine's ceilings", force: true)
        case .preparing(let cell, let done, let total):
            line.show("\(done)/\(total) cells, preparing \(cell)", force: true)
        case .accuracy(let cell, let done, let total, let share):
            line.show("\(done)/\(total) cells, accuracy of \(cell): \(Int(100 * share)) %")
        case .profiling(let workload, let done, let total):
            line.show("\(done)/\(total) cells, layers of \(workload)", force: true)
        case .measuring(let workload, let done, let total, let share):
            line.show("\(ProgressLine.bar(share)) \(done)/\(total) cells, measuring \(workload)")
        }
    }

    /// Writes the files, prints the table, and decides the exit status.
    private func finish(
        _ outcome: SuiteRunner.Outcome, base: String, journal: String, templates: TemplateLibrary, cells: Int,
        _ requirement: RunRequirement?, _ missing: MissingCheckpoints
    ) throws {
        var file = outcome.file
        let judgements = requirement?.judge(file)
        let isViolated = judgements?.contains { $0.outcome == .violated } == true
        let lost = requireCounters ? lostCounters(file) : []
        let status: ExitStatus =
            outcome.interrupted
            ? .interrupted
            : outcome.wrongNumbers
                ? .wrongNumbers : isViolated ? .regression : lost.isEmpty ? .clean : .countersUnavailable
        var message = verdict(file, status, cells: cells)
        if let requirement, let judgements { message += requirement.sentence(judgements) }
        if let sentence = missing.sentence { message += "; \(sentence)" }
        if !lost.isEmpty { message += "; required counters failed: " + lost.joined(separator: "; ") }
        file.verdict = RunVerdict(exitCode: Int(status.rawValue), message: message, requirements: judgements)
        if file.benchmarks.isEmpty {
            // Nothing was finished: what an earlier run left stays.
            try? FileManager.default.removeItem(atPath: journal)
            throw Failure(status, message)
        }
        let parts = base.split(separator: "/", omittingEmptySubsequences: false)
        let (folder, name) = (parts.dropLast().joined(separator: "/"), String(parts.last!))
        let files: [ReportFile]
        do {
            files =
                [try .results(file, name: name)] + (try ReportFile.reports(on: file, name: name, templates: templates))
            for file in files { try AtomicFile.write(file.text, to: "\(folder)/\(file.name)") }
        } catch {
            throw Failure(.internalError, "\(error)\(kept(journal))")
        }
        // All that the journal holds is in the JSON file now.
        try? FileManager.default.removeItem(atPath: journal)
        let places = ["json": exportJson, "csv": exportCsv, "md": exportMarkdown, "html": exportHtml]
        let exports = files.compactMap { file in places[file.ending].flatMap(\.self).map { (text: file.text, to: $0) } }
        if let toStdout = exports.first(where: { $0.to == "-" }) {
            print(toStdout.text, terminator: "")
        } else if !quiet {
            let color = Console.stdoutIsTerminal && Environment.value("NO_COLOR") == nil
            print(TerminalTable(width: 120, color: color).render(file), terminator: "")
        }
        var written = files.map { "\(folder)/\($0.name)" }
        try Failure.wrap(.internalError) {
            for export in exports where export.to != "-" {
                try AtomicFile.write(export.text, to: export.to)
                written.append(export.to)
            }
        }
        if !quiet { Console.note("wrote \(written.joined(separator: ", "))") }
        if status != .clean { throw Failure(status, message) }
        if !quiet { Console.note("bench: \(message)") }
    }

    /// Counters that were available when the run began and failed in it, with the reason, each once.
    private func lostCounters(_ file: ResultsFile) -> [String] {
        var lost: [String] = []
        for counters in file.benchmarks.compactMap(\.counters) {
            for (event, quantity) in counters.sorted(by: { $0.key < $1.key }) where quantity.value == nil {
                let text = "\(event): \(quantity.reason ?? "")"
                if !lost.contains(text) { lost.append(text) }
            }
        }
        return lost
    }

    /// Tells where finished cells are, after what could not be written elsewhere.
    private func kept(_ journal: String) -> String {
        guard let contents = try? Journal.read(journal), !contents.records.isEmpty else { return "" }
        return "\n\(plural(contents.records.count, "finished cell")) kept in \(journal)"
    }

    private func verdict(_ file: ResultsFile, _ status: ExitStatus, cells: Int) -> String {
        func count(_ status: Record.Status) -> Int { file.benchmarks.filter { $0.status == status }.count }
        var text = "\(count(.ok)) of \(plural(cells, "cell")) measured"
        if count(.skipped) > 0 { text += ", \(count(.skipped)) skipped" }
        if count(.failed) > 0 {
            let first = file.benchmarks.first { $0.status == .failed }
            text += ", \(count(.failed)) FAILED (\(first?.name ?? ""): \(first?.reason ?? ""))"
        }
        return status == .interrupted ? "interrupted: \(text)" : text
    }
}

extension RunnerError {
    var status: ExitStatus {
        switch kind {
        case .input: .usage
        case .failure: .internalError
        case .wrongNumbers: .wrongNumbers
        case .countersUnavailable: .countersUnavailable
        }
    }
}
