import Counters
import Testing

@Suite struct FormulaTests {
    /// A group with one metric over the events A, B, C and 'x-y'.
    static func metric(_ formula: String) throws -> CounterGroup.Metric {
        let text = "SHORT t\nEVENTS\n A\n B\n C\n x-y\nMETRICS\n m [u] = \(formula)\n"
        return try GroupLibrary.group(text: text, name: "g", file: "g.txt").metrics[0]
    }

    static let readings: [CounterReading] = [
        .measured("A", 6), .measured("B", 3), .measured("C", 0), .multiplexed("x-y", 100, share: 0.25),
    ]

    @Test(arguments: [
        ("A", 6.0), ("A + B * 2", 12), ("(A + B) * 2", 18), ("A - B - 1", 2), ("A / B / 2", 1), ("-A + 1.5e1", 9),
        ("--A", 6), ("2 * -B", -6), ("A/(B-1)", 3), ("C / A", 0), (".5*A", 3),
    ])
    func value(formula: String, expected: Double) throws {
        let metric = try Self.metric(formula)
        #expect(metric.evaluate(Self.readings) == .derived("m", expected, formula: formula))
    }

    @Test func divisorZeroIsBlank() throws {
        #expect(try Self.metric("A / C").evaluate(Self.readings) == .unavailable("m", "division by 0: C counted none"))
        #expect(try Self.metric("1 / (A - B - B)").evaluate(Self.readings).value == nil)
    }

    @Test func missingPartIsBlankWithItsReason() throws {
        let readings: [CounterReading] = [.measured("A", 1), .unavailable("B", "no PMU")]
        #expect(try Self.metric("A / B").evaluate(readings) == .unavailable("m", "needs B: no PMU"))
        #expect(try Self.metric("A / C").evaluate(readings) == .unavailable("m", "C was not counted"))
    }

    @Test func untrustedPartIsBlank() throws {
        let metric = try Self.metric("'x-y' / B")
        #expect(metric.evaluate(Self.readings).value == nil)
        #expect(
            metric.evaluate(Self.readings).provenance.reason?.contains("25 % of the region, less than 50 %") == true)
        #expect(metric.evaluate(Self.readings, minimumShare: 0.2).value == 100.0 / 3)
    }

    @Test func overflowIsBlank() throws {
        #expect(try Self.metric("1e300 * 1e300 * A").evaluate(Self.readings).value == nil)
    }

    /// ` m [u] = ` puts the formula at column 10.
    @Test(arguments: [
        ("A +", 13, "expected a number, an event or '(' at the end"),
        ("A B", 12, "expected an operator, found 'B'"),
        ("(A", 12, "expected ')' at the end"),
        ("A $ B", 12, "expected an operator, found '$'"),
        ("1.2.3", 10, "'1.2.3' is not a number"),
        ("'x-y", 14, "expected a name and a closing quote at the end"),
        ("D", 10, "D is not listed under EVENTS above"),
        ("", 9, "expected a number, an event or '(' at the end"),
    ])
    func errorsAreLocated(formula: String, column: Int, problem: String) {
        let expected = CounterError.group(file: "g.txt", line: 8, column: column, problem: "formula: " + problem)
        #expect(throws: expected) { try Self.metric(formula) }
    }

    @Test func deepNestingIsRefused() {
        let deep = String(repeating: "(", count: 100_000) + "A"
        #expect(throws: CounterError.self) { try Self.metric(deep) }
    }
}
