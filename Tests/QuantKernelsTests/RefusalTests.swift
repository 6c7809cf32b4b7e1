import QuantKernels
import Quantization
import Testing

/// Bad input throws the named error, with the layer's name in it, and never traps.
@Suite struct RefusalTests {
    private let registry = KernelRegistry()
    private let parameters = try! QuantizationParameters(scale: 0.1, zeroPoint: 3, range: .uint8)

    private func weights(_ count: Int, channels: Int, axis: ChannelAxis, mapping: Mapping = .symmetric) throws
        -> QuantizedWeights
    {
        try WeightQuantizer(bits: 8, mapping: mapping, granularity: .perChannel)
            .quantize([Float](repeating: 1, count: count), channels: channels, axis: axis)
    }

    private func expectShapeError(
        _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(sourceLocation: sourceLocation) {
            try body()
        } throws: { error in
            guard case KernelError.shape(let message) = error else { return false }
            return message.hasPrefix("layer 7: ")
        }
    }

    @Test func depthBeyondTheBoundThrows() throws {
        for (mapping, range) in [(Mapping.symmetric, IntegerRange.int8Weights), (.affine, .uint8)] {
            let largest = largestSafeDepth(activationRange: .uint8, weightRange: range)
            func make(_ depth: Int) throws -> IntegerConvolution {
                try IntegerConvolution(
                    name: "layer 7", geometry: .product(rows: 1, depth: depth, columns: 1),
                    weights: try weights(depth, channels: 1, axis: .outermost, mapping: mapping), bias: [0],
                    input: parameters, requantization: Requantization(output: parameters), registry: registry,
                    threads: 1)
            }
            _ = try make(largest)
            #expect(
                throws: QuantizationError.accumulatorOverflow(
                    depth: largest + 1, largestSafeDepth: largest, activations: .uint8, weights: range)
            ) { try make(largest + 1) }
        }
    }

    @Test func depthwiseBeyondTheBoundThrows() throws {
        // 258 × 258 taps of uint8 × int8.
        let geometry = ConvolutionGeometry(
            input: (258, 258, 1), kernel: (258, 258), output: (1, 1, 1))
        #expect(throws: QuantizationError.self) {
            try IntegerDepthwise(
                name: "layer 7", geometry: geometry, weights: try weights(258 * 258, channels: 1, axis: .innermost),
                bias: [0], input: parameters, requantization: Requantization(output: parameters), registry: registry,
                threads: 1)
        }
    }

    /// Products that fit alone may not with the bias: the error names the layer and the channel.
    @Test(arguments: [Int32.max, .min]) func biasBeyondTheBoundThrows(bias: Int32) throws {
        let geometry = ConvolutionGeometry.product(rows: 1, depth: 4, columns: 2)
        func expectRefusal(_ body: () throws -> Void) {
            #expect {
                try body()
            } throws: { error in
                guard case KernelError.unsupported(let message) = error else { return false }
                return message.hasPrefix("layer 7: output channel 1 could leave its int32 accumulator")
            }
        }
        expectRefusal {
            _ = try IntegerConvolution(
                name: "layer 7", geometry: geometry, weights: try weights(8, channels: 2, axis: .outermost),
                bias: [0, bias], input: parameters, requantization: Requantization(output: parameters),
                registry: registry, threads: 1)
        }
        expectRefusal {
            _ = try IntegerDepthwise(
                name: "layer 7", geometry: .product(rows: 1, depth: 2, columns: 2),
                weights: try weights(2, channels: 2, axis: .innermost), bias: [0, bias], input: parameters,
                requantization: Requantization(output: parameters), registry: registry, threads: 1)
        }
    }

    @Test func wrongCountsThrow() throws {
        let geometry = ConvolutionGeometry.same(
            height: 4, width: 4, channels: 6, kernel: 3, stride: 1, outputChannels: 6)
        // (weights, their channels, axis, biases)
        let bad: [(Int, Int, ChannelAxis, Int)] = [
            (323, 1, .outermost, 6), (324, 6, .outermost, 5), (324, 3, .outermost, 6), (6, 6, .outermost, 6),
            (324, 6, .innermost, 6),
        ]
        for (count, channels, axis, biases) in bad {
            let weights = try weights(count, channels: channels, axis: axis)
            expectShapeError {
                _ = try IntegerConvolution(
                    name: "layer 7", geometry: geometry, weights: weights, bias: [Int32](repeating: 0, count: biases),
                    input: parameters, requantization: Requantization(output: parameters), registry: registry,
                    threads: 1)
            }
        }
        let badDepthwise: [(Int, Int, ChannelAxis, Int)] = [
            (53, 1, .innermost, 6), (54, 6, .innermost, 7), (54, 3, .innermost, 6), (54, 6, .outermost, 6),
        ]
        for (count, channels, axis, biases) in badDepthwise {
            let weights = try weights(count, channels: channels, axis: axis)
            expectShapeError {
                _ = try IntegerDepthwise(
                    name: "layer 7", geometry: geometry, weights: weights, bias: [Int32](repeating: 0, count: biases),
                    input: parameters, requantization: Requantization(output: parameters), registry: registry,
                    threads: 1)
            }
        }
        for (count, biases) in [(323, 6), (324, 7), (0, 6)] {
            expectShapeError {
                _ = try FloatConvolution(
                    name: "layer 7", geometry: geometry, weights: [Float](repeating: 0, count: count),
                    bias: [Float](repeating: 0, count: biases), activation: (0, 6), registry: registry, threads: 1)
            }
            expectShapeError {
                _ = try FloatDepthwise(
                    name: "layer 7", geometry: geometry, weights: [Float](repeating: 0, count: count),
                    bias: [Float](repeating: 0, count: biases), activation: (0, 6), registry: registry, threads: 1)
            }
        }
    }

    @Test func badGeometriesThrow() throws {
        let good = ConvolutionGeometry.same(
            height: 4, width: 5, channels: 6, kernel: 3, stride: 1, outputChannels: 6)
        let extents: [WritableKeyPath<ConvolutionGeometry, Int>] = [
            \.batch, \.inputHeight, \.inputWidth, \.inputChannels, \.kernelHeight, \.kernelWidth, \.stride,
            \.outputHeight, \.outputWidth, \.outputChannels,
        ]
        var bad: [ConvolutionGeometry] = []
        for extent in extents {
            for value in [0, -1, .min, .max] {
                var geometry = good
                geometry[keyPath: extent] = value
                bad.append(geometry)
            }
        }
        for (extent, values) in [
            (\ConvolutionGeometry.padTop, [-1, 3, Int.max]), (\.padLeft, [-1, 3, .min]),
            (\.outputHeight, [6]), (\.outputWidth, [7]), (\.stride, [3]),
        ] {
            for value in values {
                var geometry = good
                geometry[keyPath: extent] = value
                bad.append(geometry)
            }
        }
        for geometry in bad {
            expectShapeError {
                _ = try IntegerConvolution(
                    name: "layer 7", geometry: geometry, weights: try weights(324, channels: 6, axis: .outermost),
                    bias: [Int32](repeating: 0, count: 6), input: parameters,
                    requantization: Requantization(output: parameters), registry: registry, threads: 1)
            }
            expectShapeError {
                _ = try FloatDepthwise(
                    name: "layer 7", geometry: geometry, weights: [Float](repeating: 0, count: 54),
                    bias: [Float](repeating: 0, count: 6), activation: (0, 6), registry: registry, threads: 1)
            }
            expectShapeError {
                _ = try Pool<MeanOfUInt8>(name: "layer 7", geometry: geometry, threads: 1)
            }
        }
    }

    @Test func poolsThrow() {
        expectShapeError {
            _ = try Pool<MaximumOfUInt8>(
                name: "layer 7", geometry: .product(rows: 2, depth: 3, columns: 4), threads: 1)
        }
        // 2048 × 2048 elements of 255 would leave no room for the rounding of their mean.
        expectShapeError {
            _ = try Pool<MeanOfUInt8>(
                name: "layer 7",
                geometry: ConvolutionGeometry(input: (2048, 2048, 1), kernel: (2048, 2048), output: (1, 1, 1)),
                threads: 1)
        }
    }

    @Test func multipliersOutOfBoundsThrow() throws {
        let tiny = try QuantizationParameters(scale: 1e-30, zeroPoint: 3, range: .uint8)
        #expect(throws: QuantizationError.self) {
            try IntegerConvolution(
                name: "layer 7", geometry: .product(rows: 1, depth: 4, columns: 1),
                weights: try weights(4, channels: 1, axis: .outermost), bias: [0], input: parameters,
                requantization: Requantization(output: tiny), registry: registry, threads: 1)
        }
        #expect(throws: QuantizationError.self) {
            try IntegerAdd(
                name: "layer 7", count: 4, left: parameters, right: parameters,
                requantization: Requantization(output: tiny), registry: registry)
        }
    }

    @Test func addRefusesMixedSignsAndOtherRoundings() throws {
        let signed = try QuantizationParameters(scale: 0.1, zeroPoint: 3, range: .int8)
        for (left, right, output) in [
            (signed, parameters, parameters), (parameters, signed, parameters), (parameters, parameters, signed),
        ] {
            #expect {
                try IntegerAdd(
                    name: "layer 7", count: 4, left: left, right: right, requantization: Requantization(output: output),
                    registry: registry)
            } throws: { ($0 as? KernelError)?.description.hasPrefix("layer 7: add takes") == true }
        }
        for rounding in RoundingMode.allCases where rounding != .gemmlowp {
            #expect {
                try IntegerAdd(
                    name: "layer 7", count: 4, left: parameters, right: parameters,
                    requantization: Requantization(output: parameters, rounding: rounding), registry: registry)
            } throws: { ($0 as? KernelError)?.description.contains(rounding.rawValue) == true }
        }
    }
}
