internal import CKernels
public import Quantization

/// Depthwise convolution on quantized tensors, multiplier 1: blocks of channels, a row of output pixels at a time.
public final class IntegerDepthwise: Operator, @unchecked Sendable {
    public let geometry: ConvolutionGeometry
    private let kernel: ck_kernel
    private let stage: OutputStage
    private let weights: AlignedBuffer
    /// The output stage's constants for the fused kernel; nil where accumulators go through memory.
    private let fused: AlignedBuffer?
    private let flip: Int32
    private let zeroPixel: AlignedBuffer
    private let scratch: [(pointers: AlignedBuffer, accumulators: AlignedBuffer)]
    private nonisolated(unsafe) var input: UnsafePointer<UInt8>?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<UInt8>?

    /// Pixels between two output stages: their accumulators (64 channels each) stay in the first-level cache.
    private static let pixels = 16

    /// - Parameters:
    ///   - weights: HWC.
    ///   - bias: int32 at scale S₁S₂; one per channel.
    /// - Throws: `KernelError.shape`, `QuantizationError.accumulatorOverflow`.
    public init(
        name: String, geometry: ConvolutionGeometry, weights: QuantizedWeights, bias: [Int32],
        input: QuantizationParameters, requantization: Requantization, registry: KernelRegistry, threads: Int
    ) throws {
        try geometry.validate(name)
        let channels = geometry.inputChannels
        let taps = geometry.taps
        guard
            channels == geometry.outputChannels, weights.values.count == channels * taps,
            weights.channels == channels, weights.axis == .innermost, bias.count == channels
        else {
            throw KernelError.shape(
                "\(name): \(weights.values.count) weights and \(bias.count) biases for \(geometry)")
        }
        try checkAccumulatorDepth(depth: taps, activationRange: input.range, weightRange: weights.range)
        let reach = try checkAccumulators(name, weights: weights, bias: bias, input: input)
        // w − Z₂ is packed, so that no sum over the activations is needed; affine weights may need nine bits for it and
        // then take the int16 kernels.
        let centred = weights.values.enumerated().map { index, value in
            value - Int16(weights.parameters(ofChannel: index % channels).zeroPoint)
        }
        let fits = centred.allSatisfy { (-128...127).contains($0) }
        let kernel = registry.best(.integerDepthwise) { fits || $0.weight_bytes == 2 }
        self.kernel = kernel
        self.geometry = geometry
        flip = input.flip
        self.weights = AlignedBuffer(count: kernel.pack_bytes(channels, taps))
        kernel.int_depthwise_pack(channels, taps, centred, self.weights.base)

        let zero = input.unsignedZeroPoint
        var folded = bias
        var multipliers: [Double] = []
        for channel in 0..<channels {
            let sum = (0..<taps).reduce(Int32(0)) { $0 + Int32(centred[$1 * channels + channel]) }
            folded[channel] = folded[channel] &- zero &* sum
            multipliers.append(input.scale * weights.parameters(ofChannel: channel).scale / requantization.output.scale)
        }
        stage = try OutputStage(
            bias: folded, multipliers: multipliers, weightZero: nil, reach: reach, requantization: requantization,
            registry: registry)
        if let pack = kernel.stage_pack, stage.c.pointee.narrow == 1 {
            let constants = AlignedBuffer(count: kernel.stage_bytes(channels))
            pack(channels, stage.c, constants.base)
            fused = constants
        } else {
            fused = nil
        }
        zeroPixel = AlignedBuffer([UInt8](repeating: UInt8(truncatingIfNeeded: input.zeroPoint), count: channels))
        scratch = (0..<threads).map { _ in
            (
                AlignedBuffer(count: Self.pixels * taps * MemoryLayout<UnsafeRawPointer>.stride),
                AlignedBuffer(count: Self.pixels * Int(kernel.columns) * 4)
            )
        }
        super.init(name: name, path: kernel.set, outputCount: geometry.outputCount)
        microKernels = [kernel.title, stage.title]
        packedBytes = self.weights.count + stage.bytes + (fused?.count ?? 0)
        WorkCounter.bytesPacked.add(packedBytes)
    }

    /// Sets the tensors that `run` reads and writes: `geometry.inputCount` and `.outputCount` bytes.
    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        self.input = input.assumingMemoryBound(to: UInt8.self)
        self.output = output.assumingMemoryBound(to: UInt8.self)
    }

    public override func run(part: Int, of parts: Int) {
        let rows = Self.share(geometry.rows, part: part, of: parts)
        let channels = geometry.inputChannels
        let block = Int(kernel.columns)
        let taps = geometry.taps
        let pointers = scratch[part].pointers.pointer(UnsafePointer<UInt8>?.self)
        let zero = UnsafePointer(zeroPixel.pointer(UInt8.self))
        let input = input!
        let output = output!
        let run = kernel.int_depthwise!
        let requantize = stage.function
        let constants = stage.c
        var work = ck_int_depthwise()
        work.taps = taps
        work.total = channels
        work.a = UnsafePointer(pointers)
        work.w = UnsafeRawPointer(weights.base)
        work.acc = scratch[part].accumulators.pointer(Int32.self)
        work.flip = flip
        let accumulators = work.acc!
        var calls = 0
        var window = geometry.window(elementBytes: 1)
        var row = rows.lowerBound
        while row < rows.upperBound {
            let pixels = min(Self.pixels, rows.upperBound - row)
            ck_window_pointers(&window, row, pixels, input, zero, 1, pointers)
            work.pixels = pixels
            var first = 0
            while first < channels {
                work.first = first
                work.channels = min(block, channels - first)
                let target = output + row * channels + first
                if let fused {
                    kernel.int_depthwise_fused(&work, constants, fused.base, target, channels)
                } else {
                    run(&work)
                    requantize(
                        pixels, work.channels, accumulators, block, nil, constants, first, target, channels)
                }
                first += block
                calls += 1
            }
            row += pixels
        }
        WorkCounter.macs.add(rows.count * channels * taps)
        WorkCounter.elementsRequantized.add(rows.count * channels)
        WorkCounter.calls(path).add(calls)
    }
}
