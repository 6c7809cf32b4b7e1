internal import Quantization

/// Evens out the ranges of channels between a layer and the one that reads it, so that one scale per tensor serves them all
/// (Nagel et al. 2019, arXiv:1906.04721, §4.1).
///
/// For every channel c of a tensor that one layer writes and a single other reads, f(s·x) = s·f(x) holds for ReLU and s > 0,
/// so W₁ ← W₁/s, b₁ ← b₁/s, W₂ ← W₂·s changes nothing; s_c = √(r₁/r₂) with r the largest magnitude of the channel's weights in
/// either layer. Chains of layers are swept until nothing moves. Pools between the two layers pass the factor on.
///
/// ReLU6 would have to end at 6/s_c, a bound for each channel, which no executor has; the paper puts ReLU in its place, which
/// changes what the network computes. Here it stays, and a channel is scaled only as far as its largest value on calibration
/// images stays below 6: one that reaches 6 is left alone. The function is then the same wherever no value exceeds the
/// calibration's.
public enum CrossLayerEqualization {
    /// Ends when no factor of a sweep is further from 1 than this, or after so many sweeps.
    private static let tolerance = 1e-3
    private static let sweeps = 50

    /// A layer that writes a tensor and the one that reads it.
    private struct Pair {
        let first: Network.Node
        let second: Network.Node
        /// The first one's output.
        let tensor: Int
    }

    /// - Parameter peaks: of the same network and layers.
    /// - Returns: the equalized layers of the network.
    /// - Throws: `NetworkError.missingLayer`.
    public static func apply(
        _ network: Network, _ parameters: any FoldedLayers, peaks: ChannelPeaks
    ) throws(NetworkError) -> FoldedParameters {
        var layers: FoldedParameters = [:]
        for node in network.nodes where node.operation.weightAxis != nil {
            guard let layer = parameters[node.name] else {
                throw .missingLayer(node.name, network: network.name)
            }
            layers[node.name] = layer
        }
        let pairs = pairs(in: network)
        var peaks = peaks.values
        for _ in 0..<sweeps {
            var largest = 0.0
            for pair in pairs {
                for factor in equalize(pair, &layers, &peaks[pair.tensor]) { largest = max(largest, abs(factor - 1)) }
            }
            if largest < tolerance { break }
        }
        return layers
    }

    /// Layers between which nothing but pools stands, and whose tensors nobody else reads.
    private static func pairs(in network: Network) -> [Pair] {
        var readers = [[Int]](repeating: [], count: network.last + 1)
        for (index, node) in network.nodes.enumerated() { for tensor in node.inputs { readers[tensor].append(index) } }
        return network.nodes.indices.compactMap { first in
            guard network.nodes[first].operation.weightAxis != nil else { return nil }
            var tensor = first + 1
            while readers[tensor].count == 1, case let reader = readers[tensor][0] {
                switch network.nodes[reader].operation {
                case .averagePool, .maxPool: tensor = reader + 1
                case .conv2d, .depthwiseConv2d, .fullyConnected:
                    return Pair(first: network.nodes[first], second: network.nodes[reader], tensor: first + 1)
                default: return nil
                }
            }
            return nil
        }
    }

    /// Equalizes one pair; returns the factors.
    private static func equalize(
        _ pair: Pair, _ layers: inout FoldedParameters, _ peaks: inout [Double]
    ) -> [Double] {
        let channels = pair.first.output.channels
        let axis = pair.first.operation.weightAxis!
        let upper = Double(pair.first.operation.activation.bounds.upper)
        var (writer, reader) = (layers[pair.first.name]!, layers[pair.second.name]!)
        let count = writer.weight.count
        let written = ranges(writer.weight, channels) { axis.channel(ofElement: $0, of: count, channels: channels) }
        // OHWI, HWC and the flattened input of a fully connected layer all end with the input channel.
        let read = ranges(reader.weight, channels) { $0 % channels }
        let factors = (0..<channels).map { channel in
            equalizationFactor(
                first: written[channel], second: read[channel], bias: abs(Double(writer.bias[channel])),
                room: peaks[channel] > 0 ? upper / peaks[channel] : .infinity)
        }
        for index in writer.weight.indices {
            let channel = axis.channel(ofElement: index, of: count, channels: channels)
            writer.weight[index] = Float(Double(writer.weight[index]) / factors[channel])
        }
        for channel in 0..<channels {
            writer.bias[channel] = Float(Double(writer.bias[channel]) / factors[channel])
            peaks[channel] /= factors[channel]
        }
        for index in reader.weight.indices {
            reader.weight[index] = Float(Double(reader.weight[index]) * factors[index % channels])
        }
        (layers[pair.first.name], layers[pair.second.name]) = (writer, reader)
        return factors
    }

    /// Largest magnitude of each channel.
    private static func ranges(_ weights: [Float], _ channels: Int, _ channel: (Int) -> Int) -> [Double] {
        var ranges = [Double](repeating: 0, count: channels)
        for (index, weight) in weights.enumerated() {
            let channel = channel(index)
            ranges[channel] = max(ranges[channel], Double(abs(weight)))
        }
        return ranges
    }
}

/// The largest value of each channel of each tensor on calibration images.
public struct ChannelPeaks: Sendable {
    /// By tensor, then by channel.
    public let values: [[Double]]

    /// - Parameter load: as `Calibration`'s.
    /// - Throws: `QuantizationError.nothingObserved` without images.
    public init(
        _ executor: FloatExecutor, images: Int,
        load: (_ range: Range<Int>, _ input: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws {
        guard images > 0 else { throw QuantizationError.nothingObserved }
        let network = executor.network
        var peaks = (0...network.last).map {
            [Float](repeating: -.greatestFiniteMagnitude, count: network.shape(of: $0).channels)
        }
        executor.watch(images: images, load: load) { tensor, values, _ in
            let channels = peaks[tensor].count
            peaks[tensor].withUnsafeMutableBufferPointer { peaks in
                for pixel in stride(from: 0, to: values.count, by: channels) {
                    for channel in 0..<channels { peaks[channel] = max(peaks[channel], values[pixel + channel]) }
                }
            }
        }
        values = peaks.map { $0.map(Double.init) }
    }
}
