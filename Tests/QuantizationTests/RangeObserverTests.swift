import Quantization
import Testing

@Suite struct RangeObserverTests {
    @Test func minMaxKeepsTheExtremesOfAllBatches() throws {
        var observer = MinMaxObserver()
        try observer.observe([0.5, 1])
        try observer.observe([-2, 0.25])
        try observer.observe([] as [Float])
        let observed = try #require(observer.observed)
        #expect(observed == (-2, 1))
        let parameters = try observer.parameters(range: .uint8, mapping: .affine)
        #expect(parameters.scale == 3.0 / 255)
        #expect(parameters.zeroPoint == 170)
        #expect(try observer.parameters(range: .int8, mapping: .symmetric).scale == 2.0 / 127)
    }

    @Test func movingAverageByHand() throws {
        var observer = try MovingAverageObserver(smoothing: 0.75)
        try observer.observe([-4, 8])
        #expect(try #require(observer.observed) == (-4, 8))
        try observer.observe([0, 4])
        #expect(try #require(observer.observed) == (-3, 7))
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func refusesWhatIsNotFinite(value: Float) throws {
        var observer = MinMaxObserver()
        try observer.observe([1, 2])
        #expect(throws: QuantizationError.self) { try observer.observe([0, 0, value, 3]) }
        #expect(try #require(observer.observed) == (1, 2), "the refused batch left no trace")
        do {
            try observer.observe([0, 0, value, 3])
        } catch .notFinite(_, let index) {
            #expect(index == 2)
        }
    }

    @Test func refusesToGuess() throws {
        #expect(throws: QuantizationError.nothingObserved) {
            try MinMaxObserver().parameters(range: .int8, mapping: .affine)
        }
        for smoothing in [-0.1, 1, .nan] {
            #expect(throws: QuantizationError.self) { try MovingAverageObserver(smoothing: smoothing) }
        }
        var observer = MinMaxObserver()
        try observer.observe([-1, 1])
        #expect(throws: QuantizationError.negativeValuesInUnsignedRange(minimum: -1)) {
            try observer.parameters(range: .uint8, mapping: .symmetric)
        }
    }
}
