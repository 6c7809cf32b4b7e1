import Foundation
import Networks
import Results
import Testing

/// The suites that come with the program.
@Suite struct ShippedSuiteTests {
    /// Of a network whose accuracy was published, and of one that nobody published: that one has no number.
    @Test func publishedAccuraciesStandBesideMeasuredTimes() throws {
        let folder = try Workspace()
        let run = try BenchProcess.run(
            "run", BenchProcess.checkout + "/suites/imagenet-mobilenet.json", "--filter", "v2_(1.0_224|0.35_128)",
            "--quiet", "--warmup", "0s", "--min-time", "1ms", "--max-time", "1ms", "--counters", "none", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let records = try folder.results("results/local/imagenet-mobilenet.json").benchmarks
        #expect(records.count == 4)
        for record in records {
            #expect(record.status == .ok && record.latency != nil)
            guard record.width == 1 else {
                #expect(record.accuracy == nil)
                continue
            }
            let accuracy = try #require(record.accuracy)
            #expect(accuracy.provenance == .published && accuracy.source == "Krishnamoorthi 2018, arXiv:1806.08342")
            #expect(accuracy.top1 == (record.numerics == "f32" ? 71.9 : 69.8))
            #expect(abs(try #require(accuracy.deltaF32) - (record.numerics == "f32" ? 0 : -2.1)) < 1e-9)
        }
    }
}
