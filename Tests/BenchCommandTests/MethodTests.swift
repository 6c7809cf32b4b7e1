import Results
import Testing

/// Methods after training, from a suite's axes to its records.
@Suite struct MethodTests {
    @Test func everyMethodReachesTheRecords() throws {
        let folder = try Workspace()
        try folder.suite(
            """
            { "network": "fashion_mobilenet_v1", "width": 0.25, "numerics": ["f32", "w3t-a8+cal48"],
              "calibration": ["minmax", "p60", "mse", "entropy"] }
            """,
            """
            { "network": "fashion_mobilenet_v1", "width": 0.25, "numerics": "w3t-a8+cal48", "weight_range": ["mse"] }
            """,
            """
            { "network": "fashion_mobilenet_v1", "width": 0.25, "numerics": "w3t-a8+cal48", "equalization": true,
              "bias_correction": [false, true], "weight_rounding": ["nearest", "adaround9"] }
            """)
        let environment = ["BENCH_CHECKPOINTS": "\(BenchProcess.checkout)/checkpoints"]
        let run = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder, environment: environment)
        #expect(run.status == 0, "\(run.stderr)")
        let records = try folder.results().benchmarks
        #expect(
            records.compactMap(\.numerics) == [
                "f32", "w3t-a8-ptq+cal48", "w3t-a8-ptq+cal48+p60", "w3t-a8-ptq+cal48+mse", "w3t-a8-ptq+cal48+entropy",
                "w3t-a8-ptq+cal48+wmse", "w3t-a8-ptq+cal48+cle", "w3t-a8-ptq+cal48+cle+adaround9",
                "w3t-a8-ptq+cal48+cle+bc", "w3t-a8-ptq+cal48+cle+bc+adaround9",
            ])
        #expect(records.allSatisfy { $0.status == .ok }, "the kernels agree with the reference in all of them")
        // Each is a model of its own.
        let ratios = records.dropFirst().compactMap { $0.error?.againstF32SqnrDb }
        #expect(Set(ratios).count == 9 && records.dropFirst().allSatisfy { $0.setup?.calibration != nil })
        // One of them alone is the same.
        let alone = try BenchProcess.run(
            "run", "tiny.json", "--quiet", "--filter", #"\+cle\+bc\+adaround9/"#, in: folder, environment: environment)
        #expect(alone.status == 0)
        let again = try folder.results().benchmarks
        #expect(again.count == 1)
        #expect(again[0].error?.againstF32SqnrDb == records[9].error?.againstF32SqnrDb)
        #expect(again[0].outputHash == records[9].outputHash)
    }

    /// Ranges can be found for noise; what preserves a function has none to preserve.
    @Test func randomWeightsHaveNothingToLearnFrom() throws {
        let folder = try Workspace()
        try folder.suite(
            """
            { "network": "mobilenet_v1", "width": 0.25, "resolution": 32,
              "numerics": ["w8c-a8+cal1+p90", "w8c-a8+cle", "w8c-a8+bc", "w8c-a8+adaround"] }
            """)
        let run = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(run.status == 0)
        let records = try folder.results().benchmarks
        #expect(records.map(\.status) == [.ok, .skipped, .skipped, .skipped])
        #expect(records[1...].allSatisfy { $0.reason?.hasPrefix("the network's weights are random") == true })
    }
}
