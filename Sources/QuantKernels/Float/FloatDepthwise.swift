internal import CKernels

/// Depthwise convolution in float32, multiplier 1: blocks of channels, a row of output pixels at a time.
public final class FloatDepthwise: Operator, @unchecked Sendable {
    public let geometry: ConvolutionGeometry
    private let kernel: ck_kernel
    private let weights: AlignedBuffer
    private let bias: AlignedBuffer
    private let bounds: (lower: Float, upper: Float)
    private let zeroPixel: AlignedBuffer
    private let pointers: [AlignedBuffer]
    private nonisolated(unsafe) var input: UnsafePointer<Float>?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<Float>?

    /// Pixels per micro-kernel call.
    private static let pixels = 16

    /// - Parameter weights: HWC.
    /// - Throws: `KernelError.shape`.
    public init(
        name: String, geometry: ConvolutionGeometry, weights: [Float], bias: [Float],
        activation: (lower: Float, upper: Float), registry: KernelRegistry, threads: Int
    ) throws(KernelError) {
        try geometry.validate(name)
        let channels = geometry.inputChannels
        let taps = geometry.taps
        guard channels == geometry.outputChannels, weights.count == channels * taps, bias.count == channels else {
            throw .shape("\(name): \(weights.count) weights and \(bias.count) biases for \(geometry)")
        }
        kernel = registry.best(.floatDepthwise)
        self.geometry = geometry
        self.weights = AlignedBuffer(weights)
        self.bias = AlignedBuffer(bias)
        bounds = activation
        zeroPixel = AlignedBuffer(count: channels * 4)
        pointers = (0..<threads).map { _ in
            AlignedBuffer(count: Self.pixels * taps * MemoryLayout<UnsafeRawPointer>.stride)
        }
        super.init(name: name, path: kernel.set, outputCount: geometry.outputCount)
        microKernels = [kernel.title]
        packedBytes = self.weights.count + self.bias.count
        WorkCounter.bytesPacked.add(packedBytes)
    }

    /// Sets the tensors that `run` reads and writes: `geometry.inputCount` and `.outputCount` floats.
    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        self.input = input.assumingMemoryBound(to: Float.self)
        self.output = output.assumingMemoryBound(to: Float.self)
    }

    public override func parts(for threads: Int) -> Int {
        Self.parts(for: threads, grains: geometry.outputCount * geometry.taps / Self.grainMacs)
    }

    /// About 10 µs.
    private static let grainMacs = 1 << 17

    public override func run(_ part: Part) {
        let channels = geometry.inputChannels
        var outputs = 0
        var calls = 0
        if geometry.hasRowWindow, let rowKernel = kernel.float_depthwise_row {
            // A row of pixels of a block of channels is the unit that is shared out: a few rows would not divide evenly.
            let block = Int(kernel.columns)
            let blocks = (channels + block - 1) / block
            let units = part.share(of: geometry.batch * geometry.outputHeight * blocks)
            var row = prepareRow()
            for unit in units {
                let y = unit / blocks
                row.first = unit % blocks * block
                row.channels = min(block, channels - row.first)
                geometry.move(&row.window, toRow: y, input: bytes, pixelBytes: channels * 4)
                row.out = output! + y * geometry.outputWidth * channels
                rowKernel(&row)
                outputs += geometry.outputWidth * row.channels
            }
            calls = units.count
        } else {
            let rows = part.share(of: geometry.rows)
            outputs = rows.count * channels
            calls = runAnyWindow(rows, pointers[part.seat])
        }
        WorkCounter.macs.add(outputs * geometry.taps)
        WorkCounter.calls(path).add(calls)
    }

    private var bytes: UnsafePointer<UInt8> { UnsafeRawPointer(input!).assumingMemoryBound(to: UInt8.self) }

    /// What all rows share.
    private func prepareRow() -> ck_float_depthwise_row {
        var row = ck_float_depthwise_row()
        row.window = geometry.rowWindow(padding: UnsafePointer(zeroPixel.pointer(UInt8.self)))
        row.total = geometry.inputChannels
        row.w = UnsafePointer(weights.pointer(Float.self))
        row.bias = UnsafePointer(bias.pointer(Float.self))
        row.out_stride = geometry.outputChannels
        (row.lower, row.upper) = bounds
        return row
    }

    /// Pixels are reached through pointers. Returns the number of calls.
    private func runAnyWindow(_ rows: Range<Int>, _ scratch: AlignedBuffer) -> Int {
        let channels = geometry.inputChannels
        var work = ck_float_depthwise()
        work.channels = channels
        work.taps = geometry.taps
        work.a = UnsafePointer(scratch.pointer(UnsafePointer<Float>?.self))
        work.w = UnsafePointer(weights.pointer(Float.self))
        work.bias = UnsafePointer(bias.pointer(Float.self))
        work.out_stride = channels
        (work.lower, work.upper) = bounds
        var calls = 0
        var window = geometry.window(elementBytes: 4)
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.pixels) {
            work.pixels = min(Self.pixels, rows.upperBound - row)
            ck_window_pointers(
                &window, row, work.pixels, bytes, UnsafePointer(zeroPixel.pointer(UInt8.self)), 1, scratch.pointer())
            work.out = output! + row * channels
            kernel.float_depthwise(&work)
            calls += 1
        }
        return calls
    }
}
