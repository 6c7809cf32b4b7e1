import Counters
import Foundation
import Testing

@Suite struct SelectionTests {
    static let intel = ProcessorIdentity(vendor: .intel, family: 6, model: 85)
    static let zen4 = ProcessorIdentity(vendor: .amd, family: 25, model: 17)
    static let other = ProcessorIdentity(vendor: nil, family: 8, model: 1)

    /// Knows A…E; C cannot be counted.
    static let source = ScriptedSource(
        script: ["A": [.init(from: 0, to: 10)], "B": [.init(from: 0, to: 4)], "D": [.init(from: 0, to: 7)]],
        missing: ["C": "no such unit"])

    static func select(_ events: String, metrics: String = "", processor: ProcessorIdentity = other) throws
        -> CounterSelection
    {
        let group = try GroupLibrary.group(
            text: "SHORT t\nEVENTS\n\(events)\nMETRICS\n\(metrics)\n", name: "g", file: "g.txt")
        return GroupLibrary(groups: [group]).select(["g"], source: source, processor: processor)
    }

    @Test func processorsFromCpuinfo() {
        let text = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: X\n"
        #expect(ProcessorIdentity(cpuinfo: text) == Self.zen4)
        #expect("\(Self.zen4)" == "amd 25/17")
        #expect(ProcessorIdentity(cpuinfo: "vendor_id : Other\n").vendor == nil)
    }

    @Test(arguments: [
        ("amd", true, false), ("amd 25", true, false), ("amd 26", false, false), ("amd 25/16-31", true, false),
        ("amd 25/0-15,17", true, false), ("amd 25/0-15,18", false, false), ("intel 6/85", false, true),
        ("intel", false, true),
    ])
    func patterns(text: String, matchesZen4: Bool, matchesIntel: Bool) throws {
        for (processor, expected) in [(Self.zen4, matchesZen4), (Self.intel, matchesIntel), (Self.other, false)] {
            let selection = try Self.select(" X = A for \(text)", processor: processor)
            #expect((selection.items[0].formula != nil) == expected)
        }
    }

    @Test(arguments: ["", "amd x", "amd 25/", "amd 25/3-1", "amd 25/1-2-3", "amd 25 17", "amd 25/1/2", "AMD"])
    func badPatterns(text: String) {
        #expect(throws: CounterError.self) { try Self.select(" X = A for \(text)") }
    }

    @Test func theFirstAlternativeThatCanBeCountedIsTaken() throws {
        let selection = try Self.select(" X = C\n X = B\n X = A\n Y = C + A\n Z = NOBODY")
        #expect(selection.items.map { $0.formula?.text } == ["B", nil, nil])
        #expect(selection.items[1].reason == "no such unit" && !selection.items[1].isUnknown)
        #expect(selection.items[2].reason == "unknown event NOBODY" && selection.items[2].isUnknown)
        #expect(selection.events == ["B"])
    }

    /// An alternative for this processor shuts out the general ones, even if it cannot be counted: two quantities of a
    /// group must not come from different ideas.
    @Test func alternativesOfAProcessorComeAlone() throws {
        let events = " X = A\n X = C for amd\n Y = A\n Y = B for amd"
        let amd = try Self.select(events, processor: Self.zen4)
        #expect(amd.items.map { $0.formula?.text } == [nil, "B"])
        #expect(amd.items[0].reason == "no such unit")
        #expect(try Self.select(events).items.map { $0.formula?.text } == ["A", "A"])
        let none = try Self.select(" X = A for intel", processor: Self.zen4)
        #expect(none.items[0].reason == "no event is known to mean this on amd 25/17" && !none.items[0].isUnknown)
    }

    @Test func quantitiesTellWhereTheyComeFrom() throws {
        let selection = try Self.select(
            " A\n X = B\n Y = 2 * A - B\n C", metrics: " m [u] = Y / X\n n = C / A\n")
        let raw = Self.source.begin(selection.events, on: .callingThread).measure {}
        let quantities = selection.quantities(raw)
        #expect(
            quantities == [
                .measured("A", 10), .derived("X", 4, formula: "B"), .derived("Y", 16, formula: "2 * A - B"),
                .unavailable("C", "no such unit"),
            ])
        #expect(
            selection.metrics.map { $0.evaluate(quantities) } == [
                .derived("m", 4, formula: "Y / X"), .unavailable("n", "needs C: no such unit"),
            ])
    }

    /// What was counted in part stays counted in part, through every step.
    @Test func theSmallestShareIsPassedOn() throws {
        let selection = try Self.select(" A\n X = B\n Y = A + B", metrics: " m = Y / A\n")
        let quantities = selection.quantities([
            .multiplexed("A", 10, share: 0.75), .multiplexed("B", 4, share: 0.6),
        ])
        #expect(quantities.map(\.provenance.share) == [0.75, 0.6, 0.6])
        #expect(
            selection.metrics[0].evaluate(quantities) == .derived("m", 1.4, formula: "Y / A", share: 0.6))
        let poor = selection.quantities([.measured("A", 10), .multiplexed("B", 4, share: 0.4)])
        #expect(poor[1] == .derived("X", 4, formula: "B", share: 0.4))
        #expect(poor[2] == .unavailable("Y", "needs B: counted for 40 % of the region, less than 50 %"))
        #expect(selection.metrics[0].evaluate(poor).value == nil)
    }

    @Test func namesAreGroupsQuantitiesOrEvents() throws {
        let library = try GroupLibrary(directory: GroupTests.folder)
        let selection = library.select(
            ["core", "D", "PAPI_TOT_INS", "branch", "SLOTS"], source: Self.source, processor: Self.zen4)
        #expect(
            selection.items.map(\.name) == [
                "PAPI_TOT_CYC", "PAPI_TOT_INS", "quantkernels::MACS", "D", "PAPI_BR_INS", "PAPI_BR_MSP", "SLOTS",
            ])
        #expect(selection.items[3].formula?.text == "D")
        #expect(
            selection.metrics.map(\.name) == [
                "mispredicted", "mispredictions per 1000 instructions", "IPC", "MACs per core cycle",
                "instructions per MAC",
            ])
        #expect(throws: CounterError.self) { try library.group("cor") }
    }

    /// Two groups that mean different things by one name would make records ambiguous.
    @Test func groupsMustAgree() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "groups-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ name: String, _ events: String, _ metrics: String) throws {
            try "SHORT t\nEVENTS\n\(events)\nMETRICS\n\(metrics)\n".write(
                toFile: "\(folder)/\(name).txt", atomically: true, encoding: .utf8)
        }
        try write("a", " X = A", " m = X")
        try write("b", " X = A", " n = X")
        #expect(try GroupLibrary(directory: folder).groups.count == 2)
        try write("b", " X = B", " n = X")
        #expect(
            throws: CounterError.unreadable(path: folder, problem: "groups a and b define 'X' differently")
        ) { try GroupLibrary(directory: folder) }
        try write("b", " X = A", " m = 2 * X")
        #expect(throws: CounterError.unreadable(path: folder, problem: "groups a and b both have a metric 'm'")) {
            try GroupLibrary(directory: folder)
        }
    }
}
