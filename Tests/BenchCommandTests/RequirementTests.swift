import Results
import Testing

/// `--min-speedup` and a suite's `require`, with bounds that no machine misses or none reaches: 0.001 and 1000.
@Suite struct RequirementTests {
    private func suite(_ folder: Workspace, require: String, numerics: String = #"["f32", "int8"]"#) throws {
        try folder.write(
            """
            { "schema_version": 1, "name": "tiny", "cases": [{ "gemm": [16, 16, 16], "numerics": \(numerics) }],
              "measure": { "warmup": "1ms", "min_time": "10ms", "max_time": "20ms" },
              "require": { "min_speedup": \(require) } }
            """, to: "tiny.json")
    }

    private func lastLine(_ run: BenchProcess.Outcome) -> String {
        run.stderr.split(separator: "\n").last.map(String.init) ?? ""
    }

    private let cell = "gemm_16x16x16/w8c-a8-ptq/t1"

    @Test func aViolatedRequirementIsStatus3() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--min-speedup", "1000", in: folder)
        #expect(run.status == 3, "\(run.stderr)")
        #expect(
            lastLine(run).hasPrefix("bench: 2 of 2 cells measured, 1 of 1 VIOLATED min_speedup 1000.0 (\(cell): "),
            "\(run.stderr)")
        #expect(lastLine(run).hasSuffix(": it is slower)"))
        // The results are there all the same.
        #expect(run.stdout.contains("gemm_16x16x16/w8c-a8-ptq"))
        #expect(folder.entries("results/local") == ["tiny.csv", "tiny.html", "tiny.json", "tiny.md"])
        let verdict = try #require(try folder.results().verdict)
        #expect(verdict.exitCode == 3)
        #expect("bench: \(verdict.message)" == lastLine(run))
        let judgement = try #require(verdict.requirements?.first)
        #expect(verdict.requirements?.count == 1)
        #expect(judgement.cell == cell && judgement.outcome == .violated && judgement.bound == 1000)
        #expect(judgement.estimate == (try folder.results().benchmarks[1].speedupOverF32))
        #expect(try folder.text("results/local/tiny.md").contains("1 of 1 VIOLATED"))
        let quiet = try BenchProcess.run("run", "tiny.json", "--min-speedup", "1000", "--quiet", in: folder)
        #expect(quiet.status == 3 && quiet.stderr.split(separator: "\n").count == 1)
    }

    @Test func aRequirementThatIsMetIsClean() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--min-speedup", "0.001", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        #expect(
            lastLine(run) == "bench: 2 of 2 cells measured, min_speedup 0.001 met by 1 cell that it was asked of")
        #expect(try folder.results().verdict?.requirements?.map(\.outcome) == [.met])
        // Nothing required, nothing said.
        let free = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(free.status == 0 && lastLine(free) == "bench: 2 of 2 cells measured")
        #expect(try folder.results().verdict?.requirements == nil)
    }

    @Test func aFlagIsTakenBeforeTheEnvironmentAndThatBeforeTheSuite() throws {
        let folder = try Workspace()
        try suite(folder, require: "1000")
        let impossible = ["BENCH_MIN_SPEEDUP": "1000"]
        let flag = try BenchProcess.run(
            "run", "tiny.json", "--quiet", "--min-speedup", "0.001", in: folder, environment: impossible)
        #expect(flag.status == 0, "\(flag.stderr)")
        let variable = try BenchProcess.run(
            "run", "tiny.json", "--quiet", in: folder, environment: ["BENCH_MIN_SPEEDUP": "0.001"])
        #expect(variable.status == 0, "\(variable.stderr)")
        try suite(folder, require: "0.001")
        #expect(try BenchProcess.run("run", "tiny.json", "--quiet", in: folder).status == 0)
        #expect(try BenchProcess.run("run", "tiny.json", "--quiet", in: folder, environment: impossible).status == 3)
    }

    /// AVX2 does twice as many integer products per instruction as float ones, the portable path as many.
    @Test func aSuiteAsksOnlyWhereIntegersHaveAHeadStart() throws {
        let folder = try Workspace()
        try suite(folder, require: "1000")
        let portable = try BenchProcess.run("run", "tiny.json", "--isa", "scalar", in: folder)
        #expect(portable.status == 0, "\(portable.stderr)")
        #expect(
            lastLine(portable)
                == "bench: 2 of 2 cells measured, min_speedup 1000.0 not asked of 1 cell (\(cell): there is no integer "
                + "vector path: integer products run on scalar)")
        #expect(try folder.results().verdict?.requirements?.map(\.outcome) == [.skipped])
        // A flag is meant for this machine.
        let flag = try BenchProcess.run(
            "run", "tiny.json", "--quiet", "--isa", "scalar", "--min-speedup", "1000", in: folder)
        #expect(flag.status == 3)
        for set in ["avx2", "avxvnni", "avx512", "avx512vnni"] {
            let run = try BenchProcess.run("run", "tiny.json", "--isa", set, in: folder)
            if run.status == 2 {
                print("skipped \(set): \(run.stderr)")
            } else if set == "avx512", try folder.results().benchmarks[1].path == "avx2" {
                #expect(run.status == 0, "\(run.stderr)")
                #expect(lastLine(run).contains("16 integer products on avx2 and 16 float products on avx512"))
            } else {
                #expect(run.status == 3, "\(set): \(run.stderr)")
            }
        }
    }

    @Test func aCellThatIsRunAgainAloneIsNotAsked() throws {
        let folder = try Workspace()
        try suite(folder, require: "1000")
        let run = try BenchProcess.run("run", "tiny.json", "--filter", "w8c", "--isa", "scalar", in: folder)
        #expect(run.status == 0 && lastLine(run).contains("not asked of 1 cell"))
        let floats = try BenchProcess.run("run", "tiny.json", "--filter", "f32", in: folder)
        #expect(floats.status == 0)
        #expect(lastLine(floats).hasSuffix("min_speedup 1000.0 had no quantized cell to judge"))
    }

    @Test(arguments: [
        ("0", "min-speedup '0': must be a number from 0.001 to 1000.0"),
        ("fast", "min-speedup 'fast': must be a number from 0.001 to 1000.0"),
        ("nan", "min-speedup 'nan': must be a number from 0.001 to 1000.0"),
    ])
    func boundsThatAreNone(text: String, message: String) throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--min-speedup", text, in: folder)
        #expect(run.status == 2)
        #expect(run.stderr == "bench: \(message)\n")
    }

    @Test func aFlagThatNothingCouldBeHeldToIsRefused() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        for filter in ["w8c", "f32"] {
            let run = try BenchProcess.run("run", "tiny.json", "--min-speedup", "1", "--filter", filter, in: folder)
            #expect(run.status == 2)
            #expect(run.stderr.contains("min-speedup: no quantized cell of this run has its f32 cell beside it"))
            #expect(!folder.exists("results"))
        }
    }
}
