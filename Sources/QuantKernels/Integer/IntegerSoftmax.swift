public import Quantization

/// Softmax on quantized logits in fixed point; the output has scale 1/256 and its zero point at the lowest integer.
/// exp(S·(q − max)) is computed on differences with 5 integer bits, their sum with 12 (TFLite's arithmetic).
public final class IntegerSoftmax: Operator, @unchecked Sendable {
    private let rows: Int
    private let count: Int
    private let flip: UInt8
    private let scale: FixedPointMultiplier
    /// Differences below this contribute nothing.
    private let lowestDifference: Int32
    private nonisolated(unsafe) var input: UnsafePointer<UInt8>?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<UInt8>?

    private static let differenceBits: Int32 = 5
    private static let sumBits: Int32 = 12

    /// Parameters of the output: 256 levels of [0, 1).
    public static func outputParameters(like range: IntegerRange) throws(QuantizationError) -> QuantizationParameters {
        try QuantizationParameters(
            scale: 1.0 / 256, zeroPoint: range.isSigned ? -128 : 0, range: range.isSigned ? .int8 : .uint8)
    }

    /// - Throws: `KernelError.shape` unless a row has 1 to 4,095 elements, what the sum's 12 integer bits hold;
    ///   `QuantizationError.invalidMultiplier` for a scale that no fixed-point exponent holds.
    public init(name: String, rows: Int, count: Int, input: QuantizationParameters) throws {
        guard rows > 0, 1..<1 << Int(Self.sumBits) ~= count else {
            throw KernelError.shape("\(name): softmax of \(rows) rows of \(count) elements: rows have 1 to 4095")
        }
        (self.rows, self.count) = (rows, count)
        flip = UInt8(input.flip)
        // q·S as a fixed-point number with 5 integer bits: 26 fraction bits.
        scale = try FixedPointMultiplier(
            min(input.scale * Double(1 << (31 - Self.differenceBits)), Double(Int32.max >> 1)))
        // Largest |difference| whose rescaling stays inside the 5 integer bits.
        let radius =
            Double((1 << Self.differenceBits) - 1) * Double(1 << (31 - Self.differenceBits))
            / (input.scale * Double(1 << (31 - Self.differenceBits)))
        lowestDifference = -Int32(min(radius, 255))
        super.init(name: name, path: .scalar, outputCount: rows * count)
    }

    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        self.input = input.assumingMemoryBound(to: UInt8.self)
        self.output = output.assumingMemoryBound(to: UInt8.self)
    }

    public override func run(_ part: Part) {
        for row in part.share(of: rows) {
            let logits = input! + row * count
            let target = output! + row * count
            var largest: UInt8 = 0
            for index in 0..<count { largest = max(largest, logits[index] ^ flip) }
            var sum: Int32 = 0
            for index in 0..<count {
                if let value = exponential(logits[index] ^ flip, largest) {
                    sum &+= roundingDivideByPowerOfTwo(value, Self.sumBits)
                }
            }
            // 1/sum: normalise to [1, 2) and take 1/(1 + x).
            let headroom = Int32(sum.leadingZeroBitCount)
            let bitsOverUnit = Self.sumBits - headroom
            let normalised = Int32(truncatingIfNeeded: (UInt32(bitPattern: sum) << UInt32(headroom)) &- (1 << 31))
            let reciprocal = FixedPoint.reciprocalOfOnePlus(normalised)
            // Q0 to levels of 1/256. Shifted by 32 or more, a product below 2³¹ rounds to 0.
            let shift = bitsOverUnit + 31 - 8
            for index in 0..<count {
                var level: Int32 = 0
                if shift <= 31, let value = exponential(logits[index] ^ flip, largest) {
                    let product = FixedPoint.multiply(reciprocal, value)
                    level = min(roundingDivideByPowerOfTwo(product, shift), 255)
                }
                target[index] = UInt8(truncatingIfNeeded: level) ^ flip
            }
        }
    }

    private func exponential(_ value: UInt8, _ largest: UInt8) -> Int32? {
        let difference = Int32(value) - Int32(largest)
        guard difference >= lowestDifference else { return nil }
        return FixedPoint.expOfNegative(scale.apply(difference, .gemmlowp), integerBits: Self.differenceBits)
    }
}
