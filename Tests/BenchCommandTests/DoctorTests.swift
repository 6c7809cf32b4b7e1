import Doctor
import Foundation
import Testing

/// `bench doctor` as users call it, on whatever machine this is.
@Suite struct DoctorTests {
    static func diagnosis(_ text: String) throws -> Diagnosis {
        try JSONDecoder().decode(Diagnosis.self, from: Data(text.utf8))
    }

    @Test func itPrintsChecksTimesAndCounters() throws {
        let folder = try Workspace()
        let run = try BenchProcess.run("doctor", "--export-json", "doctor.json", in: folder)
        #expect(run.status == 0)
        #expect(run.stderr.isEmpty)
        #expect(run.lines.allSatisfy { $0.count <= 120 })
        #expect(!run.stdout.contains("nan") && !run.stdout.contains("inf "))
        let diagnosis = try Self.diagnosis(folder.text("doctor.json"))
        #expect(run.lines.last == diagnosis.summary)
        for check in ["affinity", "clock", "core clock", "steal time", "hardware counters", "processor quota"] {
            #expect(diagnosis.checks.contains { $0.name == check && !$0.found.isEmpty })
        }
        #expect(diagnosis.coreClock > 1e8)
        #expect(diagnosis.work.contains { $0.name == "additions" && $0.cycles > 0 })
        // Our own counters need no PMU: they are exact wherever there is PAPI.
        for event in diagnosis.events where event.event.hasPrefix("quantkernels::") {
            #expect(event.verdict == (PlayedPMU.isPossible ? .trusted : .unavailable), "\(event)")
            #expect(event.comparisons.allSatisfy { $0.counted == (PlayedPMU.isPossible ? $0.expected : nil) })
        }
        #expect(diagnosis.events.count { $0.event.hasPrefix("quantkernels::") } == 4)
        for event in diagnosis.events where event.verdict == .unavailable {
            #expect(event.reason?.isEmpty == false)
            #expect(run.stdout.contains(event.event))
        }
        let cycles = try #require(diagnosis.events.first { $0.event == "PAPI_TOT_CYC" })
        #expect(cycles.comparisons.contains { $0.work == "additions" && $0.expected == 16_777_216 })
    }

    @Test func requiredCountersDecideTheStatus() throws {
        let folder = try Workspace()
        let ours = try BenchProcess.run(
            "doctor", "--counters", "quantkernels::MACS", "--require-counters", "--export-json", "-", in: folder)
        #expect(ours.status == (PlayedPMU.isPossible ? 0 : 6), "\(ours.stderr)")
        #expect(try Self.diagnosis(ours.stdout).events.map(\.event) == ["quantkernels::MACS"])

        let core = try BenchProcess.run(
            "doctor", "--require-counters", "--export-json", "-", in: folder, environment: ["BENCH_COUNTERS": "core"])
        let diagnosis = try Self.diagnosis(core.stdout)
        #expect(core.status == (diagnosis.untrusted.isEmpty ? 0 : 6))
        for event in diagnosis.untrusted {
            #expect(core.stderr.hasPrefix("bench: required counters cannot be trusted: "))
            #expect(core.stderr.contains(event.event))
        }
    }

    @Test func wrongNamesAndPathsAreUsage() throws {
        let folder = try Workspace()
        let name = try BenchProcess.run("doctor", "--counters", "core,nonsense", in: folder)
        #expect(name.status == 2)
        #expect(name.stderr.contains("'nonsense' is neither a counter group"))
        let path = try BenchProcess.run("doctor", "--export-json", "no/such/folder/x.json", in: folder)
        #expect(path.status == 2 && path.stdout.isEmpty)
    }
}
