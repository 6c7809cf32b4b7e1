import Counters
import Foundation
import Testing

@Suite struct GroupTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "suites/counter-groups").path

    @Test func shippedGroups() throws {
        let library = try GroupLibrary(directory: Self.folder)
        #expect(library.groups.map(\.name) == ["branch", "cache", "core", "work"])
        for group in library.groups { #expect(!group.title.isEmpty && !group.explanation.isEmpty) }
        let core = try library.group("core")
        #expect(core.events == ["PAPI_TOT_CYC", "PAPI_TOT_INS"])
        let ipc = core.metrics[0].evaluate([.measured("PAPI_TOT_CYC", 100), .measured("PAPI_TOT_INS", 250)])
        #expect(ipc == .derived("IPC", 2.5, formula: "PAPI_TOT_INS / PAPI_TOT_CYC"))
        #expect(core.metrics[0].unit == "instructions/cycle")
        #expect(try library.group("work").events.count == 11)
    }

    @Test func selection() throws {
        let library = try GroupLibrary(directory: Self.folder)
        #expect(
            library.events(selectedBy: ["core", "perf::PAGE-FAULTS", "PAPI_TOT_INS", "branch"])
                == ["PAPI_TOT_CYC", "PAPI_TOT_INS", "perf::PAGE-FAULTS", "PAPI_BR_INS", "PAPI_BR_MSP"])
        #expect(throws: CounterError.unknownGroup(name: "cor", known: ["branch", "cache", "core", "work"])) {
            try library.group("cor")
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
        ("SHORT t\nEVENTS\n  A B\n", 3, 3, "one event on each line"),
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
