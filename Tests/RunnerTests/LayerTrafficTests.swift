import Counters
import Runner
import Testing

/// Misses of single layers, from registers that a script plays back.
@Suite struct LayerTrafficTests {
    private func groups() throws -> GroupLibrary {
        GroupLibrary(groups: [
            try GroupLibrary.group(
                text:
                    "SHORT Misses\n\nEVENTS\n  L3_MISSES\n  L3_MISSES = PAPI_L3_TCM\n\nMETRICS\n  lines = L3_MISSES\n\nLONG\n  None.\n",
                name: "test", file: "test.txt")
        ])
    }

    @Test func eachLayerIsCountedByItself() throws {
        // The register moves by 30, then by 50, and so on: ten rounds of a layer are 400 misses.
        let source = ScriptedSource(script: [
            "PAPI_L3_TCM": [.init(from: 100, to: 130), .init(from: 200, to: 250)]
        ])
        let traffic = LayerTraffic(source, groups: try groups())
        var steps: [Int] = []
        let counts = traffic.count(steps: 3, on: .callingThread) { afterEach in
            for step in 0..<3 {
                steps.append(step)
                afterEach(step)
            }
        }
        #expect(counts.map(\.value) == [40, 40, 40])
        #expect(counts.allSatisfy { $0.event == LayerTraffic.misses })
        #expect(steps.count == 3 * 3 * 10)
    }

    @Test func whereNothingCountsTheReasonIsKept() throws {
        let source = ScriptedSource(script: [:], missing: ["PAPI_L3_TCM": "no PMU", "L3_MISSES": "no PMU"])
        let counts = LayerTraffic(source, groups: try groups()).count(steps: 2, on: .callingThread) { _ in
            Issue.record("nothing is to be run for nothing")
        }
        #expect(counts.map(\.value) == [nil, nil])
        #expect(counts.allSatisfy { $0.provenance.reason == "no PMU" })
    }
}
