import Counters
import Doctor
import Foundation
import Testing

/// What people and programs read.
@Suite struct DiagnosisTests {
    static let diagnosis: Diagnosis = {
        let long = String(repeating: "words that go on ", count: 12)
        let good = KnownCount.count(.cycles, 16_777_216, within: -0.01...0.1)
        return Diagnosis(
            processor: "A processor", kernel: "6.1",
            checks: [
                Finding("governor", .ok, "performance"), Finding("load", .warning, long, advice: long),
                Finding("swap", .warning, "1 of 2 MiB in use", advice: "swapoff -a"),
            ], coreClock: 3.25e9,
            work: [
                TimedWork(
                    name: "additions", title: "dependent additions", operation: "addition", operations: 1e7,
                    nanoseconds: 0.25, cycles: 1.0004)
            ],
            events: [
                EventReport(
                    "PAPI_TOT_CYC",
                    comparisons: [
                        good.comparison(work: "additions", threadTime: 0, reading: .measured("e", 16_777_216)),
                        good.comparison(
                            work: "other", threadTime: 0, reading: .multiplexed("e", 8_388_608, share: 0.5)),
                    ], failure: nil),
                EventReport("perf::ODD", comparisons: [], failure: nil),
                EventReport("PAPI_L1_DCM", comparisons: [], failure: "no PMU in this virtual machine"),
                EventReport("PAPI_L2_DCM", comparisons: [], failure: "no PMU in this virtual machine"),
            ])
    }()

    @Test func theTextSaysEverythingOnce() throws {
        let lines = Self.diagnosis.describe().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.allSatisfy { $0.count <= 120 }, "120 columns")
        #expect(lines[0] == "A processor, Linux 6.1")
        #expect(lines.contains("  ok       governor  performance"))
        #expect(lines.contains("                     → swapoff -a"))
        #expect(lines.contains { $0.contains("10,000,000") && $0.contains("0.250") && $0.hasSuffix("per addition") })
        #expect(lines.contains("  PAPI_TOT_CYC: contradicted"))
        let right = try #require(lines.firstIndex { $0.hasSuffix("+0.00 %  measured") })
        #expect(lines[right + 1].hasSuffix("−50.00 %  multiplexed (50 % of the runs)"))
        #expect(lines[right + 2] == "               → not in 16,609,444…18,454,937")
        #expect(lines.contains("  perf::ODD: unverified"))
        // Events that are missing for one reason stand under it together.
        #expect(lines.contains("  unavailable: no PMU in this virtual machine"))
        #expect(lines.contains("    PAPI_L1_DCM PAPI_L2_DCM"))
        #expect(
            Self.diagnosis.summary
                == "Checks: 1 ok, 2 warnings. Counters: 1 contradicted, 1 unverified, 2 unavailable.")
    }

    @Test func jsonComesBackAsItWas() throws {
        let data = try JSONEncoder().encode(Self.diagnosis)
        #expect(try JSONDecoder().decode(Diagnosis.self, from: data) == Self.diagnosis)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["schema_version"] as? Int == 1)
        let events = try #require(object["events"] as? [[String: Any]])
        // A number that is missing is absent, not null and not 0.
        #expect(events[2]["reason"] as? String == "no PMU in this virtual machine")
        #expect(events[0]["reason"] == nil)
    }

    @Test func whatCannotBeReliedOn() {
        #expect(Self.diagnosis.untrusted.map(\.event) == ["PAPI_TOT_CYC", "PAPI_L1_DCM", "PAPI_L2_DCM"])
    }
}
