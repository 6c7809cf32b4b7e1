import QuantKernels
import Quantization
import Testing

/// Addition on every path and the operators without micro-kernels, bit for bit.
@Suite struct IntegerElementwiseTests {
    /// All 65,536 pairs of bytes, for scales that are equal, far apart, and such that the output's multiplier shifts left.
    @Test(arguments: [true, false])
    func addOfAllPairs(isSigned: Bool) throws {
        let range: IntegerRange = isSigned ? .int8 : .uint8
        let values = Array(range.lowest...range.highest)
        let left = values.flatMap { [Int32](repeating: $0, count: values.count) }
        let right = values.flatMap { _ in values }
        var coverage = Coverage()
        let scales: [(Double, Double, Double)] = [
            (0.05, 0.05, 0.1), (0.05, 0.02, 0.04), (1, 0.0001, 1), (0.003, 7, 3), (0.25, 0.5, 0.5), (3, 2, 1e-7),
            (0.5, 0.5, 1e-12), (0.1, 0.3, 1e9),
            (1, 1e-11, 1), (1e-6, 2, 2),
        ]
        for (a, b, c) in scales {
            for zero in LayerNumerics.ZeroPoint.allCases {
                let z = zero.value(in: range)
                let requantization = Requantization(
                    output: try QuantizationParameters(
                        scale: c, zeroPoint: LayerNumerics.ZeroPoint.inside.value(in: range), range: range),
                    activation: zero == .inside ? (0, 6) : (-.infinity, .infinity))
                try checkAdd(
                    left, try QuantizationParameters(scale: a, zeroPoint: z, range: range),
                    right,
                    try QuantizationParameters(scale: b, zeroPoint: range.highest + range.lowest - z, range: range),
                    requantization, parts: 1, .endsAtGuard, &coverage)
            }
        }
        coverage.expectComplete(Kinds.add)
    }

    @Test func addOfAllLengthsAndWidths() throws {
        var generator = SplitMix64(seed: 21)
        var coverage = Coverage()
        let lengths = Array(1...40) + [63, 64, 65, 127, 128, 129, 1000]
        let count = 200
        let sizes = generator.draws(count, of: lengths)
        let bits = (0..<3).map { _ in generator.draws(count, of: Array(2...8)) }
        let signs = generator.draws(count, of: [true, false])
        let activations = generator.draws(count, of: LayerNumerics.Activation.allCases)
        let parts = generator.draws(count, of: [1, 2, 3, 5])
        let placements = generator.draws(count, of: GuardedBuffer.Placement.allCases)
        for index in 0..<count {
            let ranges = try bits.map {
                try signs[index] ? IntegerRange.signed(bits: $0[index]) : .unsigned(bits: $0[index])
            }
            let parameters = try ranges.map {
                try QuantizationParameters(
                    scale: Double.random(in: 0.01...1, using: &generator),
                    zeroPoint: generator.integer($0.lowest...$0.highest), range: $0)
            }
            let tensors = ranges.map { range in
                (0..<sizes[index]).map { _ in generator.integer(range.lowest...range.highest) }
            }
            try checkAdd(
                tensors[0], parameters[0], tensors[1], parameters[1],
                Requantization(output: parameters[2], activation: activations[index].bounds), parts: parts[index],
                placements[index], &coverage)
        }
        coverage.expectComplete(Kinds.add)
    }

    private func checkAdd(
        _ left: [Int32], _ leftParameters: QuantizationParameters, _ right: [Int32],
        _ rightParameters: QuantizationParameters, _ requantization: Requantization, parts: Int,
        _ placement: GuardedBuffer.Placement, _ coverage: inout Coverage
    ) throws {
        let expected = try ReferenceInteger.add(
            left, leftParameters, right, rightParameters, requantization: requantization
        ).map { UInt8(truncatingIfNeeded: $0) }
        let a = GuardedBuffer(left.map { UInt8(truncatingIfNeeded: $0) }, placement)
        let b = GuardedBuffer(right.map { UInt8(truncatingIfNeeded: $0) }, placement)
        for variant in try KernelVariant.all(Kinds.add) {
            let target = GuardedBuffer(count: left.count, placement)
            let add = try IntegerAdd(
                name: "add", count: left.count, left: leftParameters, right: rightParameters,
                requantization: requantization, registry: variant.registry)
            add.bind(left: a.base, right: b.base, output: target.base)
            runParts(add, parts, a, b, target)
            coverage.add(add)
            expectEqual(
                target.elements(), expected,
                "\(variant): \(left.count) of \(leftParameters) + \(rightParameters) as \(requantization.output)")
        }
    }

    @Test func poolsEqualTheReference() throws {
        var generator = SplitMix64(seed: 22)
        let count = 200
        let shapes = Shapes.spatial(count, channels: Shapes.channels, outputChannels: nil, using: &generator)
        let parts = generator.draws(count, of: [1, 2, 3, 5])
        for index in 0..<count {
            var geometry = shapes[index]
            if index % 4 == 0 {  // a global pool
                geometry = ConvolutionGeometry(
                    batch: geometry.batch, input: (geometry.inputHeight, geometry.inputWidth, geometry.inputChannels),
                    kernel: (geometry.inputHeight, geometry.inputWidth), output: (1, 1, geometry.inputChannels))
            }
            let placement = GuardedBuffer.Placement.allCases[index % 2]
            try checkPools(MeanOfUInt8.self, MaximumOfUInt8.self, geometry, parts[index], placement, &generator)
            try checkPools(MeanOfInt8.self, MaximumOfInt8.self, geometry, parts[index], placement, &generator)
        }
    }

    private func checkPools<Mean: AveragingRule, Maximum: PoolingRule>(
        _: Mean.Type, _: Maximum.Type, _ geometry: ConvolutionGeometry, _ parts: Int,
        _ placement: GuardedBuffer.Placement, _ generator: inout SplitMix64
    ) throws where Mean.Element: FixedWidthInteger, Maximum.Element == Mean.Element {
        typealias Element = Mean.Element
        // Few levels in some tensors: means that are ties.
        let span = [Int32(Element.max), 1, 3].randomElement(using: &generator)!
        let input = (0..<geometry.inputCount).map { _ in
            Element(generator.integer(max(Int32(Element.min), -span)...span))
        }
        let integers = input.map { Int32($0) }
        let source = GuardedBuffer(input, placement)
        func check(_ pool: Operator, _ bind: (UnsafeMutableRawPointer) -> Void, _ expected: [Int32]) {
            let target = GuardedBuffer(count: geometry.outputCount, placement)
            bind(target.base)
            runParts(pool, parts, source, target)
            expectEqual(target.elements(), expected.map { Element($0) }, "\(pool.name) \(geometry), \(parts) parts")
        }
        let mean = try Pool<Mean>(name: "mean", geometry: geometry, threads: parts)
        check(
            mean, { mean.bind(input: source.base, output: $0) },
            ReferenceInteger.averagePool(integers, geometry: geometry))
        let maximum = try Pool<Maximum>(name: "maximum", geometry: geometry, threads: parts)
        check(
            maximum, { maximum.bind(input: source.base, output: $0) },
            ReferenceInteger.maxPool(integers, geometry: geometry))
    }

    /// Halves go away from zero, in both directions: −3/2 is −2, 3/2 is 2.
    @Test func meansRoundHalvesAwayFromZero() {
        typealias Mean = MeanOfInt8
        let means = [(-3, 2), (3, 2), (-1, 2), (1, 2), (5, 4), (6, 4), (-6, 4), (-5, 4), (1, 3), (2, 3)].map {
            Mean.finish(Int32($0.0), count: $0.1)
        }
        #expect(means == [-2, 2, -1, 1, 1, 2, -2, -1, 0, 1])
    }

    @Test(arguments: [1, 4]) func concatenation(elementBytes: Int) {
        for (channels, rows) in [([1], 1), ([3, 5], 7), ([16, 1, 9], 13), ([64, 64, 128, 2], 6)] {
            for parts in [1, 2, 3, 5] {
                let inputs = channels.enumerated().map { index, width in
                    GuardedBuffer(
                        (0..<rows * width * elementBytes).map { UInt8(truncatingIfNeeded: $0 * 7 + index * 101) },
                        .endsAtGuard)
                }
                var expected: [UInt8] = []
                for row in 0..<rows {
                    for (input, width) in zip(inputs, channels) {
                        let bytes = width * elementBytes
                        expected += input.elements(UInt8.self)[row * bytes..<(row + 1) * bytes]
                    }
                }
                let target = GuardedBuffer(count: expected.count, .endsAtGuard)
                let concatenation = Concatenation(
                    name: "concat", rows: rows, channels: channels, elementBytes: elementBytes)
                concatenation.bind(inputs: inputs.map { UnsafeRawPointer($0.base) }, output: target.base)
                runParts(concatenation, parts, target)
                withExtendedLifetime(inputs) {}
                expectEqual(target.elements(), expected, "\(channels) \(rows) rows, \(parts) parts")
            }
        }
    }

    @Test func padding() {
        var generator = SplitMix64(seed: 23)
        for index in 0..<60 {
            let (batch, height, width) = (index % 3 + 1, Int(generator.integer(1...5)), Int(generator.integer(1...5)))
            let channels = Int(generator.integer(1...17))
            let margins = (0..<4).map { _ in Int(generator.integer(0...3)) }
            let fill: [UInt8] = index % 2 == 0 ? [131] : [1, 2, 3, 4]
            let (outHeight, outWidth) = (height + margins[0] + margins[1], width + margins[2] + margins[3])
            let input = (0..<batch * height * width * channels * fill.count).map { UInt8(truncatingIfNeeded: $0 * 13) }
            var expected: [UInt8] = []
            for position in 0..<batch * outHeight * outWidth {
                let x = position % outWidth - margins[2]
                let y = position / outWidth % outHeight - margins[0]
                let image = position / outWidth / outHeight
                for byte in 0..<channels * fill.count {
                    let inside = (0..<width).contains(x) && (0..<height).contains(y)
                    expected.append(
                        inside
                            ? input[((image * height + y) * width + x) * channels * fill.count + byte]
                            : fill[byte % fill.count])
                }
            }
            let source = GuardedBuffer(input, .endsAtGuard)
            let target = GuardedBuffer(count: expected.count, .endsAtGuard)
            let padding = Padding(
                name: "pad", batch: batch, height: height, width: width, channels: channels,
                margins: (margins[0], margins[1], margins[2], margins[3]), fill: fill)
            padding.bind(input: source.base, output: target.base)
            runParts(padding, index % 4 + 1, source, target)
            expectEqual(target.elements(), expected, "\(batch)×\(height)×\(width)×\(channels) \(margins)")
        }
    }

    @Test(arguments: [1, 2, 3, 5]) func copyMovesAllBytes(parts: Int) {
        for count in 1...20 {
            let source = GuardedBuffer((0..<count * 4).map { UInt8($0 + 1) }, .endsAtGuard)
            let target = GuardedBuffer(count: count * 4, .endsAtGuard)
            let copy = Copy(name: "reshape", count: count, elementBytes: 4)
            copy.bind(input: source.base, output: target.base)
            runParts(copy, parts, source, target)
            expectEqual(target.elements(UInt8.self), source.elements(), "\(count)")
        }
    }

    /// The first of equal ones, in signed and unsigned order.
    @Test func argmax() {
        func check<Element: Comparable & BitwiseCopyable & Sendable>(_ rows: [[Element]], _ expected: [Int32]) {
            let source = GuardedBuffer(rows.flatMap { $0 }, .endsAtGuard)
            let target = GuardedBuffer(count: rows.count * 4, .endsAtGuard)
            let argmax = Argmax<Element>(name: "argmax", rows: rows.count, count: rows[0].count)
            argmax.bind(input: source.base, output: target.base)
            runParts(argmax, 2, source, target)
            #expect(target.elements() == expected)
        }
        check([[1, 200, 3], [9, 9, 9], [0, 0, 255]] as [[UInt8]], [1, 0, 2])
        check([[-128, 127, 3], [-1, -2, -1], [-128, -128, -127]] as [[Int8]], [1, 0, 2])
        check([[-0.5, -0.25], [3, 3], [.infinity, 0]] as [[Float]], [1, 0, 0])
        check([[5]] as [[Int8]], [0])
    }
}
