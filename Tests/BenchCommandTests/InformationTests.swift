import Foundation
import Testing

/// The commands that only tell something.
@Suite struct InformationTests {
    @Test(arguments: [
        ["--help"], ["help", "run"], ["run", "--help"], ["list", "--help"], ["train", "--help"],
        ["counters", "--help"],
        ["machine", "--help"], ["doctor", "--help"],
    ])
    func helpIsReadable(arguments: [String]) throws {
        let run = try BenchProcess(arguments, in: Workspace()).wait()
        #expect(run.status == 0)
        #expect(run.stderr.isEmpty)
        #expect(run.stdout.contains("USAGE: bench"))
        #expect(run.lines.allSatisfy { $0.count <= 80 }, "help fits 80 columns")
    }

    @Test func helpTellsTheExitCodes() throws {
        let run = try BenchProcess.run("--help", in: Workspace())
        let text = run.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for code in [
            "0 clean", "1 internal error", "2 usage", "3 slower than required", "4 wrong numbers", "130 interrupted",
        ] {
            #expect(text.contains(code))
        }
        for command in ["run", "list", "train", "counters", "machine", "doctor"] {
            #expect(run.stdout.contains("\n  \(command) "))
        }
    }

    @Test func version() throws {
        let run = try BenchProcess.run("--version", in: Workspace())
        #expect(run.status == 0)
        #expect(run.stdout.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }

    @Test func countersAreListedWithTheReasonOfThoseThatAreMissing() throws {
        let run = try BenchProcess.run("counters", in: Workspace())
        #expect(run.status == 0)
        for group in ["branch", "cache", "clock", "core", "energy", "memory", "software", "topdown", "vector", "work"] {
            #expect(run.stdout.contains("Group \(group): "))
            // In the summary at the top, each with its availability and, if it is not all there, the reason.
            let line = try #require(run.lines.first { $0.dropFirst(4).hasPrefix(group + " ") })
            #expect(line.hasPrefix("  + ") || line.contains(": "), "\(line)")
        }
        #expect(run.lines.contains { $0.hasPrefix(PlayedPMU.isPossible ? "  + work " : "  - work ") })
        let summary = run.lines.prefix { !$0.hasPrefix("Component ") }
        #expect(summary.allSatisfy { $0.count <= 120 }, "\(summary.filter { $0.count > 120 })")
        let events = run.lines.filter { $0.contains(" PAPI_TOT_CYC ") && $0.hasPrefix("  ") }
        #expect(!events.isEmpty)
        for line in events where line.hasPrefix("  - ") {
            let reason = line.components(separatedBy: "PAPI_TOT_CYC").last ?? ""
            #expect(reason.contains { $0.isLetter }, "a missing counter has its reason: \(line)")
        }
    }

    @Test func theMachineAndItsCeilings() throws {
        let folder = try Workspace()
        let run = try BenchProcess.run("machine", "--threads", "1", "--isa", "scalar", in: folder)
        #expect(run.status == 0)
        #expect(run.stderr.isEmpty)
        for row in ["processor", "instruction sets", "core clock", "PAPI"] {
            #expect(run.lines.contains { $0.hasPrefix(row) }, "\(row)")
        }
        #expect(run.stdout.contains("integer kernels on  scalar"))
        #expect(run.lines.last?.hasPrefix("      1 ") == true)
        #expect(!run.stdout.contains("nan"))

        let json = try BenchProcess.run("machine", "--threads", "1", "--json", in: folder)
        #expect(json.status == 0)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: Any])
        let ceilings = try #require(object["ceilings"] as? [[String: Any]])
        #expect(ceilings.count == 1)
        for key in ["int8_gmacs_per_s", "f32_gmacs_per_s", "bandwidth_gb_per_s"] {
            #expect(try #require(ceilings[0][key] as? Double) > 0)
        }
    }
}
