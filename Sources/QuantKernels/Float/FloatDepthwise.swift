internal import CKernels

/// Depthwise convolution in float32, multiplier 1.
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

    public override func run(part: Int, of parts: Int) {
        let rows = Self.share(geometry.rows, part: part, of: parts)
        let channels = geometry.inputChannels
        let taps = geometry.taps
        let pointers = pointers[part].pointer(UnsafePointer<Float>?.self)
        let bytes = self.pointers[part].pointer(UnsafePointer<UInt8>?.self)
        let zero = zeroPixel.pointer(UInt8.self)
        let input = UnsafeRawPointer(input!).assumingMemoryBound(to: UInt8.self)
        let output = output!
        let run = kernel.float_depthwise!
        var work = ck_float_depthwise()
        work.channels = channels
        work.taps = taps
        work.a = UnsafePointer(pointers)
        work.w = UnsafePointer(weights.pointer(Float.self))
        work.bias = UnsafePointer(bias.pointer(Float.self))
        work.out_stride = channels
        (work.lower, work.upper) = bounds
        var calls = 0
        var window = geometry.window(elementBytes: 4)
        var row = rows.lowerBound
        while row < rows.upperBound {
            work.pixels = min(Self.pixels, rows.upperBound - row)
            ck_window_pointers(&window, row, work.pixels, input, zero, 1, bytes)
            work.out = output + row * channels
            run(&work)
            row += work.pixels
            calls += 1
        }
        WorkCounter.macs.add(rows.count * channels * taps)
        WorkCounter.calls(path).add(calls)
    }
}
