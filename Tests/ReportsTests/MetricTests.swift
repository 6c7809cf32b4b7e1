import Measurement
import Reports
import Testing

@Suite struct MetricTests {
    @Test(arguments: [
        (1_234_000.0, "1.234 ms"), (999.0, "999.0 ns"), (12_345.0, "12.35 µs"), (2.5e9, "2.500 s"), (0.0, "0.000 ns"),
    ])
    func latencyCarriesItsUnit(value: Double, text: String) {
        #expect(Metric.latency.format(value) == text)
    }

    @Test func digitsFollowTheInterval() {
        // Half-widths 0.04, 0.004 and 0.0004 ms.
        #expect(Metric.latency.format(1_234_567, interval: Interval(1_194_567, 1_274_567)) == "1.23 ms")
        #expect(Metric.latency.format(1_234_567, interval: Interval(1_230_567, 1_238_567)) == "1.235 ms")
        #expect(Metric.latency.format(1_234_567, interval: Interval(1_234_167, 1_234_967)) == "1.2346 ms")
        // Never fewer than 2 nor more than 6 digits.
        #expect(Metric.latency.format(1_234_567, interval: Interval(1, 9_000_000)) == "1.2 ms")
        #expect(Metric.latency.format(1_234_567, interval: Interval(1_234_567, 1_234_567.001)) == "1.23457 ms")
        #expect(Metric.latency.format(1_234_567, interval: Interval(1_234_567, 1_234_567)) == "1.235 ms")
    }

    @Test func intervalsAreWrittenWithTheDigitsOfTheirValue() {
        #expect(Metric.speedup.formatWithInterval(2.5, Interval(2.48, 2.53)) == "2.50× [2.48, 2.53]")
        #expect(Metric.speedup.formatCompact(2.5, Interval(2.48, 2.53)) == "2.50× ±0.03")
        #expect(Metric.speedup.formatWithInterval(2.5, nil) == "2.500×")
        #expect(Metric.top1.formatWithInterval(92.84, Interval(92.318, 93.329)) == "92.84 [92.32, 93.33]")
    }

    @Test func unitsOfTheOthers() {
        #expect(Metric.modelSize.format(999) == "999 B")
        #expect(Metric.modelSize.format(151_000) == "151 kB")
        #expect(Metric.modelSize.format(4_233_000) == "4.23 MB")
        #expect(Metric.deltaF32.format(-0.051) == "−0.05")
        #expect(Metric.deltaF32.format(0.25) == "+0.25")
        #expect(Metric.deltaF32.format(-0.001) == "0.00")
        #expect(Metric.counter.format(3_030_000) == "3030000")
        #expect(Metric.clock.format(3.912e9) == "3.912 GHz")
    }
}
