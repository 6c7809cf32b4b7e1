import Foundation
import Results
import Testing

/// What is left when a run ends before its end: Ctrl-C, a kill, a full disk.
@Suite struct InterruptionTests {
    /// Many workloads, so that some are finished long before all are; about 10 s in all.
    private func longSuite(_ folder: Workspace) throws {
        let products = (1...60).map { "[\($0), 16, 16]" }.joined(separator: ", ")
        try folder.suite(
            #"{ "gemm": [\#(products)], "numerics": ["f32"] }"#, minTime: "150ms", maxTime: "160ms")
    }

    /// Starts the run and waits until two cells are in its journal.
    private func start(_ folder: Workspace) throws -> BenchProcess {
        let run = try BenchProcess(["run", "tiny.json"], in: folder)
        let deadline = Date() + 60
        while Date() < deadline, !run.hasEnded {
            if let journal = folder.entries("results/local").first(where: { $0.hasSuffix(".journal") }),
                try folder.text("results/local/" + journal).count(where: { $0 == "\n" }) > 2
            {
                return run
            }
            usleep(5000)
        }
        run.send(SIGKILL)
        let outcome = run.wait()
        Issue.record("no cell was finished: status \(outcome.status), \(outcome.stderr)")
        return run
    }

    @Test(arguments: [SIGINT, SIGTERM]) func finishedCellsAreInTheFiles(signal: Int32) throws {
        let folder = try Workspace()
        try longSuite(folder)
        let run = try start(folder)
        run.send(signal)
        let outcome = run.wait()
        #expect(outcome.status == 130)
        let file = try folder.results()
        #expect((2..<60).contains(file.benchmarks.count))
        #expect(file.benchmarks.allSatisfy { $0.status == .ok && $0.latency != nil })
        #expect(
            outcome.stderr.hasSuffix("bench: interrupted: \(file.benchmarks.count) of 60 cells measured\n"),
            "\(outcome.stderr)")
        #expect(file.verdict?.exitCode == 130)
        #expect(outcome.stdout.contains(file.benchmarks[0].name.dropLast(3)))
        #expect(folder.entries("results/local") == ["tiny.csv", "tiny.html", "tiny.json", "tiny.md"])
    }

    @Test func anInterruptionBeforeTheFirstCellKeepsTheFilesOfAnEarlierRun() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, minTime: "30s", maxTime: "40s")
        try folder.write("earlier", to: "results/local/tiny.json")
        let run = try BenchProcess(["run", "tiny.json"], in: folder)
        while !run.hasEnded, !folder.entries("results/local").contains(where: { $0.hasSuffix(".journal") }) {
            usleep(5000)
        }
        run.send(SIGINT)
        let outcome = run.wait()
        #expect(outcome.status == 130)
        #expect(outcome.stderr == "bench: interrupted: 0 of 2 cells measured\n")
        #expect(try folder.text("results/local/tiny.json") == "earlier")
        #expect(folder.entries("results/local") == ["tiny.json"])
    }

    @Test func aKilledRunLeavesAReadableJournal() throws {
        let folder = try Workspace()
        try longSuite(folder)
        let run = try start(folder)
        run.send(SIGKILL)
        #expect(run.wait().status == 128 + SIGKILL)
        let journals = folder.entries("results/local")
        #expect(journals.count == 1 && journals[0].hasSuffix(".journal"))
        let contents = try Journal.read(folder.file("results/local/" + journals[0]))
        #expect(contents.records.count >= 2)
        #expect(contents.records.allSatisfy { $0.latency != nil })
        #expect(contents.context.suite?.name == "tiny")
    }

    // MARK: Disks

    @Test func aFullDiskKeepsWhatWasFinished() throws {
        let folder = try Workspace()
        try longSuite(folder)
        try FileManager.default.createDirectory(atPath: folder.file("disk"), withIntermediateDirectories: true)
        // The disk exists for this one process: a mount namespace of its own. The files are copied out before it ends.
        let script = """
            mount -t tmpfs -o size=32k tmpfs disk || exit 77
            "$0" "$@"
            code=$?
            mkdir kept && cp disk/* kept/
            exit $code
            """
        let wrapper =
            ["unshare"] + (getuid() == 0 ? [] : ["--user", "--map-root-user"]) + ["--mount", "sh", "-c", script]
        let arguments = ["run", "tiny.json", "--output", "disk"]
        guard let run = try? BenchProcess(arguments, in: folder, wrapper: wrapper).wait(),
            run.status != 77, folder.exists("kept")
        else {
            print("skipped: a full disk needs a small tmpfs, which may not be mounted here")
            return
        }
        #expect(run.status == 1)
        #expect(run.stderr.contains("No space left on device. Free space there or name a place on another disk"))
        let kept = try #require(
            run.stderr.firstMatch(of: /(\d+) finished cells? kept in disk\/tiny\./), "\(run.stderr)")
        let journals = folder.entries("kept")
        #expect(journals.count == 1)
        let contents = try Journal.read(folder.file("kept/" + (journals.first ?? "")))
        #expect((1..<60).contains(contents.records.count))
        #expect(Int(kept.1) == contents.records.count)
        #expect(contents.tornLine == nil)
    }

    @Test func anExportToAFullDeviceCostsOnlyTheExport() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--export-csv", "/dev/full", in: folder)
        #expect(run.status == 1)
        #expect(run.stderr.contains("/dev/full: cannot write: No space left on device."))
        #expect(run.stdout.contains("gemm_16x16x16/f32"))
        #expect(folder.entries("results/local") == ["tiny.csv", "tiny.html", "tiny.json", "tiny.md"])
    }

    @Test(arguments: [
        ["--output", "tiny.json/x"], ["--output", "/proc/x"], ["--output", "/proc"], ["--export-csv", "missing/x.csv"],
        ["--export-json", "."],
    ])
    func whatCannotBeWrittenIsSaidBeforeAnythingIsMeasured(flags: [String]) throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess(["run", "tiny.json"] + flags, in: folder).wait()
        #expect(run.status == 2)
        #expect(run.stdout.isEmpty)
        #expect(run.stderr.contains("'\(flags[1])'"), "\(run.stderr)")
        #expect(folder.entries() == ["tiny.json"])
    }
}
