import QuantKernels

/// The shapes that the tests draw from: 1…10, tiles ± 1, powers of two ± 1, deep and skinny.
enum Shapes {
    static let rows = Array(1...13)
    static let columns = Array(1...10) + [15, 16, 17, 63, 64, 65, 127, 128, 129]
    static let depths = Array(1...10) + [63, 64, 65, 255, 256, 257]
    static let channels = Array(1...10) + [15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129]
    static let sizes = Array(1...10) + [14, 15]

    /// A window, its stride and how the output's extent follows from the input's.
    struct Window: CustomStringConvertible, Sendable {
        enum Padding: Sendable {
            case same, valid
            /// The same number of pixels on each side, as ResNet's definition in PyTorch has it.
            case each(Int)
        }

        let kernel: Int
        let stride: Int
        let padding: Padding

        init(_ kernel: Int, stride: Int, _ padding: Padding) {
            (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
        }

        var description: String { "\(kernel)×\(kernel) stride \(stride) \(padding)" }

        func geometry(batch: Int, height: Int, width: Int, channels: Int, outputChannels: Int) -> ConvolutionGeometry {
            let pad: Int
            switch padding {
            case .same:
                return .same(
                    batch: batch, height: height, width: width, channels: channels, kernel: kernel, stride: stride,
                    outputChannels: outputChannels)
            case .valid: pad = 0
            case .each(let amount): pad = amount
            }
            // A window that does not fit would have no output at all.
            let height = max(height, kernel - 2 * pad)
            let width = max(width, kernel - 2 * pad)
            return ConvolutionGeometry(
                batch: batch, input: (height, width, channels), kernel: (kernel, kernel), stride: stride,
                padding: (pad, pad),
                output: (
                    (height + 2 * pad - kernel) / stride + 1, (width + 2 * pad - kernel) / stride + 1, outputChannels
                ))
        }
    }

    /// Every window, stride and padding of MobileNet and ResNet, and a few more.
    static let windows = [
        Window(1, stride: 1, .valid), Window(1, stride: 2, .valid), Window(1, stride: 2, .same),
        Window(2, stride: 1, .same), Window(2, stride: 2, .valid),
        Window(3, stride: 1, .same), Window(3, stride: 2, .same), Window(3, stride: 1, .valid),
        Window(3, stride: 2, .valid), Window(3, stride: 1, .each(1)), Window(3, stride: 2, .each(1)),
        Window(5, stride: 1, .same), Window(5, stride: 2, .each(2)),
        Window(7, stride: 2, .same), Window(7, stride: 2, .each(3)), Window(7, stride: 1, .valid),
    ]

    /// `count` geometries that use every window, batch, size and number of channels.
    static func spatial(
        _ count: Int, channels: [Int], outputChannels: [Int]?, using generator: inout SplitMix64
    ) -> [ConvolutionGeometry] {
        let windows = generator.draws(count, of: windows)
        let batches = generator.draws(count, of: [1, 2, 3])
        let heights = generator.draws(count, of: sizes)
        let widths = generator.draws(count, of: sizes)
        let channels = generator.draws(count, of: channels)
        let outputs = outputChannels.map { generator.draws(count, of: $0) } ?? channels
        return (0..<count).map {
            windows[$0].geometry(
                batch: batches[$0], height: heights[$0], width: widths[$0], channels: channels[$0],
                outputChannels: outputs[$0])
        }
    }

    /// `count` matrix products that use every number of rows, columns and depth.
    static func products(_ count: Int, using generator: inout SplitMix64) -> [ConvolutionGeometry] {
        let rows = generator.draws(count, of: rows)
        let depths = generator.draws(count, of: depths)
        let columns = generator.draws(count, of: columns)
        return (0..<count).map { .product(rows: rows[$0], depth: depths[$0], columns: columns[$0]) }
    }
}
