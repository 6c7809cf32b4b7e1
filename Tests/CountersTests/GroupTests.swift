import Counters
import Foundation
import Testing

@Suite struct GroupTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "suites/counter-groups").path

    @Test func shippedGroups() throws {
        let library = try GroupLibrary(directory: Self.folder)
        #expect(
            library.groups.map(\.name) == [
                "branch", "cache", "clock", "core", "energy", "memory", "software", "topdown", "vector", "work",
            ])
        for group in library.groups {
            #expect(!group.title.isEmpty && group.explanation.count > 200 && !group.metrics.isEmpty, "\(group.name)")
            for metric in group.metrics { #expect(!metric.unit.isEmpty, "\(metric.name)") }
        }
        let core = try library.group("core")
        #expect(core.events == ["PAPI_TOT_CYC", "PAPI_TOT_INS", "quantkernels::MACS"])
        let ipc = core.metrics[0].evaluate([.measured("PAPI_TOT_CYC", 100), .measured("PAPI_TOT_INS", 250)])
        #expect(ipc == .derived("IPC", 2.5, formula: "PAPI_TOT_INS / PAPI_TOT_CYC"))
        #expect(core.metrics[0].unit == "instructions/cycle")
        #expect(try library.group("work").events.count == 11)
    }

    /// Every shipped formula with numbers worked out by hand.
    @Test(
        arguments: [
            ("core", "MACs per core cycle", ["PAPI_TOT_CYC": 50, "quantkernels::MACS": 800], 16),
            ("core", "instructions per MAC", ["PAPI_TOT_INS": 200, "quantkernels::MACS": 800], 0.25),
            ("cache", "L1 misses per 1000 instructions", ["PAPI_L1_DCM": 30, "PAPI_TOT_INS": 2000], 15),
            ("cache", "L2 misses per 1000 instructions", ["PAPI_L2_DCM": 4, "PAPI_TOT_INS": 2000], 2),
            ("cache", "L3 misses per 1000 instructions", ["L3_MISSES": 1, "PAPI_TOT_INS": 2000], 0.5),
            ("cache", "L1 misses that miss L2", ["PAPI_L2_DCM": 4, "PAPI_L1_DCM": 16], 25),
            ("branch", "mispredicted", ["PAPI_BR_MSP": 1, "PAPI_BR_INS": 50], 2),
            ("branch", "mispredictions per 1000 instructions", ["PAPI_BR_MSP": 1, "PAPI_TOT_INS": 500], 2),
            ("topdown", "front-end bound", ["FRONTEND_SLOTS": 60, "SLOTS": 600], 10),
            ("topdown", "back-end bound", ["BACKEND_SLOTS": 120, "SLOTS": 600], 20),
            ("topdown", "retiring", ["RETIRED_SLOTS": 390, "SLOTS": 600], 65),
            (
                "topdown", "wasted", ["FRONTEND_SLOTS": 60, "BACKEND_SLOTS": 120, "RETIRED_SLOTS": 390, "SLOTS": 600],
                5
            ),
            ("memory", "bytes per MAC from beyond L3", ["L3_MISSES": 10, "quantkernels::MACS": 1280], 0.5),
            ("memory", "bytes per MAC into L1", ["PAPI_L1_DCM": 40, "quantkernels::MACS": 1280], 2),
            ("memory", "bandwidth from beyond L3", ["L3_MISSES": 1000, "clock::WALL_NS": 6400], 10),
            ("vector", "vector share", ["VECTOR_OPS": 3, "ALL_OPS": 4], 75),
            ("energy", "energy per inference", ["PACKAGE_UJ": 1500], 1.5),
            ("energy", "energy per MAC", ["PACKAGE_UJ": 3, "quantkernels::MACS": 1_000_000], 3),
            ("energy", "package power", ["PACKAGE_UJ": 5_000_000, "clock::WALL_NS": 100_000_000], 50),
            ("clock", "frequency", ["PAPI_TOT_CYC": 7000, "CPU_NS": 2000], 3.5),
            ("clock", "time stamp counter", ["clock::TSC": 2600, "clock::WALL_NS": 1000], 2.6),
            ("clock", "processors in use", ["CPU_NS": 3000, "clock::WALL_NS": 2000], 1.5),
            ("software", "waiting for a processor", ["process::WAIT_NS": 1, "CPU_NS": 3], 25),
            (
                "work", "saturated outputs",
                ["quantkernels::SATURATED_OUTPUTS": 1, "quantkernels::ELEMENTS_REQUANTIZED": 4], 25
            ),
            ("work", "bytes packed per MAC", ["quantkernels::BYTES_PACKED": 1, "quantkernels::MACS": 4], 0.25),
            ("work", "MACs per task", ["quantkernels::MACS": 12, "quantkernels::TASKS": 4], 3),
        ] as [(String, String, [String: Double], Double)])
    func shippedMetrics(group: String, name: String, counts: [String: Double], expected: Double) throws {
        let metric = try #require(
            try GroupLibrary(directory: Self.folder).group(group).metrics.first { $0.name == name })
        let value = try #require(metric.evaluate(counts.map { .measured($0.key, $0.value) }).value)
        #expect(abs(value - expected) < 1e-12)
        for key in counts.keys {
            let rest = counts.filter { $0.key != key }.map { CounterReading.measured($0.key, $0.value) }
            let blank = metric.evaluate(rest + [.unavailable(key, "no PMU")])
            #expect(blank == .unavailable(name, "needs \(key): no PMU"))
            let untrusted = metric.evaluate(rest + [.multiplexed(key, counts[key] ?? 0, share: 0.25)])
            #expect(untrusted.value == nil && untrusted.provenance.reason?.contains("25 %") == true)
        }
    }

    @Test func layout() throws {
        let text = """
            # comment
            SHORT  A title
            EVENTS
              A::B
              # between
              C
            METRICS
              two words = A::B / C
            LONG first
              second
              EVENTS are no section here
            """
        let group = try GroupLibrary.group(text: text, name: "g", file: "g.txt")
        #expect(group.title == "A title")
        #expect(group.events == ["A::B", "C"])
        #expect(group.metrics[0].name == "two words" && group.metrics[0].unit == "")
        #expect(group.metrics[0].formula.events == ["A::B", "C"])
        #expect(group.explanation == "first\nsecond\nEVENTS are no section here")
    }

    @Test(arguments: [
        ("EVENTS\n A\n", 3, 1, "the group has no SHORT line"),
        ("SHORT t\n", 2, 1, "the group has no EVENTS"),
        ("SHORT\n", 1, 1, "SHORT needs a title on its line"),
        ("SHORT t\nEVENT\n", 2, 1, "'EVENT' is no section; expected SHORT, EVENTS, METRICS or LONG (indent content)"),
        ("SHORT t\nSHORT u\n", 2, 1, "a second SHORT section"),
        ("SHORT t\n  more\n", 2, 3, "SHORT is one line; explanations go to LONG"),
        (" A\n", 1, 2, "expected SHORT, EVENTS, METRICS or LONG at the line's start"),
        ("SHORT t\nEVENTS A\n", 2, 1, "EVENTS stands alone; its content is indented below"),
        ("SHORT t\nEVENTS\n  A B\n", 3, 3, "one event on each line, or: name = formula [for processors]"),
        ("SHORT t\nEVENTS\n  A B = C\n", 3, 3, "the name 'A B' has white space in it"),
        ("SHORT t\nEVENTS\n  A = B +\n", 3, 10, "formula: expected a number, an event or '(' at the end"),
        ("SHORT t\nEVENTS\n  A = B\n  A = B\n", 4, 3, "this alternative of A is listed twice"),
        ("SHORT t\nEVENTS\n  A = B for amd for intel\n", 3, 7, "'for' stands twice"),
        (
            "SHORT t\nEVENTS\n  A = B for via 6\n", 3, 9,
            "'via 6' names no processors; write 'for amd 25/16-31,96 or intel 6' (family/models)"
        ),
        ("SHORT t\nEVENTS\n  A\n  A\n", 4, 3, "event A is listed twice"),
        ("SHORT t\nEVENTS\n A\nMETRICS\n  m\n", 5, 3, "a metric is: name [unit] = formula"),
        ("SHORT t\nEVENTS\n A\nMETRICS\n  [u] = A\n", 5, 3, "the metric has no name"),
        ("SHORT t\nEVENTS\n A\nMETRICS\n  m = A\n  m = A\n", 6, 3, "metric 'm' is defined twice"),
    ])
    func errorsAreLocated(text: String, line: Int, column: Int, problem: String) {
        let error = CounterError.group(file: "f.txt", line: line, column: column, problem: problem)
        #expect(throws: error) { try GroupLibrary.group(text: text, name: "f", file: "f.txt") }
        #expect(error.description == "f.txt:\(line):\(column): \(problem)")
    }

    @Test func unreadable() {
        #expect(throws: CounterError.self) { try GroupLibrary(directory: Self.folder + "/nowhere") }
        #expect(throws: CounterError.self) { try GroupLibrary.group(file: Self.folder + "/nothing.txt") }
    }
}
