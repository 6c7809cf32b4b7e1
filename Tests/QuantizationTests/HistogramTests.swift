import Foundation
import Quantization
import Testing

@Suite struct HistogramTests {
    /// Values like activations: a bell, rectified or not, with a few outliers, rounded to floats.
    static func sample(_ seed: UInt64, count: Int = 20_000, rectified: Bool, outliers: Bool) -> [Float] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { index in
            let u = Double.random(in: 1e-9..<1, using: &generator)
            let v = Double.random(in: 0..<1, using: &generator)
            var value = (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
            if outliers, index % 1000 == 7 { value *= 20 }
            return Float(rectified ? max(value, 0) : value)
        }
    }

    private static func histogram(_ batches: [[Float]]) throws -> Histogram {
        var histogram = Histogram()
        for batch in batches { try histogram.observe(batch) }
        return histogram
    }

    @Test func countsByHand() throws {
        let histogram = try Self.histogram([[0, 1, 1.5, -0.25], [], [3, -0.0]])
        // 3 needs the range up to 4.
        #expect(histogram.width == 4.0 / 4096)
        #expect(histogram.zeros == 2)
        #expect(histogram.count == 6)
        #expect(histogram.positive.indices.filter { histogram.positive[$0] > 0 } == [1024, 1536, 3072])
        #expect(histogram.negative.indices.filter { histogram.negative[$0] > 0 } == [256])
        #expect(histogram.magnitudes.count == 3073)
        #expect(try #require(histogram.observed) == (-0.25, 3))
    }

    /// A power of two is the first that its range does not hold.
    @Test func theRangeIsOpenAbove() throws {
        #expect(try Self.histogram([[1]]).width == 2.0 / 4096)
        #expect(try Self.histogram([[Float(1).nextDown]]).width == 1.0 / 4096)
    }

    /// Growing by doubling gives what one look at all values would have given, in any order and any batches.
    @Test(arguments: 1...4) func growthIsExact(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let values = Self.sample(seed, count: 3000, rectified: false, outliers: true).enumerated().map {
            // Magnitudes that rise over ten powers of ten.
            $1 * Float(pow(10, Double($0) / 300 - 5))
        }
        let whole = try Self.histogram([values])
        let single = try Self.histogram(values.map { [$0] })
        let shuffled = values.shuffled(using: &generator)
        let pieces = stride(from: 0, to: values.count, by: 171).map {
            Array(shuffled[$0..<min($0 + 171, values.count)])
        }
        #expect(single == whole)
        #expect(try Self.histogram(pieces) == whole)
        // And the definition, value by value.
        for (sign, bins) in [(1.0, whole.positive), (-1, whole.negative)] {
            var expected = [Int](repeating: 0, count: Histogram.bins)
            for value in values where Double(value) * sign > 0 { expected[Int(abs(Double(value)) / whole.width)] += 1 }
            #expect(bins == expected)
        }
        #expect(whole.magnitudes.count > Histogram.bins / 2)
    }

    @Test func extremeMagnitudes() throws {
        let huge = try Self.histogram([[.greatestFiniteMagnitude, -.leastNonzeroMagnitude]])
        #expect(huge.positive[4095] == 1 && huge.negative[0] == 1)
        let tiny = try Self.histogram([[.leastNonzeroMagnitude], [1e-38]])
        #expect(tiny.positive[0] == 2)
        #expect(try tiny.range(.minMax, onto: .uint8).maximum == Double(Float(1e-38)))
        let zeros = try Self.histogram([[0, 0]])
        #expect(zeros.magnitudes.isEmpty)
        for method in [RangeMethod.minMax, .percentile(99), .meanSquaredError, .entropy] {
            #expect(try zeros.range(method, onto: .uint8) == (0, 0))
        }
    }

    @Test func refusals() throws {
        var histogram = Histogram()
        #expect(throws: QuantizationError.nothingObserved) { try histogram.range(.entropy, onto: .uint8) }
        try histogram.observe([1, 2])
        let before = histogram
        #expect(throws: QuantizationError.notFinite(value: .infinity, index: 1)) {
            try histogram.observe([0, .infinity])
        }
        #expect(histogram == before, "the refused batch left no trace")
        for percent in [49.9, 100, .nan] {
            #expect(throws: QuantizationError.self) { try histogram.range(.percentile(percent), onto: .uint8) }
        }
    }
}
