internal import QuantKernels
internal import Quantization

/// What the weights of each layer are multiplied by on calibration images: means, and products of pairs, over all windows of
/// all images. Zeros of the padding count.
public struct InputStatistics: Sendable {
    /// By the name of the node.
    public let layers: [String: Moments]

    public struct Moments: Sendable {
        /// E[x], in the order of one channel's weights; depthwise: of all weights, taps × channels.
        public let mean: [Float]
        /// H = E[x·xᵀ], such a row by such a row; depthwise: taps × taps for each channel. Empty unless asked for.
        public let products: [Float]
    }

    /// - Parameters:
    ///   - products: whether to gather H, too: a row's length squared per layer.
    ///   - load: as `Calibration`'s.
    /// - Throws: `QuantizationError.nothingObserved` without images.
    public init(
        _ executor: FloatExecutor, images: Int, products: Bool,
        load: (_ range: Range<Int>, _ input: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws {
        guard images > 0 else { throw QuantizationError.nothingObserved }
        let network = executor.network
        var readers: [Int: [(name: String, sums: WindowSums)]] = [:]
        for node in network.nodes where node.operation.weightAxis != nil {
            readers[node.inputs[0], default: []].append((node.name, WindowSums(network, node, products: products)))
        }
        executor.watch(images: images, load: load) { tensor, values, count in
            for (_, sums) in readers[tensor] ?? [] { sums.add(values, images: count) }
        }
        layers = Dictionary(uniqueKeysWithValues: readers.values.joined().map { ($0.name, $0.sums.moments) })
    }
}

/// Sums over the windows of a layer. In float within a batch, where terms are alike in size; in double from batch to batch.
private final class WindowSums {
    private let geometry: ConvolutionGeometry
    private let isDepthwise: Bool
    /// Elements of a window: taps × input channels.
    private let depth: Int
    private let windows: UnsafeMutablePointer<Float>
    private let batchProducts: UnsafeMutablePointer<Float>
    private let productCount: Int
    private var mean: [Double]
    private var products: [Double]
    private var count = 0

    init(_ network: Network, _ node: Network.Node, products: Bool) {
        switch node.operation {
        case .conv2d(let window, _, _, _), .depthwiseConv2d(let window, _, _):
            geometry = network.geometry(node, window: window, batch: 1)
        default:
            geometry = .product(rows: 1, depth: network.shape(of: node.inputs[0]).count, columns: 1)
        }
        isDepthwise = node.operation.weightAxis == .innermost
        depth = geometry.taps * geometry.inputChannels
        productCount = !products ? 0 : isDepthwise ? depth * geometry.taps : depth * depth
        windows = .allocate(capacity: geometry.rows * depth)
        batchProducts = .allocate(capacity: max(productCount, 1))
        mean = Array(repeating: 0, count: depth)
        self.products = Array(repeating: 0, count: productCount)
    }

    deinit {
        windows.deallocate()
        batchProducts.deallocate()
    }

    func add(_ values: UnsafeBufferPointer<Float>, images: Int) {
        batchProducts.update(repeating: 0, count: productCount)
        for image in 0..<images {
            gather(values.baseAddress! + image * geometry.inputCount)
            for row in 0..<geometry.rows {
                for index in 0..<depth { mean[index] += Double(windows[row * depth + index]) }
            }
            guard productCount > 0 else { continue }
            if isDepthwise { addDepthwiseProducts() } else { addProducts() }
        }
        for index in 0..<productCount { products[index] += Double(batchProducts[index]) }
        count += images * geometry.rows
    }

    /// Writes the windows of one image, a row each, with zeros for the padding.
    private func gather(_ image: UnsafePointer<Float>) {
        let channels = geometry.inputChannels
        var place = windows
        for y in 0..<geometry.outputHeight {
            for x in 0..<geometry.outputWidth {
                for tap in 0..<geometry.taps {
                    let row = y * geometry.stride + tap / geometry.kernelWidth - geometry.padTop
                    let column = x * geometry.stride + tap % geometry.kernelWidth - geometry.padLeft
                    if (0..<geometry.inputHeight).contains(row), (0..<geometry.inputWidth).contains(column) {
                        place.update(
                            from: image + (row * geometry.inputWidth + column) * channels, count: channels)
                    } else {
                        place.update(repeating: 0, count: channels)
                    }
                    place += channels
                }
            }
        }
    }

    /// The upper triangle of Σ x·xᵀ. A rectified input is 0 half of the time: those rows are left out.
    private func addProducts() {
        for left in 0..<depth {
            let sums = batchProducts + left * depth
            for row in 0..<geometry.rows {
                let window = windows + row * depth
                let value = window[left]
                if value != 0 { for right in left..<depth { sums[right] += value * window[right] } }
            }
        }
    }

    /// Σ x·xᵀ among the taps, one channel beside the other: taps × taps × channels.
    private func addDepthwiseProducts() {
        let (taps, channels) = (geometry.taps, geometry.inputChannels)
        for left in 0..<taps {
            for right in 0..<taps {
                let sums = batchProducts + (left * taps + right) * channels
                for row in 0..<geometry.rows {
                    let (a, b) = (windows + row * depth + left * channels, windows + row * depth + right * channels)
                    for channel in 0..<channels { sums[channel] += a[channel] * b[channel] }
                }
            }
        }
    }

    var moments: InputStatistics.Moments {
        let scale = 1 / Double(count)
        var matrix: [Float] = []
        if productCount > 0, isDepthwise {
            let (taps, channels) = (geometry.taps, geometry.inputChannels)
            matrix = (0..<productCount).map { index in
                Float(scale * products[index % (taps * taps) * channels + index / (taps * taps)])
            }
        } else if productCount > 0 {
            matrix = (0..<productCount).map { index in
                let (row, column) = (index / depth, index % depth)
                return Float(scale * products[min(row, column) * depth + max(row, column)])
            }
        }
        return InputStatistics.Moments(mean: mean.map { Float($0 * scale) }, products: matrix)
    }
}
