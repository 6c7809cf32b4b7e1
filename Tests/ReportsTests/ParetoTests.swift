import Measurement
import Reports
import Testing

@Suite struct ParetoTests {
    @Test func marksWhatNothingBeats() {
        // Fast and poor, slow and good, beaten in both, beaten in one with the other equal.
        #expect(Pareto.front([(1, 80), (4, 95), (5, 90), (4, 94), (2, 80)]) == [true, true, false, false, false])
    }

    @Test func equalRowsDoNotBeatEachOther() {
        #expect(Pareto.front([(1, 90), (1, 90), (2, 90)]) == [true, true, false])
    }

    @Test func oneRowIsTheFrontAndNoneIsNone() {
        #expect(Pareto.front([(3, 10)]) == [true])
        #expect(Pareto.front([]) == [])
    }

    @Test func everyRowOffTheFrontIsBeatenByOneOnIt() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            let points = (0..<12).map { _ in
                (
                    latency: Double(Int.random(in: 1...8, using: &generator)),
                    accuracy: Double(Int.random(in: 1...8, using: &generator))
                )
            }
            let front = Pareto.front(points)
            #expect(front.contains(true))
            for (own, isOn) in zip(points, front) {
                let beaten = zip(points, front).contains { other, otherIsOn in
                    otherIsOn && other.latency <= own.latency && other.accuracy >= own.accuracy && other != own
                }
                #expect(beaten != isOn)
            }
        }
    }
}
