import Foundation
import Results
import Testing

/// What a process takes that runs one large network on integers.
@Suite struct MemoryTests {
    /// ResNet-18 has 11.7 million weights: 47 MB in floats, 12 MB as bytes.
    @Test func aLargeNetworkIsNeverHeldInFloats() throws {
        let folder = try Workspace()
        try folder.suite(
            #"{ "network": "resnet18", "resolution": 32, "numerics": ["w8c-a8+cal1"], "threads": [1, 2] }"#)
        let run = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let records = try folder.results().benchmarks
        #expect(records.count == 2)
        for record in records {
            #expect(record.error?.againstReferenceMaxLsb == 0)
            let packed = try #require(record.packedBytes)
            #expect(packed > 11_600_000 && packed < 13_000_000)
            #expect(try #require(record.arenaBytes) > 0)
            guard let peak = record.peakResidentBytes else { continue }
            // The program, both cells' packed weights, one model of bytes, and the largest layer as floats, twice: 2.4
            // million weights. The floats of all layers would be 47 MB more.
            #expect(peak > 2 * packed && peak < 110_000_000, "\(peak)")
        }
        #expect(Set(records.map(\.outputHash)).count == 1)
        let markdown = try folder.text("results/local/tiny.md")
        #expect(markdown.contains("| arena | packed weights | process, peak |"))
    }
}
