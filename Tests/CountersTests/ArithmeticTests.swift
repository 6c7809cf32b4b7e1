import Counters
import Testing

@Suite struct ArithmeticTests {
    static let wraps: [(start: UInt64, stop: UInt64, bits: Int, expected: UInt64)] = [
        (100, 150, 64, 50),
        (UInt64.max, 4, 64, 5),
        ((1 << 48) - 10, 20, 48, 30),
        ((1 << 32) - 1, 0, 32, 1),
        (7, 7, 48, 0),
        (1, 0, 1, 1),
    ]

    @Test(arguments: wraps)
    func deltaSurvivesOneWrap(start: UInt64, stop: UInt64, bits: Int, expected: UInt64) {
        #expect(CounterArithmetic.delta(from: start, to: stop, bits: bits) == expected)
    }

    @Test func scaling() {
        #expect(CounterArithmetic.scaled(raw: 250, enabled: 400, running: 100) == 1000)
        #expect(CounterArithmetic.scaled(raw: 250, enabled: 400, running: 400) == 250)
        #expect(CounterArithmetic.scaled(raw: 250, enabled: 400, running: 0) == nil)
        #expect(CounterArithmetic.share(enabled: 400, running: 100) == 0.25)
        #expect(CounterArithmetic.share(enabled: 0, running: 0) == nil)
        #expect(CounterArithmetic.share(enabled: 3, running: 4) == 1)
    }

    @Test func totals() {
        var total = CounterTotal()
        #expect(total.reading(of: "E") == .unavailable("E", "no region was counted"))
        total.add(0, enabled: 1, running: 0)
        #expect(total.reading(of: "E").value == nil)
        total.add(30, enabled: 1, running: 1)
        #expect(total.reading(of: "E") == .multiplexed("E", 60, share: 0.5))
        total.fail("first")
        total.fail("second")
        #expect(total.reading(of: "E") == .unavailable("E", "first"))
    }

    @Test func overflowIsNoNumber() {
        var total = CounterTotal()
        total.add(.max, enabled: 1, running: 1)
        #expect(total.reading(of: "E").value != nil)
        total.add(1, enabled: 1, running: 1)
        #expect(total.reading(of: "E") == .unavailable("E", "the count exceeds 64 bits"))
    }

    @Test func zeroIsACountAndMissingIsNot() {
        var total = CounterTotal()
        total.add(0, enabled: 1, running: 1)
        #expect(total.reading(of: "E") == .measured("E", 0))
        #expect(total.reading(of: "E").count == 0)
    }

    @Test func perIteration() {
        #expect(CounterReading.measured("E", 1000).perIteration(8) == .measured("E", 125))
        #expect(CounterReading.measured("E", 1).perIteration(2).count == nil)
        #expect(CounterReading.multiplexed("E", 10, share: 0.5).perIteration(2) == .multiplexed("E", 5, share: 0.5))
        #expect(CounterReading.measured("E", 10).perIteration(0).value == nil)
        let missing = CounterReading.unavailable("E", "why")
        #expect(missing.perIteration(3) == missing)
    }

    @Test func readingsKeepTheirInvariants() {
        #expect(CounterReading.measured("E", .nan).provenance.reason != nil)
        #expect(CounterReading.multiplexed("E", 5, share: 0).value == nil)
        #expect(CounterReading.multiplexed("E", 5, share: 1) == .measured("E", 5))
        #expect(CounterReading.measured("G", 5).standIn(for: "E", formula: "G") == .derived("E", 5, formula: "G"))
        #expect(
            CounterReading.multiplexed("G", 5, share: 0.5).standIn(for: "E", formula: "G")
                == .derived("E", 5, formula: "G", share: 0.5))
        #expect(CounterReading.unavailable("G", "why").standIn(for: "E", formula: "G") == .unavailable("E", "why"))
        #expect(!CounterReading.derived("E", 5, formula: "G", share: 0.4).isTrusted(minimumShare: 0.5))
    }
}
