import Counters
import Testing

/// A PMU that counts two events at a time, five asked for.
@Suite struct PassTests {
    static let events = ["A", "B", "C", "D", "E"]
    static let source = ScriptedSource(
        script: Dictionary(
            uniqueKeysWithValues: zip(events, 1...).map { ($0, [.init(from: 0, to: UInt64($1) * 100)]) }),
        missing: ["GONE": "no such unit"], capacity: 2)

    static func count(_ events: [String], passes: Int, iterations: Int = 10) -> (CountingPasses, runs: Int) {
        var runs = 0
        let counted = CountingPasses(
            of: events, source: source, on: .callingThread, passes: passes, iterations: iterations
        ) { runs += 1 }
        return (counted, runs)
    }

    @Test func enoughPassesMeasureEverything() {
        let (counted, runs) = Self.count(Self.events + ["GONE"], passes: 8)
        #expect(counted.passes == 3 && runs == 30 && counted.iterations == 10)
        // One round of 10 iterations counts 100 times the event's number.
        #expect(
            counted.readings == zip(Self.events, 1...).map { .measured($0, Double($1) * 10) } + [
                .unavailable("GONE", "no such unit")
            ])
    }

    @Test func onePassLetsThemTakeTurns() {
        let (counted, runs) = Self.count(Self.events, passes: 1, iterations: 15)
        #expect(counted.passes == 1 && runs == 15)
        // 15 rounds of an iteration, 5 for each batch: a third of the region, scaled up.
        #expect(counted.readings == zip(Self.events, 1...).map { .multiplexed($0, Double($1) * 100, share: 1.0 / 3) })
    }

    @Test func tooFewPassesShareThem() {
        let (counted, _) = Self.count(Self.events, passes: 2)
        #expect(counted.passes == 2)
        // A, B and E share the first pass, C and D have the second.
        #expect(counted.readings.map(\.provenance.share) == [0.5, 0.5, 1, 1, 0.5])
        #expect(counted.readings[2] == .measured("C", 30))
    }

    @Test func whatFitsTakesOnePass() {
        let (counted, runs) = Self.count(["A", "B"], passes: 8)
        #expect(counted.passes == 1 && runs == 10)
        #expect(counted.readings == [.measured("A", 10), .measured("B", 20)])
    }

    @Test func theCostIsThatOfAnEmptyRegion() {
        let cost = Self.source.begin(["A", "C", "D"], on: .callingThread).cost(rounds: 4)
        #expect(cost.nanoseconds > 0)
        // The script counts in every round, empty or not; C and A are in turn on the counters, D in the second batch.
        #expect(cost.counts.map(\.value) == [100, 300, 400])
        let nothing = Self.source.begin(["GONE"], on: .callingThread).cost()
        #expect(nothing.counts == [.unavailable("GONE", "no such unit")])
    }

    @Test func aSessionThatWasMeasuredForItsCostStartsAtNothing() {
        let session = Self.source.begin(["A"], on: .callingThread)
        _ = session.cost()
        #expect(session.readings()[0].value == nil)
    }
}

@Suite struct RoundLedgerTests {
    @Test func batchesTakeTurns() {
        var ledger = RoundLedger(events: 4, batches: [[0, 1], [3]], broken: [2: "broken"])
        #expect(ledger.current == 0)
        ledger.finish([.init(5), .init(6)])
        #expect(ledger.current == 1)
        #expect(ledger.reading(3, of: "e").provenance.reason?.hasPrefix("had no free counter") == true)
        ledger.finish([.init(7)])
        #expect(ledger.reading(0, of: "e") == .multiplexed("e", 10, share: 0.5))
        #expect(ledger.reading(2, of: "e") == .unavailable("e", "broken"))
        #expect(ledger.reading(3, of: "e") == .multiplexed("e", 14, share: 0.5))
        ledger.reset()
        #expect(ledger.current == 0)
        #expect(ledger.reading(0, of: "e") == .unavailable("e", "no region was counted"))
        #expect(ledger.reading(2, of: "e") == .unavailable("e", "broken"))
    }

    @Test func aFailureCostsTheBatchAndOnlyIt() {
        var ledger = RoundLedger(events: 2, batches: [[0], [1]], broken: [:])
        ledger.fail("stopped")
        ledger.finish([.init(1)])
        ledger.finish([.init(2)])
        #expect(ledger.reading(0, of: "e") == .unavailable("e", "stopped"))
        #expect(ledger.reading(1, of: "e").value == 4)
    }

    @Test func theKernelsShareIsTakenOver() {
        var ledger = RoundLedger(events: 1, batches: [[0]], broken: [:])
        ledger.finish([.init(50, share: 0.25)])
        #expect(ledger.reading(0, of: "e") == .multiplexed("e", 200, share: 0.25))
    }

    @Test func nothingToCount() {
        var ledger = RoundLedger(events: 1, batches: [], broken: [0: "why"])
        #expect(ledger.current == nil)
        ledger.finish([])
        #expect(ledger.reading(0, of: "e") == .unavailable("e", "why"))
    }
}
