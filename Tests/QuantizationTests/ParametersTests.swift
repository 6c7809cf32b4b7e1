import Quantization
import Testing

private func ranges(bits: Int) throws -> [IntegerRange] {
    [try .signed(bits: bits), try .unsigned(bits: bits), try .symmetric(bits: bits)]
}

@Suite struct IntegerRangeTests {
    @Test(arguments: 2...8) func bounds(bits: Int) throws {
        let half = Int32(1) << Int32(bits - 1)
        let (signed, unsigned, symmetric) = try (
            IntegerRange.signed(bits: bits), IntegerRange.unsigned(bits: bits), IntegerRange.symmetric(bits: bits)
        )
        #expect((signed.lowest, signed.highest) == (-half, half - 1))
        #expect((unsigned.lowest, unsigned.highest) == (0, 2 * half - 1))
        #expect((symmetric.lowest, symmetric.highest) == (1 - half, half - 1))
        #expect(signed.isSigned && !signed.isNarrow && !unsigned.isSigned && symmetric.isNarrow)
    }

    @Test func wideRanges() throws {
        #expect(try IntegerRange.signed(bits: 32).lowest == .min)
        #expect(try IntegerRange.signed(bits: 32).highest == .max)
        #expect(try IntegerRange.unsigned(bits: 16).highest == 65535)
    }

    @Test(arguments: [-1, 0, 1, 9, 10, 15, 17, 31, 33, 64]) func refusesWidths(bits: Int) {
        #expect(throws: QuantizationError.unsupportedBits(bits, isSigned: true)) { try IntegerRange.signed(bits: bits) }
        #expect(throws: QuantizationError.unsupportedBits(bits, isSigned: false)) {
            try IntegerRange.unsigned(bits: bits)
        }
    }

    @Test func unsignedThirtyTwoBitsDoNotFit() {
        #expect(throws: QuantizationError.unsupportedBits(32, isSigned: false)) { try IntegerRange.unsigned(bits: 32) }
    }

    @Test func constantsEqualTheConstructors() throws {
        #expect(try IntegerRange.int8 == .signed(bits: 8))
        #expect(try IntegerRange.uint8 == .unsigned(bits: 8))
        #expect(try IntegerRange.int8Weights == .symmetric(bits: 8))
    }
}

@Suite struct QuantizationParametersTests {
    /// Known by hand: −1 … 3 on uint8 has S = 4/255 and Z = round(63.75) = 64.
    @Test func affineExample() throws {
        let parameters = try QuantizationParameters.affine(minimum: -1, maximum: 3, range: .uint8)
        #expect(parameters.scale == 4.0 / 255)
        #expect(parameters.zeroPoint == 64)
        let signed = try QuantizationParameters.affine(minimum: -1, maximum: 3, range: .int8)
        #expect(signed.scale == 4.0 / 255)
        #expect(signed.zeroPoint == -64)
    }

    @Test func theRangeIsWidenedToContainZero() throws {
        let positive = try QuantizationParameters.affine(minimum: 2, maximum: 6, range: .uint8)
        #expect(positive.zeroPoint == 0)
        #expect(positive.realRange == (0, 6))
        let negative = try QuantizationParameters.affine(minimum: -6, maximum: -2, range: .int8)
        #expect(negative.zeroPoint == 127)
        #expect(negative.realRange == (-6, 0))
    }

    /// For random ranges of every width: zero is exact, the round trip errs by at most S/2, and Q is monotone.
    @Test(arguments: 2...8) func roundTrip(bits: Int) throws {
        var random = SplitMix64(seed: UInt64(bits))
        for range in try ranges(bits: bits) {
            for _ in 0..<50 {
                let low = Double.random(in: -10...2, using: &random)
                let high = low + Double.random(in: 0.01...12, using: &random)
                let affine = try QuantizationParameters.affine(minimum: low, maximum: high, range: range)
                let symmetric = try QuantizationParameters.symmetric(
                    maximumMagnitude: max(abs(low), abs(high)), range: range)
                for parameters in [affine, symmetric] {
                    #expect(parameters.quantize(0) == parameters.zeroPoint)
                    #expect(parameters.fakeQuantize(0) == 0)
                    var previous = range.lowest
                    for step in 0...200 {
                        let real = Float(low + (high - low) * Double(step) / 200)
                        let q = parameters.quantize(real)
                        #expect(q >= previous && q <= range.highest)
                        previous = q
                        if real >= 0 || range.isSigned || parameters == affine {
                            let error = abs(Double(parameters.fakeQuantize(real)) - Double(real))
                            #expect(error <= parameters.scale * 0.5001, "\(real) by \(parameters)")
                        }
                    }
                }
            }
        }
    }

    /// Every integer is a fixed point: Q(D(q)) = q.
    @Test(arguments: 2...8) func integersAreFixedPoints(bits: Int) throws {
        for range in try ranges(bits: bits) {
            let parameters = try QuantizationParameters.affine(minimum: -0.37, maximum: 1.91, range: range)
            for q in range.lowest...range.highest {
                #expect(parameters.quantize(parameters.dequantize(q)) == q)
            }
        }
    }

    @Test func symmetricWeightsNeverTakeTheLowestValue() throws {
        let parameters = try QuantizationParameters.symmetric(maximumMagnitude: 1, range: .int8Weights)
        #expect(parameters.zeroPoint == 0)
        #expect(parameters.quantize(-1) == -127)
        #expect(parameters.quantize(1) == 127)
        #expect(parameters.quantize(-1000) == -127)
        #expect(parameters.quantize(-.infinity) == -127)
    }

    @Test func tieRules() throws {
        let unit = try QuantizationParameters(scale: 1, zeroPoint: 0, range: .int8)
        #expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map { unit.quantize($0) } == [-3, -2, -1, 1, 2, 3])
        #expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map { unit.quantize($0, ties: .toEven) } == [-2, -2, 0, 0, 2, 2])
    }

    @Test func degenerateRanges() throws {
        for maximum in [0, Double.leastNonzeroMagnitude, Double.leastNormalMagnitude] {
            let affine = try QuantizationParameters.affine(minimum: 0, maximum: maximum, range: .int8)
            let symmetric = try QuantizationParameters.symmetric(maximumMagnitude: maximum, range: .int8)
            for parameters in [affine, symmetric] {
                #expect(parameters.scale == 1)
                #expect(parameters.fakeQuantize(Float(maximum)) == 0)
            }
        }
    }

    @Test func extremeInputsDoNotTrap() throws {
        let tiny = try QuantizationParameters.affine(minimum: 0, maximum: 1e-300, range: .uint8)
        #expect(tiny.quantize(.greatestFiniteMagnitude) == 255)
        #expect(tiny.quantize(-.greatestFiniteMagnitude) == 0)
        #expect(tiny.quantize(.nan) == tiny.zeroPoint)
        let int32 = try QuantizationParameters(scale: 1e-9, zeroPoint: 0, range: .signed(bits: 32))
        #expect(int32.quantize(1e9) == .max)
        #expect(int32.quantize(-1e9) == .min)
    }

    @Test(arguments: [
        (Double.nan, 1.0), (0, .nan), (-.infinity, 0), (0, .infinity), (2, 1),
        (-Double.greatestFiniteMagnitude, Double.greatestFiniteMagnitude),
    ])
    func refusesRanges(minimum: Double, maximum: Double) {
        #expect(throws: QuantizationError.self) {
            try QuantizationParameters.affine(minimum: minimum, maximum: maximum, range: .int8)
        }
    }

    @Test func refusesParameters() {
        for scale in [0, -1, Double.nan, .infinity] {
            #expect(throws: QuantizationError.self) {
                try QuantizationParameters(scale: scale, zeroPoint: 0, range: .int8)
            }
        }
        #expect(throws: QuantizationError.self) { try QuantizationParameters(scale: 1, zeroPoint: 128, range: .int8) }
        #expect(throws: QuantizationError.self) {
            try QuantizationParameters.symmetric(maximumMagnitude: -1, range: .int8)
        }
    }

    @Test func clampBounds() throws {
        // S = 8/255, Z = −64: Q(0) = −64, Q(6) = −64 + round(191.25) = 127.
        let wide = try QuantizationParameters.affine(minimum: -2, maximum: 6, range: .int8)
        #expect(wide.clampBounds(activationLower: -.infinity, activationUpper: .infinity) == (-128, 127))
        #expect(wide.clampBounds(activationLower: 0, activationUpper: .infinity) == (wide.zeroPoint, 127))
        let wider = try QuantizationParameters.affine(minimum: 0, maximum: 12.75, range: .uint8)
        #expect(wider.clampBounds(activationLower: 0, activationUpper: 6) == (0, 120))
        // Q(6) beyond qmax: the bound stays inside.
        let narrow = try QuantizationParameters.affine(minimum: 0, maximum: 2.55, range: .uint8)
        #expect(narrow.clampBounds(activationLower: 0, activationUpper: 6) == (0, 255))
    }
}
