import Counters
import Testing

@Suite struct SourceTests {
    static let script = ScriptedSource(
        script: [
            "CYC": [.init(from: 100, to: 300), .init(from: 300, to: 600)],
            "WRAP": [.init(from: (1 << 48) - 5, to: 5)],
            "MPX": [.init(from: 0, to: 50, enabled: 1000, running: 250)],
        ],
        missing: ["GONE": "no such unit"], bits: 48)

    @Test func scriptedRoundsAddUp() {
        let session = Self.script.begin(["CYC", "WRAP", "MPX", "GONE", "NEVER"], on: .callingThread)
        #expect(session.readings()[0].value == nil)
        let once = session.measure {}
        #expect(
            once == [
                .measured("CYC", 200), .measured("WRAP", 10), .multiplexed("MPX", 200, share: 0.25),
                .unavailable("GONE", "no such unit"), .unavailable("NEVER", "unknown event NEVER"),
            ])
        session.start()
        session.stop()
        #expect(session.readings()[0] == .measured("CYC", 500))
        #expect(session.readings()[1].perIteration(2) == .measured("WRAP", 10))
        session.reset()
        #expect(session.readings()[0].value == nil)
    }

    @Test func regionsErrorPassesThrough() {
        struct Oops: Error {}
        let session = Self.script.begin(["CYC"], on: .callingThread)
        #expect(throws: Oops.self) { try session.measure { () throws(Oops) in throw Oops() } }
        #expect(session.readings()[0] == .measured("CYC", 200))
    }

    @Test func nullSourceSaysWhy() {
        let source = NullSource(reason: "not here")
        let readings = source.begin(["A", "B"], on: .callingThread).measure {}
        #expect(readings == [.unavailable("A", "not here"), .unavailable("B", "not here")])
        #expect(source.check("A") == .unavailable(reason: "not here"))
    }

    @Test func compositeRoutesToTheFirstThatCan() {
        let second = ScriptedSource(
            name: "second", script: ["GONE": [.init(from: 1, to: 4)], "CYC": [.init(from: 0, to: 1)]])
        let source = CompositeSource([Self.script, second])
        let readings = source.begin(["GONE", "NEVER", "CYC", "GONE"], on: .callingThread).measure {}
        #expect(
            readings == [
                .measured("GONE", 3), .unavailable("NEVER", "unknown event NEVER"), .measured("CYC", 200),
                .measured("GONE", 3),
            ])
        #expect(source.check("NEVER") == nil)
        #expect(CompositeSource([Self.script]).check("GONE") == .unavailable(reason: "no such unit"))
        #expect(source.components().map(\.name) == ["script", "second"])
        let third = ScriptedSource(name: "third", script: [:], missing: ["GONE": "a better reason"])
        #expect(CompositeSource([Self.script, third]).check("GONE") == .unavailable(reason: "a better reason"))
        let entries = source.catalogue()
        #expect(entries.map(\.name) == ["CYC", "GONE", "MPX", "WRAP"], "each once")
        #expect(entries[1].status == .available && entries[1].component == "second")
        #expect(entries[0].component == "script")
    }

    @Test func teamRunsEveryThread() {
        let team = ThreadTeam.callingThread
        nonisolated(unsafe) var seen: [Int] = []
        team.runOnEachThread { seen.append($0) }
        #expect(seen == [0])
    }
}

@Suite struct InventoryTests {
    @Test func describesGroupsAndReasons() throws {
        let group = try GroupLibrary.group(
            text:
                "SHORT Title\nEVENTS\n CYC\n GONE\n NEVER\n TWICE = 2 * CYC\nMETRICS\n ratio [x/y] = CYC / GONE\nLONG\n What it\n means.\n",
            name: "g",
            file: "g.txt")
        let inventory = CounterInventory(groups: GroupLibrary(groups: [group]), source: SourceTests.script)
        #expect(
            inventory.groups[0].entries.map(\.status) == [
                .available, .unavailable(reason: "no such unit"), .unavailable(reason: "unknown event NEVER"),
                .available,
            ])
        #expect(
            inventory.describe() == """
                Groups for --counters
                  ~ g  Title: 2 of 4, the rest: no such unit

                Group g: Title
                  + CYC    scripted
                  - GONE   no such unit
                  - NEVER  unknown event NEVER
                  + TWICE  = 2 * CYC
                  = ratio [x/y] = CYC / GONE
                    What it means.

                Component script
                  + CYC  scripted
                  + MPX  scripted
                  + WRAP  scripted
                  - 1 event: no such unit
                      GONE

                + can be counted   ~ in part   - cannot, with the reason   = computed

                """)
    }
}
