import Foundation
import Measurement
import Networks
import Results
import Testing

/// Whether the numbers of a run are right, as far as they can be known beforehand.
@Suite struct NumbersTests {
    @Test func workCountersAreExact() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, Case.random, counters: "[\"work\", \"core\"]")
        func measure() throws -> [Record] {
            let run = try BenchProcess.run("run", "tiny.json", "--quiet", "--threads", "1,2", in: folder)
            #expect(run.status == 0)
            return try folder.results().benchmarks
        }
        let (first, second) = (try measure(), try measure())
        #expect(first.count == 8)
        for (one, two) in zip(first, second) {
            let (counters, again) = (try #require(one.counters), try #require(two.counters))
            guard counters["quantkernels::MACS"]?.provenance != .unavailable else {
                print("skipped: no software-defined events here")
                return
            }
            #expect(counters["quantkernels::MACS"] == .measured(Double(try #require(one.macs))), "\(one.name)")
            for (name, value) in counters where name.hasPrefix("quantkernels::") {
                #expect(value.provenance == .measured)
                #expect(again[name] == value, "\(one.name): \(name) repeats to the unit")
            }
            for (name, value) in counters where value.value == nil {
                #expect(value.provenance == .unavailable && value.reason?.isEmpty == false, "\(name)")
            }
            let calls = try #require(counters["quantkernels::CALLS_REFERENCE"]?.value)
            #expect(calls == 0, "the timed path calls no reference operator")
        }
    }

    @Test func unknownCountersAreRefused() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--counters", "work,bogus", in: folder)
        #expect(run.status == 2)
        #expect(run.stderr.contains("'bogus' is neither a counter group (branch, cache, clock, core, energy, memory, "))
        #expect(folder.entries("results/local").isEmpty)
    }

    /// Every quantity and metric of every shipped group is in every output, with a number or its reason, and has a column.
    @Test func everyGroupHasItsColumnsAndReasons() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let groups = try FileManager.default.contentsOfDirectory(
            atPath: BenchProcess.checkout + "/suites/counter-groups"
        ).filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }
        #expect(groups.count >= 10)
        let run = try BenchProcess.run(
            "run", "tiny.json", "--quiet", "--threads", "1,2", "--counters", groups.joined(separator: ","),
            "--export-csv", "-", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let header = try #require(run.lines.first).split(separator: ",").map(String.init)
        for record in try folder.results().benchmarks {
            let counters = try #require(record.counters)
            let metrics = try #require(record.metrics)
            for (name, quantity) in counters {
                #expect(header.contains(name), "the column of \(name)")
                #expect((quantity.value == nil) == (quantity.reason?.isEmpty == false), "\(name)")
            }
            for (name, quantity) in metrics {
                #expect(header.contains("\(name) [\(quantity.unit ?? "")]"), "the column of \(name)")
                #expect((quantity.value == nil) == (quantity.reason?.isEmpty == false), "\(name)")
                #expect(quantity.value == nil || (quantity.provenance == .derived && quantity.formula != nil))
            }
            let counting = try #require(record.counting)
            #expect(counting.passes >= 1 && counting.iterations >= 3 && counting.costNs > 0)
            let emptyMACs = counting.emptyCounts["quantkernels::MACS"]
            #expect(emptyMACs == (PlayedPMU.isPossible ? 0 : nil), "an empty region does no work")
            let latency = try #require(record.latency)
            let disturbed = try #require(latency.disturbed)
            #expect(disturbed.allSatisfy(latency.samples.indices.contains))
            // What needs no PMU is there: the wall clock of a pass is that of the timed samples, give or take.
            let wall = try #require(counters["clock::WALL_NS"]?.value)
            #expect(wall > 0.2 * latency.median)
            #expect(try #require(counters["CPU_NS"]?.value) > 0)
            #expect(metrics["processors in use"]?.value != nil)
        }
        let markdown = try folder.text("results/local/tiny.md")
        #expect(markdown.contains("| processors in use | derived | CPU_NS / clock::WALL_NS | all |"))
    }

    /// PAPI's own variable selects events, below --counters and BENCH_COUNTERS, above the suite.
    @Test func papiEventsAreHonoured() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, counters: "[\"work\"]")
        func names(_ environment: [String: String], _ arguments: [String] = []) throws -> Set<String> {
            let run = try BenchProcess(
                ["run", "tiny.json", "--quiet", "--filter", "f32"] + arguments, in: folder, environment: environment
            ).wait()
            #expect(run.status == 0, "\(run.stderr)")
            let record = try #require(try folder.results().benchmarks.first)
            return Set((record.counters ?? [:]).keys)
        }
        let papi = ["PAPI_EVENTS": "PAPI_TOT_INS,perf::PAGE-FAULTS"]
        #expect(try names([:]).contains("quantkernels::MACS"))
        #expect(try names(papi) == ["PAPI_TOT_INS", "perf::PAGE-FAULTS"])
        #expect(
            try names(papi.merging(["BENCH_COUNTERS": "clock::TSC"]) { $1 }) == ["clock::TSC"])
        #expect(try names(papi, ["--counters", "clock::WALL_NS"]) == ["clock::WALL_NS"])
        let rerun = try #require(try folder.results().benchmarks.first?.rerun)
        #expect(rerun.contains("--counters clock::WALL_NS"))
        let instant = try BenchProcess(
            ["run", "tiny.json"], in: folder, environment: ["PAPI_EVENTS": "coretemp:::temp1_input=instant"]
        ).wait()
        #expect(instant.status == 2 && instant.stderr.contains("reads no momentary values"))
    }

    @Test(arguments: ["0", "101", "-1"])
    func counterPassesHaveTheirRange(passes: String) throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--counter-passes=\(passes)", in: folder)
        #expect(run.status == 2)
        #expect(run.stderr.contains("from 1 to 100 passes over a cell"))
    }

    @Test func requiredCountersThatAreUnavailableAreStatus6() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let inventory = try BenchProcess.run("counters", in: folder)
        guard inventory.stdout.contains("  - PAPI_TOT_CYC") else {
            print("skipped: this machine counts cycles")
            return
        }
        let run = try BenchProcess.run(
            "run", "tiny.json", "--require-counters", "--counters", "PAPI_TOT_CYC", in: folder)
        #expect(run.status == 6)
        #expect(run.stderr.hasPrefix("bench: required counters are unavailable: PAPI_TOT_CYC: "))
        #expect(folder.entries("results/local").isEmpty)
        let software = try BenchProcess.run(
            "run", "tiny.json", "--quiet", "--require-counters", "--counters", "work", in: folder)
        #expect(software.status == (PlayedPMU.isPossible ? 0 : 6), "\(software.stderr)")
    }

    @Test func theAccuracyIsThatOfTheModelCardAndIntegersEqualTheReference() throws {
        let folder = try Workspace()
        try folder.suite(
            #"{ "network": "fashion_mobilenet_v1", "width": 0.25, "resolution": 28, "numerics": ["f32", "w8c-a8", "w8t-a8+cal1000"] }"#,
            accuracy: #"{ "dataset": "fashion-mnist" }"#)
        let run = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let card = try Checkpoint.load(BenchProcess.checkout + "/checkpoints/fashion_mobilenet_v1_0.25_28.safetensors")
            .metadata
        let expected = try #require(card["test_accuracy"].flatMap(Double.init))
        let records = try folder.results().benchmarks
        #expect(records.count == 3)
        for record in records {
            let accuracy = try #require(record.accuracy)
            #expect(accuracy.n == 10_000 && accuracy.provenance == .measured)
            let interval = try #require(accuracy.ci95)
            #expect(interval.low < accuracy.top1 && accuracy.top1 < interval.high)
            if record.numerics == "f32" {
                #expect(abs(accuracy.top1 - expected) <= 0.05)
            } else {
                #expect(record.error?.againstReferenceMaxLsb == 0)
                #expect(try #require(record.error?.againstF32SqnrDb) > 15)
                #expect(abs(accuracy.top1 - expected) < 1.5, "8 bits cost little")
                #expect(abs(try #require(accuracy.deltaF32) - (accuracy.top1 - records[0].accuracy!.top1)) < 1e-9)
            }
        }
    }

    /// Weights of ±3·10³⁸ make the sums of the last layer ∞ − ∞, which is not a number, and so no number that agrees with
    /// the reference.
    @Test func outputsThatDisagreeWithTheReferenceAreStatus4() throws {
        let folder = try Workspace()
        try folder.suite(Case.trained, Case.gemm)
        let name = "fashion_mobilenet_v1_0.25_28.safetensors"
        var checkpoint = try Checkpoint.load(BenchProcess.checkout + "/checkpoints/" + name)
        var layer = try #require(checkpoint.parameters["fc.weight"])
        layer.values = layer.values.indices.map { $0.isMultiple(of: 2) ? 3e38 : -3e38 }
        checkpoint.parameters["fc.weight"] = layer
        try checkpoint.save(folder.file("huge/" + name), precision: .f32)
        let run = try BenchProcess.run("run", "tiny.json", in: folder, environment: ["BENCH_CHECKPOINTS": "huge"])
        #expect(run.status == 4)
        let cell = "fashion_mobilenet_v1_0.25_28/f32/t1"
        #expect(run.stderr.contains("\nbench: 2 of 3 cells measured, 1 FAILED (\(cell): the output differs"))
        #expect(run.stdout.contains("\(cell): failed: the output differs from the reference operators'"))
        let file = try folder.results()
        #expect(file.verdict?.exitCode == 4)
        // A wrong cell has no latency that someone could quote; the others are kept.
        #expect(file.benchmarks.filter { $0.status == .failed }.map(\.latency) == [nil])
        #expect(file.benchmarks.count { $0.status == .ok } == 2)
    }
}
