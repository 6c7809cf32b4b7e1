import Glibc
import QuantKernels
import Quantization
import Testing

/// The fixed-point functions against double, within gemmlowp's tolerances (docs/kernels.md states them).
@Suite struct SoftmaxTests {
    /// gemmlowp's own bound for exp on int32: 500 units of 2⁻³¹.
    @Test(arguments: 1...10 as ClosedRange<Int32>)
    func exponential(integerBits: Int32) {
        var generator = SplitMix64(seed: 31)
        let unit = exp2(Double(integerBits - 31))
        var worst = 0.0
        let ends: [Int32] = [0, -1, -2, .min, .min + 1]
        // Dense near 0, where exp varies, and over the whole range.
        let arguments =
            ends + (0..<20_000).map { _ in generator.integer(.min...0) }
            + (0..<20_000).map { _ in generator.integer(.min...0) >> generator.integer(0...30) }
        for a in arguments {
            let exact = exp(Double(a) * unit) * 0x1p31
            let value = Double(FixedPoint.expOfNegative(a, integerBits: integerBits))
            worst = max(worst, abs(value - min(exact, Double(Int32.max))))
        }
        print("exp with \(integerBits) integer bits: off by at most \(worst) · 2^-31")
        #expect(worst <= 500)
    }

    @Test func reciprocal() {
        var generator = SplitMix64(seed: 32)
        var worst = 0.0
        for a in [0, 1, .max, .max - 1] + (0..<50_000).map({ _ in generator.integer(0...(.max)) }) {
            let exact = 0x1p31 / (1 + Double(a) * 0x1p-31)
            worst = max(
                worst, abs(Double(FixedPoint.reciprocalOfOnePlus(a)) - min(exact, Double(Int32.max))))
        }
        print("1/(1 + x): off by at most \(worst) · 2^-31")
        #expect(worst <= 16)
    }

    @Test(arguments: [IntegerRange.int8, .uint8], [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5, 1])
    func integerSoftmax(range: IntegerRange, scale: Double) throws {
        var generator = SplitMix64(seed: 33)
        let parameters = try QuantizationParameters(scale: scale, zeroPoint: range.lowest + 7, range: range)
        for count in [1, 2, 3, 9, 10, 11, 100, 511, 512, 513, 1000, 1001, 4095] {
            for span in [Int32(0), 1, 20, 255] {
                let logits = (0..<3 * count).map { _ in
                    generator.integer(range.highest - min(span, Int32(range.steps))...range.highest)
                }
                let source = GuardedBuffer(logits.map { UInt8(truncatingIfNeeded: $0) }, .endsAtGuard)
                let target = GuardedBuffer(count: logits.count, .endsAtGuard)
                let softmax = try IntegerSoftmax(name: "softmax", rows: 3, count: count, input: parameters)
                softmax.bind(input: source.base, output: target.base)
                runParts(softmax, 2, source, target)
                let bytes = target.elements(UInt8.self)
                let levels = bytes.map { Double(range.isSigned ? $0 ^ 0x80 : $0) }
                for row in 0..<3 {
                    let slice = row * count..<(row + 1) * count
                    let largest = logits[slice].max()!
                    let powers = logits[slice].map { exp(scale * Double($0 - largest)) }
                    let sum = powers.reduce(0, +)
                    let exact = powers.map { 256 * $0 / sum }
                    let differences = zip(levels[slice], exact).map { abs($0 - $1) }
                    // Rounding costs half a level; 1 cannot be reached, its highest level is 255.
                    let (index, worst) = differences.enumerated().max { $0.1 < $1.1 }!
                    let bound = exact[index] > 255.5 ? 1.01 : 0.51
                    if worst > bound {
                        Issue.record("\(range) \(scale) \(count) span \(span): level off by \(worst)")
                    }
                    let total = levels[slice].reduce(0, +)
                    // The levels sum to 256 as nearly as rounding each of them, off by 0.01 before, allows.
                    let least = exact.map { min(($0 - 0.01).rounded(), 255) }.reduce(0, +)
                    let most = exact.map { min(($0 + 0.01).rounded(), 255) }.reduce(0, +)
                    if !(least...most).contains(total) {
                        Issue.record(
                            "\(range) \(scale) \(count) span \(span): levels sum to \(total), not \(least)…\(most)")
                    }
                    if count <= 10, abs(total - 256) > Double(count) / 2 + 1 {
                        Issue.record("\(range) \(scale) \(count) span \(span): levels sum to \(total)")
                    }
                }
            }
        }
    }

    @Test func outputParameters() throws {
        let signed = try IntegerSoftmax.outputParameters(like: .int8)
        #expect(signed.scale == 1.0 / 256 && signed.zeroPoint == -128 && signed.range == .int8)
        let unsigned = try IntegerSoftmax.outputParameters(like: .uint8)
        #expect(unsigned.scale == 1.0 / 256 && unsigned.zeroPoint == 0 && unsigned.range == .uint8)
    }

    /// The sum of exponentials has 12 integer bits: 4,096 equal logits would overflow it.
    @Test func softmaxRefusesWhatItsSumCannotHold() throws {
        let parameters = try QuantizationParameters(scale: 0.1, zeroPoint: 0, range: .int8)
        for (rows, count) in [(1, 4096), (1, 0), (0, 10), (1, -1)] {
            #expect(throws: KernelError.self) {
                try IntegerSoftmax(name: "softmax", rows: rows, count: count, input: parameters)
            }
        }
    }

    @Test func floatSoftmax() {
        var generator = SplitMix64(seed: 34)
        for count in [1, 2, 10, 1000] {
            let logits = (0..<2 * count).map { _ in Float.random(in: -30...30, using: &generator) }
            let source = GuardedBuffer(logits, .endsAtGuard)
            let target = GuardedBuffer(count: logits.count * 4, .endsAtGuard)
            let softmax = FloatSoftmax(name: "softmax", rows: 2, count: count)
            softmax.bind(input: source.base, output: target.base)
            runParts(softmax, 2, source, target)
            let values = target.elements(Float.self)
            for row in 0..<2 {
                let slice = row * count..<(row + 1) * count
                let largest = Double(logits[slice].max()!)
                let powers = logits[slice].map { exp(Double($0) - largest) }
                let sum = powers.reduce(0, +)
                for (value, power) in zip(values[slice], powers) {
                    // The argument, of magnitude 60 at most, is rounded once; exp, sum and quotient a few times more.
                    let exact = power / sum
                    #expect(abs(Double(value) - exact) <= exact * Double(60 + count) * 0x1p-24 + 1e-30)
                }
            }
        }
    }
}
