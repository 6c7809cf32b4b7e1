internal import QuantKernels
internal import Quantization

/// What quantization after training learns from the inputs of a layer.
extension InputStatistics.Moments {
    /// b ← b − (Q(W) − W)·E[x]: the mean of the output is as before (Nagel et al. 2019, arXiv:1906.04721, §4.2; the means are
    /// those of calibration images).
    func correctedBias(of layer: FoldedLayer, _ quantized: QuantizedWeights) -> [Float] {
        let channels = layer.bias.count
        var shift = [Double](repeating: 0, count: channels)
        for (index, weight) in layer.weight.enumerated() {
            let channel = quantized.axis.channel(ofElement: index, of: layer.weight.count, channels: channels)
            let error = quantized.parameters(ofChannel: channel).dequantize(Int32(quantized.values[index])) - weight
            // Depthwise weights have a mean each; otherwise all channels read the same window.
            shift[channel] += Double(error) * Double(mean[index % mean.count])
        }
        return zip(layer.bias, shift).map { Float(Double($0) - $1) }
    }

    /// The weights rounded up or down by AdaRound, the products by the kernels of inference.
    ///
    /// - Throws: `KernelError`.
    func rounded(
        _ name: String, _ layer: FoldedLayer, _ nearest: QuantizedWeights, _ rounding: AdaptiveRounding
    ) throws -> QuantizedWeights {
        let channels = layer.bias.count
        let depth = layer.weight.count / channels
        guard nearest.axis == .outermost else {
            return rounding.round(
                layer.weight, nearest: nearest,
                meanSquares: (0..<channels).map { meanSquare(products[($0 * depth * depth)...], depth) }
            ) { errors, results in
                for channel in 0..<channels {
                    for tap in 0..<depth {
                        let row = (channel * depth + tap) * depth
                        var sum: Float = 0
                        for other in 0..<depth { sum += errors[channel * depth + other] * products[row + other] }
                        results[channel * depth + tap] = sum
                    }
                }
            }
        }
        let pool = ThreadPool(threads: 1)
        let product = try FloatConvolution(
            name: "\(name)/adaround", geometry: .product(rows: channels, depth: depth, columns: depth),
            weights: products,
            bias: Array(repeating: 0, count: depth), activation: (-.infinity, .infinity), registry: KernelRegistry(),
            threads: pool.threads)
        let mean = meanSquare(products[...], depth)
        return rounding.round(
            layer.weight, nearest: nearest, meanSquares: Array(repeating: mean, count: channels)
        ) { errors, results in
            product.bind(
                input: UnsafeRawPointer(errors.baseAddress!), output: UnsafeMutableRawPointer(results.baseAddress!))
            pool.run(product)
        }
    }

    /// Mean of the diagonal of a `depth` × `depth` matrix.
    private func meanSquare(_ matrix: ArraySlice<Float>, _ depth: Int) -> Float {
        (0..<depth).reduce(0) { $0 + matrix[matrix.startIndex + $1 * (depth + 1)] } / Float(depth)
    }
}
