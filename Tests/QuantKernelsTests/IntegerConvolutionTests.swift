import QuantKernels
import Quantization
import Testing

/// Every integer path equals the reference bit for bit. Buffers stand between guard pages.
@Suite struct IntegerConvolutionTests {
    @Test func productsEqualTheReference() throws {
        try check(.convolution, seed: 1, count: 4000) { Shapes.products($0, using: &$1) }
    }

    @Test func convolutionsEqualTheReference() throws {
        try check(.convolution, seed: 2, count: 2500) {
            Shapes.spatial(
                $0, channels: Array(1...10) + [16, 17, 32], outputChannels: [1, 3, 8, 9, 16, 17, 33, 63, 64, 65],
                using: &$1)
        }
    }

    @Test func depthwiseEqualsTheReference() throws {
        try check(.depthwise, seed: 3, count: 4000) {
            Shapes.spatial($0, channels: Shapes.channels, outputChannels: nil, using: &$1)
        }
    }

    /// Windows, strides and paddings may differ in height and width.
    @Test func asymmetricWindowsEqualTheReference() throws {
        try check(.convolution, seed: 4, count: 400) { count, generator in
            let kernels = generator.draws(count, of: [(1, 3), (3, 1), (2, 5), (5, 2)])
            let channels = generator.draws(count, of: [1, 3, 4, 8])
            return (0..<count).map {
                let (height, width) = kernels[$0]
                return ConvolutionGeometry(
                    batch: 2, input: (6, 7, channels[$0]), kernel: (height, width),
                    padding: (height / 2, width / 2),
                    output: (6 + height / 2 * 2 - height + 1, 7 + width / 2 * 2 - width + 1, 19))
            }
        }
    }

    private func check(
        _ kind: IntegerLayer.Kind, seed: UInt64, count: Int,
        geometries: (Int, inout SplitMix64) -> [ConvolutionGeometry]
    ) throws {
        let kinds = kind == .convolution ? Kinds.product : Kinds.depthwise
        let variants = try KernelVariant.all(kinds)
        var generator = SplitMix64(seed: seed)
        var coverage = Coverage()
        let shapes = geometries(count, &generator)
        let numerics = try LayerNumerics.draw(count, using: &generator)
        let parts = generator.draws(count, of: [1, 1, 2, 3, 5])
        let placements = generator.draws(count, of: GuardedBuffer.Placement.allCases)
        for index in 0..<count {
            let layer = try IntegerLayer(kind, shapes[index], numerics[index], using: &generator)
            try layer.check(variants, parts: parts[index], placements[index], &coverage)
        }
        coverage.expectComplete(kinds)
    }
}
