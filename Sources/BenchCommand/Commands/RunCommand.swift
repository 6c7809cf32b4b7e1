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
            Prints a table on stdout and writes <suite>.json, .csv and .md to the output folder. Finished cells are kept in a \
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
    @Flag(help: "Fail with status 6 if a counter is unavailable.") var requireCounters = false
    @Option(help: ArgumentHelp("Folder of the results (BENCH_OUTPUT).", valueName: "folder")) var output: String?
    @Option(help: ArgumentHelp("Write CSV here, too; - is stdout.", valueName: "path")) var exportCsv: String?
    @Option(help: ArgumentHelp("Write JSON here, too; - is stdout.", valueName: "path")) var exportJson: String?
    @Option(help: ArgumentHelp("Write Markdown here, too; - is stdout.", valueName: "path")) var exportMarkdown: String?
    @Flag(help: "No table, no notes: only errors, and what is exported.") var quiet = false
    @Flag(help: "No progress line.") var noProgress = false

    func run() throws {
        let (suite, expansion, seed) = try options.load()
        let registry = try Environment.registry(isa: isa)
        let plan = try plan(suite)
        if !quiet { for warning in expansion.warnings { Console.warning(warning) } }
        if dryRun {
            for cell in expansion.cells { print(cell.name) }
            Console.note(
                "\(expansion.cells.count) cells on \(registry.integerPath) and \(registry.floatPath), "
                    + "about \(ProgressLine.time(shortest(expansion.cells, plan))) of sampling at least; nothing was measured"
            )
            return
        }
        let exports = [exportCsv, exportJson, exportMarkdown].filter { $0 == "-" }
        guard exports.count <= 1 else { throw Failure(.usage, "only one export can go to stdout") }
        // Templates are read before anything is measured: a broken one should not cost a run.
        let templates = TemplateLibrary(searching: Resources.folders("report-templates"))
        let folder = output ?? Environment.value("BENCH_OUTPUT") ?? "results/local"
        let base = try outputBase(folder, suite: suite)
        let journal = "\(base).\(stamp()).journal"

        Interrupt.install()
        let runner = SuiteRunner(
            suite: suite, cells: expansion.cells,
            options: SuiteRunner.Options(
                registry: registry, plan: plan, seed: seed,
                checkpoints: CheckpointStore(shareDirectory: shareDirectory), counters: counterNames(suite),
                requireCounters: requireCounters, counterGroups: Resources.folder("suites/counter-groups"),
                journal: journal, rerun: rerun(suite, seed: seed), executable: Resources.executable))
        let line = ProgressLine(enabled: !quiet && !noProgress)
        let outcome: SuiteRunner.Outcome
        do {
            outcome = try runner.run(progress: { show($0, line) }, shouldStop: { Interrupt.requested })
        } catch let error as RunnerError {
            line.clear()
            let kept = FileManager.default.fileExists(atPath: journal) ? "; what was finished is in \(journal)" : ""
            throw Failure(error.status, error.message + kept)
        }
        line.clear()
        try finish(outcome, base: base, journal: journal, templates: templates, cells: expansion.cells.count)
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

    private func counterNames(_ suite: Suite) -> [String] {
        guard let text = counters ?? Environment.value("BENCH_COUNTERS") else { return suite.counters }
        return text == "none" ? [] : text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private func rerun(_ suite: Suite, seed: UInt64) -> (Cell) -> String {
        let (isa, threads) = (isa, options.threads)
        return { cell in
            var command = "bench run \(suite.file)"
            if seed != 0 { command += " --seed \(seed)" }
            if let isa { command += " --isa \(isa)" }
            if let threads { command += " --threads \(threads)" }
            return command + " --filter '\(cell.exactPattern)'"
        }
    }

    private var shareDirectory: String? {
        // Beside an executable; the working directory is searched first anyway.
        Resources.roots.dropFirst().first { FileManager.default.fileExists(atPath: $0 + "/checkpoints") }
    }

    private func shortest(_ cells: [Cell], _ plan: MeasureSettings) -> Double {
        Double(cells.count) * ((plan.warmup + plan.minTime) / .seconds(1))
    }

    // MARK: Output

    /// Path of the results without ending; the folder is made.
    private func outputBase(_ folder: String, suite: Suite) throws -> String {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                .usage,
                "the folder of results '\(folder)' cannot be made (\(String(cString: strerror(errno)))): "
                    + "name another one with --output")
        }
        let safe = String(suite.name.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : "_" })
        return folder + "/" + (safe.isEmpty ? "suite" : safe)
    }

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
            line.show("preparing \(cell) (\(done) of \(total) cells)", force: true)
        case .accuracy(let cell, let done, let total):
            line.show("accuracy of \(cell) (\(done) of \(total) cells)", force: true)
        case .measuring(let workload, let done, let total, let share):
            line.show("\(ProgressLine.bar(share)) \(done)/\(total) cells, measuring \(workload)")
        }
    }

    /// Writes the files, prints the table, and decides the exit status.
    private func finish(
        _ outcome: SuiteRunner.Outcome, base: String, journal: String, templates: TemplateLibrary, cells: Int
    ) throws {
        var file = outcome.file
        let status: ExitStatus = outcome.interrupted ? .interrupted : outcome.wrongNumbers ? .wrongNumbers : .clean
        let message = verdict(file, status, cells: cells)
        file.verdict = RunVerdict(exitCode: Int(status.rawValue), message: message)
        var written: [String] = []
        try Failure.wrap(.internalError) {
            let documents = [
                (try JSONReport.render(file), "json", exportJson), (CSVReport.render(file), "csv", exportCsv),
                (try MarkdownReport.render(file, templates: templates), "md", exportMarkdown),
            ]
            for (text, ending, export) in documents {
                try AtomicFile.write(text, to: "\(base).\(ending)")
                written.append("\(base).\(ending)")
                if export == "-" {
                    print(text, terminator: "")
                } else if let export {
                    try AtomicFile.write(text, to: export)
                }
            }
        }
        // All that the journal holds is in the JSON file now.
        try? FileManager.default.removeItem(atPath: journal)
        let toStdout = [exportCsv, exportJson, exportMarkdown].contains("-")
        if !quiet, !toStdout, !file.benchmarks.isEmpty {
            print(
                TerminalTable(width: 120, color: Console.stdoutIsTerminal && Environment.value("NO_COLOR") == nil)
                    .render(file))
        }
        if !quiet { Console.note("wrote \(written.joined(separator: ", "))") }
        if status == .clean {
            if !quiet { Console.note("bench: \(message)") }
        } else {
            throw Failure(status, message)
        }
    }

    private func verdict(_ file: ResultsFile, _ status: ExitStatus, cells: Int) -> String {
        func count(_ status: Record.Status) -> Int { file.benchmarks.filter { $0.status == status }.count }
        var text = "\(count(.ok)) of \(cells) cells measured"
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
