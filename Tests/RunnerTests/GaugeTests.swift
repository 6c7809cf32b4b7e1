import Runner
import Testing

@Suite struct BestReadingsTests {
    private func readings(_ values: Double...) -> BestReadings {
        var readings = BestReadings(tolerance: 0.02)
        for value in values { readings.add(value) }
        return readings
    }

    @Test func threeThatAgreeSettleIt() {
        #expect(readings().best == nil)
        #expect(!readings(100, 100).isSettled)
        #expect(readings(100, 99, 98).isSettled)
        #expect(!readings(100, 99, 97.9).isSettled)
    }

    @Test func disturbedReadingsDoNotCount() {
        // Half speed, while something else had a processor, then undisturbed.
        var readings = readings(51, 50, 70, 100)
        #expect(readings.best == 100)
        #expect(!readings.isSettled)
        readings.add(50)
        readings.add(99.5)
        readings.add(98.9)
        #expect(readings.isSettled)
        #expect(readings.best == 100)
    }

    @Test func oneReadingConfirmsWhatIsKnown() {
        var readings = BestReadings(tolerance: 0.02)
        readings.addKnown(100)
        #expect(!readings.isSettled)
        readings.add(50)
        #expect(!readings.isSettled)
        readings.add(99)
        #expect(readings.isSettled)
        // What is better than what is known has to be seen more than once.
        readings = BestReadings(tolerance: 0.02)
        readings.addKnown(50)
        readings.add(100)
        #expect(!readings.isSettled)
        #expect(readings.best == 100)
    }
}
