import Dispatch
public import Quantization

/// The integer operators as their definitions say, one element at a time. They share no code with the optimised operators:
/// sums are formed of (q − Z) in 64 bits, nothing is folded, packed or vectorised. Tensors are arrays of integers, NHWC.
public enum ReferenceInteger {
    /// out = clamp(Z₃ + M·(Σ(a − Z₁)(w − Z₂) + bias)); weights OHWI.
    public static func convolution(
        _ input: [Int32], _ parameters: QuantizationParameters, weights: QuantizedWeights, bias: [Int32],
        geometry g: ConvolutionGeometry, requantization: Requantization
    ) throws -> [Int32] {
        WorkCounter.callsReference.add(1)
        let multipliers = try (0..<g.outputChannels).map { o in
            try FixedPointMultiplier(
                parameters.scale * weights.parameters(ofChannel: o).scale / requantization.output.scale)
        }
        var output = [Int32](repeating: 0, count: g.outputCount)
        output.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let output = buffer
            // Channels are shared out to the processors: a large network has 10^10 products.
            DispatchQueue.concurrentPerform(iterations: g.outputChannels) { o in
                let zero = Int64(weights.parameters(ofChannel: o).zeroPoint)
                for row in 0..<g.rows {
                    var sum: Int64 = 0
                    forEachTap(of: row, in: g) { pixel, tap in
                        for c in 0..<g.inputChannels {
                            let a = Int64(input[pixel * g.inputChannels + c]) - Int64(parameters.zeroPoint)
                            let w = Int64(weights.values[(o * g.taps + tap) * g.inputChannels + c]) - zero
                            sum += a * w
                        }
                    }
                    output[row * g.outputChannels + o] = finish(sum + Int64(bias[o]), multipliers[o], requantization)
                }
            }
        }
        return output
    }

    /// As `convolution`, each channel by itself; weights HWC.
    public static func depthwise(
        _ input: [Int32], _ parameters: QuantizationParameters, weights: QuantizedWeights, bias: [Int32],
        geometry g: ConvolutionGeometry, requantization: Requantization
    ) throws -> [Int32] {
        WorkCounter.callsReference.add(1)
        var output = [Int32](repeating: 0, count: g.outputCount)
        for c in 0..<g.outputChannels {
            let weight = weights.parameters(ofChannel: c)
            let multiplier = try FixedPointMultiplier(parameters.scale * weight.scale / requantization.output.scale)
            for row in 0..<g.rows {
                var sum: Int64 = 0
                forEachTap(of: row, in: g) { pixel, tap in
                    let a = Int64(input[pixel * g.inputChannels + c]) - Int64(parameters.zeroPoint)
                    sum += a * (Int64(weights.values[tap * g.inputChannels + c]) - Int64(weight.zeroPoint))
                }
                output[row * g.outputChannels + c] = finish(sum + Int64(bias[c]), multiplier, requantization)
            }
        }
        return output
    }

    /// Sum of two tensors, rescaled as quantization.md says (left shift 20).
    public static func add(
        _ left: [Int32], _ leftParameters: QuantizationParameters, _ right: [Int32],
        _ rightParameters: QuantizationParameters, requantization r: Requantization
    ) throws -> [Int32] {
        WorkCounter.callsReference.add(1)
        let twiceMax = 2 * max(leftParameters.scale, rightParameters.scale)
        let a = try FixedPointMultiplier(leftParameters.scale / twiceMax)
        let b = try FixedPointMultiplier(rightParameters.scale / twiceMax)
        let c = try FixedPointMultiplier(twiceMax / (1_048_576 * r.output.scale))
        return zip(left, right).map { x, y in
            let u = a.apply((x - leftParameters.zeroPoint) * 1_048_576, .gemmlowp)
            let v = b.apply((y - rightParameters.zeroPoint) * 1_048_576, .gemmlowp)
            return clamp(Int64(c.apply(u + v, .gemmlowp)) + Int64(r.output.zeroPoint), r)
        }
    }

    /// Mean of the elements inside the image, half away from zero.
    public static func averagePool(_ input: [Int32], geometry g: ConvolutionGeometry) -> [Int32] {
        pool(input, g) { values in
            let (sum, count) = (values.reduce(0, +), Int32(values.count))
            let magnitude = (2 * abs(sum) + count) / (2 * count)
            return sum < 0 ? -magnitude : magnitude
        }
    }

    public static func maxPool(_ input: [Int32], geometry g: ConvolutionGeometry) -> [Int32] {
        pool(input, g) { $0.max()! }
    }

    private static func pool(_ input: [Int32], _ g: ConvolutionGeometry, _ combine: ([Int32]) -> Int32) -> [Int32] {
        WorkCounter.callsReference.add(1)
        var output: [Int32] = []
        for row in 0..<g.rows {
            for c in 0..<g.outputChannels {
                var values: [Int32] = []
                forEachTap(of: row, in: g) { pixel, _ in values.append(input[pixel * g.inputChannels + c]) }
                output.append(combine(values))
            }
        }
        return output
    }

    /// Calls `body` with the input pixel and the tap of every tap inside the image. Padding is real 0: it adds nothing.
    private static func forEachTap(of row: Int, in g: ConvolutionGeometry, _ body: (_ pixel: Int, _ tap: Int) -> Void) {
        let x = row % g.outputWidth
        let y = row / g.outputWidth % g.outputHeight
        let image = row / (g.outputWidth * g.outputHeight)
        for tap in 0..<g.taps {
            let v = y * g.stride - g.padTop + tap / g.kernelWidth
            let u = x * g.stride - g.padLeft + tap % g.kernelWidth
            if (0..<g.inputHeight).contains(v) && (0..<g.inputWidth).contains(u) {
                body((image * g.inputHeight + v) * g.inputWidth + u, tap)
            }
        }
    }

    private static func finish(_ sum: Int64, _ multiplier: FixedPointMultiplier, _ r: Requantization) -> Int32 {
        clamp(Int64(multiplier.apply(Int32(truncatingIfNeeded: sum), r.rounding)) + Int64(r.output.zeroPoint), r)
    }

    private static func clamp(_ value: Int64, _ r: Requantization) -> Int32 {
        Int32(min(max(value, Int64(r.lower)), Int64(r.upper)))
    }
}
