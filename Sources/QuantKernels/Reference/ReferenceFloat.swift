import Dispatch

/// The float operators as their definitions say, summed in double. They share no code with the optimised ones.
public enum ReferenceFloat {
    /// Weights OHWI; the sum is rounded to float once, then clamped.
    public static func convolution(
        _ input: [Float], weights: [Float], bias: [Float], geometry g: ConvolutionGeometry,
        activation: (lower: Float, upper: Float)
    ) -> [Float] {
        WorkCounter.callsReference.add(1)
        var output = [Float](repeating: 0, count: g.outputCount)
        output.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let output = buffer
            // Channels are shared out to the processors: a large network has 10^10 products.
            DispatchQueue.concurrentPerform(iterations: g.outputChannels) { o in
                for row in 0..<g.rows {
                    var sum = Double(bias[o])
                    for tap in 0..<g.taps {
                        guard let pixel = pixel(row: row, tap: tap, g) else { continue }
                        for c in 0..<g.inputChannels {
                            sum +=
                                Double(input[pixel * g.inputChannels + c])
                                * Double(weights[(o * g.taps + tap) * g.inputChannels + c])
                        }
                    }
                    output[row * g.outputChannels + o] = min(max(Float(sum), activation.lower), activation.upper)
                }
            }
        }
        return output
    }

    /// Weights HWC.
    public static func depthwise(
        _ input: [Float], weights: [Float], bias: [Float], geometry g: ConvolutionGeometry,
        activation: (lower: Float, upper: Float)
    ) -> [Float] {
        WorkCounter.callsReference.add(1)
        return (0..<g.outputCount).map { index in
            let (row, c) = (index / g.outputChannels, index % g.outputChannels)
            var sum = Double(bias[c])
            for tap in 0..<g.taps {
                guard let pixel = pixel(row: row, tap: tap, g) else { continue }
                sum += Double(input[pixel * g.inputChannels + c]) * Double(weights[tap * g.inputChannels + c])
            }
            return min(max(Float(sum), activation.lower), activation.upper)
        }
    }

    /// Mean or maximum of the elements inside the image.
    public static func pool(_ input: [Float], geometry g: ConvolutionGeometry, maximum: Bool) -> [Float] {
        WorkCounter.callsReference.add(1)
        return (0..<g.outputCount).map { index in
            let (row, c) = (index / g.outputChannels, index % g.outputChannels)
            let values = (0..<g.taps).compactMap { tap in
                pixel(row: row, tap: tap, g).map { Double(input[$0 * g.inputChannels + c]) }
            }
            return Float(maximum ? values.max()! : values.reduce(0, +) / Double(values.count))
        }
    }

    /// The input pixel behind a tap of an output row, or nil outside the image.
    private static func pixel(row: Int, tap: Int, _ g: ConvolutionGeometry) -> Int? {
        let x = row % g.outputWidth * g.stride - g.padLeft + tap % g.kernelWidth
        let y = row / g.outputWidth % g.outputHeight * g.stride - g.padTop + tap / g.kernelWidth
        let image = row / (g.outputWidth * g.outputHeight)
        guard x >= 0, x < g.inputWidth, y >= 0, y < g.inputHeight else { return nil }
        return (image * g.inputHeight + y) * g.inputWidth + x
    }
}
