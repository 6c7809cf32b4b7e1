internal import CKernels

/// Shapes of a convolution, depthwise convolution or pool: NHWC in and out.
public struct ConvolutionGeometry: Sendable, Hashable {
    public var batch = 1
    public var inputHeight: Int
    public var inputWidth: Int
    public var inputChannels: Int
    public var kernelHeight: Int
    public var kernelWidth: Int
    public var stride: Int
    public var padTop: Int
    public var padLeft: Int
    public var outputHeight: Int
    public var outputWidth: Int
    public var outputChannels: Int

    public init(
        batch: Int = 1, input: (height: Int, width: Int, channels: Int), kernel: (height: Int, width: Int),
        stride: Int = 1,
        padding: (top: Int, left: Int) = (0, 0), output: (height: Int, width: Int, channels: Int)
    ) {
        self.batch = batch
        (inputHeight, inputWidth, inputChannels) = input
        (kernelHeight, kernelWidth) = kernel
        self.stride = stride
        (padTop, padLeft) = padding
        (outputHeight, outputWidth, outputChannels) = output
    }

    /// SAME padding: output ⌈n/s⌉, the smaller half of the padding first.
    public static func same(
        batch: Int = 1, height: Int, width: Int, channels: Int, kernel: Int, stride: Int, outputChannels: Int
    ) -> ConvolutionGeometry {
        let (h, w) = ((height + stride - 1) / stride, (width + stride - 1) / stride)
        return ConvolutionGeometry(
            batch: batch, input: (height, width, channels), kernel: (kernel, kernel), stride: stride,
            padding: (
                max((h - 1) * stride + kernel - height, 0) / 2, max((w - 1) * stride + kernel - width, 0) / 2
            ),
            output: (h, w, outputChannels))
    }

    /// A matrix product [rows × depth]·[depth × columns] as a 1×1 convolution.
    public static func product(rows: Int, depth: Int, columns: Int) -> ConvolutionGeometry {
        ConvolutionGeometry(input: (rows, 1, depth), kernel: (1, 1), output: (rows, 1, columns))
    }

    public var taps: Int { kernelHeight * kernelWidth }
    /// Output positions of all images.
    public var rows: Int { batch * outputHeight * outputWidth }
    public var inputCount: Int { batch * inputHeight * inputWidth * inputChannels }
    public var outputCount: Int { rows * outputChannels }
    /// Multiply-accumulates of a convolution that is not depthwise, those on padding included.
    public var macs: Int { outputCount * taps * inputChannels }
    /// Whether row r of the output reads exactly row r of the input.
    public var isPointwise: Bool {
        taps == 1 && stride == 1 && padTop == 0 && padLeft == 0 && outputHeight == inputHeight
            && outputWidth == inputWidth
    }

    /// The channels whose weights these panels hold, of `width` columns each; the last one may be narrower.
    func outputChannels(ofPanels panels: Range<Int>, width: Int) -> Range<Int> {
        panels.lowerBound * width..<min(panels.upperBound * width, outputChannels)
    }

    /// Bytes of activations that each further row of a product brings into the cache: where windows overlap, less than it reads.
    func bytesPerRow(_ walk: WindowWalk, elementBytes: Int) -> Int {
        walk.isByRow ? walk.steps * walk.readDepth * elementBytes : (inputCount * elementBytes + rows - 1) / rows
    }

    /// How a product walks through a window: tap by tap, or row by row where the pixels are so short that the pointers would
    /// cost more than the products. A row's pixels lie side by side in memory.
    ///
    /// - Parameters:
    ///   - elementBytes: bytes of an activation.
    ///   - unit: elements of depth that the micro-kernel takes at a time.
    func walk(elementBytes: Int, unit: Int) -> WindowWalk {
        let isShort = inputChannels % unit != 0 || inputChannels * elementBytes < 32
        guard kernelWidth > 1, isShort else {
            return WindowWalk(isByRow: false, steps: taps, depth: inputChannels, unit: unit)
        }
        return WindowWalk(isByRow: true, steps: kernelHeight, depth: kernelWidth * inputChannels, unit: unit)
    }

    /// Whether some tap of some output position falls outside the image.
    public var hasPadding: Bool {
        padTop > 0 || padLeft > 0
            || (outputHeight - 1) * stride + kernelHeight - padTop > inputHeight
            || (outputWidth - 1) * stride + kernelWidth - padLeft > inputWidth
    }

    /// Most elements of a tensor, and the largest extent: sizes in bytes and positions then stay far inside Int.
    private static let largestCount = 1 << 40

    /// Whether the tensors and a channel's window are small enough to be addressed.
    private var isAddressable: Bool {
        let tensors = [
            [batch, inputHeight, inputWidth, inputChannels], [batch, outputHeight, outputWidth, outputChannels],
            [kernelHeight, kernelWidth, inputChannels, outputChannels],
        ]
        let fit = tensors.allSatisfy { extents in
            var count = 1
            for extent in extents {
                if extent > Self.largestCount / count { return false }
                count *= extent
            }
            return true
        }
        return fit && stride <= 1 << 20
    }

    /// - Throws: `shape` if an extent is not positive, a tensor is too large to address, or some window lies wholly outside
    ///   the image.
    public func validate(_ name: String) throws(KernelError) {
        let extents = [
            batch, inputHeight, inputWidth, inputChannels, kernelHeight, kernelWidth, stride, outputHeight, outputWidth,
            outputChannels,
        ]
        guard extents.allSatisfy({ $0 > 0 }), padTop >= 0, padLeft >= 0, padTop < kernelHeight, padLeft < kernelWidth
        else { throw .shape("\(name): extents must be positive and padding smaller than the kernel: \(self)") }
        guard isAddressable else { throw .shape("\(name): tensors too large: \(self)") }
        guard (outputHeight - 1) * stride - padTop < inputHeight, (outputWidth - 1) * stride - padLeft < inputWidth
        else { throw .shape("\(name): the last window lies outside the image: \(self)") }
    }
}

/// The steps of a window, `steps` pointers to `depth` elements each.
struct WindowWalk: Sendable {
    let isByRow: Bool
    let steps: Int
    let depth: Int
    /// What the micro-kernel reads of a step: by row, whole depth groups, whose last weights may be zeros.
    let readDepth: Int

    init(isByRow: Bool, steps: Int, depth: Int, unit: Int) {
        (self.isByRow, self.steps, self.depth) = (isByRow, steps, depth)
        readDepth = isByRow ? (depth + unit - 1) / unit * unit : depth
    }
}

/// An output position that walks through rows of an image batch without divisions.
struct OutputPosition {
    var image: Int
    var y: Int
    var x: Int

    init(row: Int, of geometry: ConvolutionGeometry) {
        x = row % geometry.outputWidth
        let rest = row / geometry.outputWidth
        y = rest % geometry.outputHeight
        image = rest / geometry.outputHeight
    }

    mutating func advance(in geometry: ConvolutionGeometry) {
        x += 1
        if x == geometry.outputWidth {
            (x, y) = (0, y + 1)
            if y == geometry.outputHeight { (y, image) = (0, image + 1) }
        }
    }
}

extension ConvolutionGeometry {
    /// The window as the C kernels take it.
    func window(elementBytes: Int) -> ck_window {
        ck_window(
            input_height: inputHeight, input_width: inputWidth, pixel_bytes: inputChannels * elementBytes,
            kernel_height: kernelHeight, kernel_width: kernelWidth, stride: stride, pad_top: padTop, pad_left: padLeft,
            output_height: outputHeight, output_width: outputWidth)
    }
}
