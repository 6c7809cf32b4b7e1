import Foundation
import Measurement
import Results
import Testing

/// `bench run` where nothing is wrong: what it prints, what it writes, what its flags do.
@Suite struct RunTests {
    @Test func aCleanRunPrintsATableAndWritesItsFiles() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 0)
        // Data on stdout, everything that is said about them on stderr.
        #expect(run.stdout.hasPrefix("gemm, 1 thread\n"))
        #expect(run.stdout.contains("gemm_16x16x16/w8c-a8-ptq"))
        #expect(!run.stdout.contains("wrote"))
        #expect(
            run.stderr == """
                wrote results/local/tiny.json, results/local/tiny.csv, results/local/tiny.md, \
                results/local/tiny.html
                bench: 2 of 2 cells measured

                """)
        // The journal is gone once all that it holds is in the JSON file.
        #expect(folder.entries("results/local") == ["tiny.csv", "tiny.html", "tiny.json", "tiny.md"])

        let file = try folder.results()
        #expect(file.benchmarks.map(\.name) == ["gemm_16x16x16/f32/t1", "gemm_16x16x16/w8c-a8-ptq/t1"])
        #expect(file.benchmarks.allSatisfy { $0.status == .ok && $0.latency != nil && $0.macs == 4096 })
        #expect(file.verdict == RunVerdict(exitCode: 0, message: "2 of 2 cells measured"))
        #expect(file.context.suite?.name == "tiny")
        // Looked up on the threads themselves; with one processor there is nothing to bind, which is said.
        let isAlone = ProcessInfo.processInfo.activeProcessorCount == 1
        #expect(isAlone || file.context.placement?.value?.hasPrefix("threads bound to processors") == true)
        #expect(!isAlone || file.context.placement?.reason != nil)
        let markdown = try folder.text("results/local/tiny.md")
        #expect(markdown.hasPrefix("# tiny\n"))
        #expect(!markdown.contains("{{"))
        #expect(run.stdout.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func namesAndColumnsAreThoseOfEarlierRuns() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, Case.random)
        let list = try BenchProcess.run("list", "tiny.json", in: folder)
        #expect(list.status == 0)
        #expect(
            list.lines == [
                "gemm_16x16x16/f32/t1", "gemm_16x16x16/w8c-a8-ptq/t1", "mobilenet_v1_0.25_32/f32/t1",
                "mobilenet_v1_0.25_32/w8c-a8-ptq+cal1/t1",
            ])
        let without = try BenchProcess.run(
            "run", "tiny.json", "--filter", "gemm", "--quiet", "--counters", "none", "--export-csv", "-", in: folder)
        let with = try BenchProcess.run(
            "run", "tiny.json", "--filter", "gemm", "--quiet", "--counters", "work,core", "--export-csv", "-",
            in: folder)
        let headers = [without, with].map { $0.stdout.prefix { $0 != "\n" } }
        #expect(headers[0] == headers[1])
        #expect(
            headers[0].hasPrefix("name,status,reason,network,op,shape,width,resolution,numerics,rounding,batch,threads")
        )
        #expect(headers[0].contains(",latency_median_ns,"))
        // What came later stands behind what was there.
        #expect(headers[0].contains(",counters_unavailable_reason,rerun,map_percent,"))
        #expect(headers[0].hasSuffix(",map_provenance,map_source,trained_by,top5_percent"))
    }

    @Test func exportsGoWhereTheyAreSent() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run(
            "run", "tiny.json", "--export-json", "a.json", "--export-csv", "a.csv", "--export-markdown", "a.md",
            "--export-html", "a.html", "--output", "elsewhere", in: folder)
        #expect(run.status == 0)
        #expect(!folder.exists("results"))
        for ending in ["json", "csv", "md", "html"] {
            #expect(try folder.text("a.\(ending)") == folder.text("elsewhere/tiny.\(ending)"))
        }
        #expect(run.stderr.contains("a.json"))
    }

    @Test(arguments: [
        ("csv", "name,status"), ("json", "{\n\"schema_version\": 1,"), ("markdown", "# tiny"),
        ("html", "<!DOCTYPE html>"),
    ])
    func oneExportMayGoToStdoutAlone(format: String, start: String) throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--export-\(format)", "-", in: folder)
        #expect(run.status == 0)
        #expect(run.stdout.hasPrefix(start))
        #expect(!run.stdout.contains("gemm, 1 thread\ncase"))
        if format == "json" {
            try folder.write(run.stdout, to: "stdout.json")
            #expect(try folder.results("stdout.json") == folder.results())
        }
        let two = try BenchProcess.run(
            "run", "tiny.json", "--export-csv", "-", "--export-json", "-", in: folder)
        #expect(two.status == 2)
        #expect(two.stderr.contains("only one export can go to stdout"))
    }

    @Test func quietSaysNothing() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let quiet = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(quiet.status == 0)
        #expect(quiet.stdout.isEmpty && quiet.stderr.isEmpty)
        #expect(folder.exists("results/local/tiny.json"))
        let still = try BenchProcess.run("run", "tiny.json", "--no-progress", in: folder)
        #expect(still.status == 0)
        #expect(!still.stderr.contains("\u{1b}") && still.stderr.hasSuffix("2 of 2 cells measured\n"))
    }

    @Test func aDryRunMeasuresNothingAndWritesNothing() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, Case.trained)
        // It needs no dataset either.
        let run = try BenchProcess.run(
            "run", "tiny.json", "--dry-run", in: folder, environment: ["BENCH_DATASETS": "/nonexistent"])
        #expect(run.status == 0)
        #expect(run.lines.count == 3)
        #expect(run.stderr.contains("nothing was measured"))
        #expect(folder.entries() == ["tiny.json"])
    }

    @Test func threadsAndFilterChooseCells() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run(
            "run", "tiny.json", "--threads", "1,2", "--filter", "f32", "--quiet", in: folder)
        #expect(run.status == 0)
        let records = try folder.results().benchmarks
        #expect(records.map(\.name) == ["gemm_16x16x16/f32/t1", "gemm_16x16x16/f32/t2"])
        #expect(records.map(\.threads) == [1, 2])
        let variable = try BenchProcess.run("list", "tiny.json", in: folder, environment: ["BENCH_THREADS": "2"])
        #expect(variable.lines == ["gemm_16x16x16/f32/t2", "gemm_16x16x16/w8c-a8-ptq/t2"])
        // A flag wins over the environment.
        let both = try BenchProcess.run(
            "list", "tiny.json", "--threads", "1", in: folder, environment: ["BENCH_THREADS": "2"])
        #expect(both.lines == ["gemm_16x16x16/f32/t1", "gemm_16x16x16/w8c-a8-ptq/t1"])
    }

    @Test func aForcedInstructionSetIsUsedAndRecorded() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, Case.random)
        let sets = ["scalar", "avx2", "avxvnni", "avx512", "avx512vnni"]
        var hashes: Set<[String?]> = []
        for set in sets {
            let run = try BenchProcess.run("run", "tiny.json", "--isa", set, "--quiet", in: folder)
            guard run.status == 0 else {
                #expect(run.status == 2)
                #expect(run.stderr.contains("this processor cannot run \(set): it offers scalar"))
                continue
            }
            let records = try folder.results().benchmarks
            let integers = records.filter { $0.numerics != "f32" }
            #expect(integers.count == 2)
            // The float kernels have fewer sets: theirs is the widest one below.
            #expect(integers.allSatisfy { $0.path == set || (set == "avx512" && $0.path == "avx2") }, "\(set)")
            #expect(records.allSatisfy { sets.firstIndex(of: $0.path ?? "")! <= sets.firstIndex(of: set)! })
            hashes.insert(integers.map(\.outputHash))
        }
        #expect(hashes.count == 1, "integer outputs are the same on every path")
        let variable = try BenchProcess.run(
            "run", "tiny.json", "--filter", "gemm", "--quiet", in: folder, environment: ["BENCH_ISA": "scalar"])
        #expect(variable.status == 0)
        #expect(try folder.results().benchmarks.allSatisfy { $0.path == "scalar" })
        let unknown = try BenchProcess.run("run", "tiny.json", "--isa", "sse9", in: folder)
        #expect(unknown.status == 2)
        #expect(unknown.stderr == "bench: isa 'sse9': choose one of \(sets.joined(separator: ", "))\n")
    }

    @Test func aSeedMakesOutputsThatRepeat() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, Case.random)
        func hashes(_ arguments: [String], _ environment: [String: String] = [:]) throws -> [String] {
            let run = try BenchProcess(
                ["run", "tiny.json", "--quiet"] + arguments, in: folder, environment: environment
            ).wait()
            #expect(run.status == 0)
            return try folder.results().benchmarks.compactMap(\.outputHash)
        }
        let seven = try hashes(["--seed", "7"])
        #expect(seven.count == 4)
        #expect(try hashes(["--seed", "7"]) == seven)
        #expect(try hashes([], ["BENCH_SEED": "7"]) == seven)
        #expect(try folder.results().context.seed == 7)
        let eight = try hashes(["--seed", "8"])
        #expect(zip(seven, eight).allSatisfy { $0 != $1 })
        let wrong = try BenchProcess.run("list", "tiny.json", in: folder, environment: ["BENCH_SEED": "x"])
        #expect(wrong.status == 2)
        #expect(wrong.stderr == "bench: BENCH_SEED='x' is not a whole number\n")
    }

    @Test func durationsAreFlagsAndVariables() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let flags = try BenchProcess.run(
            "run", "tiny.json", "--quiet", "--min-time", "60ms", "--max-time", "80ms", "--warmup", "0s", in: folder,
            environment: ["BENCH_OUTPUT": "out", "BENCH_MAX_TIME": "1s"])
        #expect(flags.status == 0)
        for record in try folder.results("out/tiny.json").benchmarks {
            let latency = try #require(record.latency)
            let sampled = latency.samples.reduce(0, +) * Double(latency.iterationsPerSample)
            #expect(sampled >= 60e6 && sampled < 200e6)
        }
        let wrong = try BenchProcess.run("run", "tiny.json", "--min-time", "3", in: folder)
        #expect(wrong.status == 2)
        #expect(wrong.stderr.contains("duration '3': must be a number with its unit"))
    }

    /// An interval that no cell reaches: without `max_samples` a cell has all of its time.
    @Test func timeEndsACellThatDoesNotSettle() throws {
        let folder = try Workspace()
        try folder.write(
            """
            { "schema_version": 1, "name": "tiny", "cases": [{ "gemm": [16, 16, 16], "numerics": "f32" }],
              "measure": { "warmup": "1ms", "min_time": "10ms", "max_time": "400ms", "relative_ci": 1e-12 } }
            """, to: "tiny.json")
        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 0)
        #expect(run.stdout.contains("(time)"))
        let latency = try #require(try folder.results().benchmarks[0].latency)
        #expect(latency.stopReason == .time)
        #expect(latency.samples.reduce(0, +) * Double(latency.iterationsPerSample) >= 400e6)
    }

    @Test func theLineToRerunACellRerunsIt() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, as: "tiny")
        try FileManager.default.moveItem(atPath: folder.file("tiny.json"), toPath: folder.file("two words.json"))
        let run = try BenchProcess.run(
            "run", "two words.json", "--quiet", "--seed", "3", in: folder,
            environment: ["BENCH_THREADS": "1,2", "BENCH_ISA": "scalar", "BENCH_MIN_TIME": "12ms"])
        #expect(run.status == 0)
        let record = try #require(try folder.results().benchmarks.first { $0.name == "gemm_16x16x16/w8c-a8-ptq/t2" })
        let line = try #require(record.rerun)
        #expect(line.hasPrefix("bench run 'two words.json' "))
        // As a user does it: through a shell, without the environment of the first run.
        let again = try BenchProcess(
            [], in: folder, environment: ["PATH": "\(folder.path):/usr/bin:/bin"],
            executable: "exec \(BenchProcess.executable)\(line.dropFirst("bench".count)) --quiet",
            wrapper: ["sh", "-c"]
        ).wait()
        #expect(again.status == 0, "\(line): \(again.stderr)")
        let file = try folder.results()
        #expect(file.benchmarks.map(\.name) == [record.name])
        #expect(file.benchmarks[0].outputHash == record.outputHash)
        #expect(file.benchmarks[0].path == "scalar")
        #expect(file.benchmarks[0].rerun == line)
    }

    @Test func whatASchemeCannotDoIsSkippedWithItsReason() throws {
        let folder = try Workspace()
        try folder.suite(
            #"{ "network": "mobilenet_v1", "width": 0.25, "resolution": 32, "numerics": ["w8g32-a8+cal1", "w8t-a8-qat"] }"#,
            Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 0)
        #expect(run.stderr.hasSuffix("bench: 2 of 4 cells measured, 2 skipped\n"))
        let skipped = try folder.results().benchmarks.filter { $0.status == .skipped }
        #expect(skipped.count == 2)
        for record in skipped {
            let reason = try #require(record.reason)
            #expect(run.stdout.contains("\(record.name): skipped: \(reason)\n"))
            #expect(record.latency == nil)
        }
        #expect(skipped[0].reason?.contains("groups of 32") == true)
        #expect(skipped[1].reason?.contains("quantization-aware") == true)
    }

    @Test func aCellThatIsNamedTwiceIsMeasuredOnce() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 0)
        #expect(run.stderr.hasPrefix("bench: warning: tiny.json:1:"))
        #expect(try folder.results().benchmarks.count == 2)
    }

    @Test func moreThreadsThanProcessorsAreAWarning() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--threads", "1000", "--dry-run", in: folder)
        #expect(run.status == 0)
        #expect(run.stderr.contains("bench: warning: 1000 threads on "))
    }

    @Test func anInstalledProgramNeedsNoCheckout() throws {
        let folder = try Workspace()
        let executable = try folder.install()
        try folder.suite(Case.gemm, counters: "[\"work\"]")
        let run = try BenchProcess.run("run", "tiny.json", in: folder, executable: executable)
        #expect(run.status == 0, "\(run.stderr)")
        // A suite that is not here comes from the installation.
        let list = try BenchProcess.run("list", "suites/smoke.json", in: folder, executable: executable)
        #expect(list.status == 0)
        #expect(list.lines.contains("gemm_128x128x128/f32/t1"))
    }
}
