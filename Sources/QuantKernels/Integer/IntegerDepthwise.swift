internal import CKernels
public import Quantization

/// Depthwise convolution on quantized tensors, multiplier 1: blocks of channels, a row of output pixels at a time.
public final class IntegerDepthwise: Operator, @unchecked Sendable {
    public let geometry: ConvolutionGeometry
    private let kernel: ck_kernel
    private let stage: OutputStage
    private let weights: AlignedBuffer
    /// Of the row kernels on int8 weights: those of nine bits are `weights` + 2·`halves`.
    private let halves: AlignedBuffer?
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
        // w − Z₂ is packed, so that no sum over the activations is needed.
        let centred = weights.values.enumerated().map { index, value in
            value - Int16(weights.parameters(ofChannel: index % channels).zeroPoint)
        }
        flip = input.flip
        let zero = input.unsignedZeroPoint
        var folded = bias
        var multipliers: [Double] = []
        for channel in 0..<channels {
            let sum = (0..<taps).reduce(Int32(0)) { $0 + Int32(centred[$1 * channels + channel]) }
            folded[channel] = folded[channel] &- zero &* sum
            multipliers.append(input.scale * weights.parameters(ofChannel: channel).scale / requantization.output.scale)
        }
        let stage = try OutputStage(
            bias: folded, multipliers: multipliers, weightZero: nil, reach: reach, requantization: requantization,
            registry: registry)
        // Affine weights may need nine bits: row kernels take them in two pieces, other windows go to the int16 kernels.
        let fits = centred.allSatisfy { (-128...127).contains($0) }
        let isByRow = geometry.hasRowWindow && stage.isFusable
        let kernel = registry.best(.integerDepthwise) {
            fits || $0.weight_bytes == 2 || (isByRow && $0.int_depthwise_row != nil)
        }
        fused = isByRow ? stage.fused(for: kernel, channels: channels) : nil
        if fused != nil {
            func packed(_ weights: [Int16]) -> AlignedBuffer {
                let buffer = AlignedBuffer(count: kernel.pack_bytes(channels, 12))
                kernel.int_depthwise_row_pack(channels, weights, buffer.base)
                return buffer
            }
            let isWhole = fits || kernel.weight_bytes == 2
            self.weights = packed(isWhole ? centred : centred.map { $0 & 1 })
            halves = isWhole ? nil : packed(centred.map { $0 >> 1 })
        } else {
            self.weights = AlignedBuffer(count: kernel.pack_bytes(channels, taps))
            kernel.int_depthwise_pack(channels, taps, centred, self.weights.base)
            halves = nil
        }
        (self.geometry, self.kernel, self.stage) = (geometry, kernel, stage)
        zeroPixel = AlignedBuffer([UInt8](repeating: UInt8(truncatingIfNeeded: input.zeroPoint), count: channels))
        scratch = (0..<threads).map { _ in
            (
                AlignedBuffer(count: Self.pixels * taps * MemoryLayout<UnsafeRawPointer>.stride),
                AlignedBuffer(count: Self.pixels * Int(kernel.columns) * 4)
            )
        }
        super.init(name: name, path: kernel.set, outputCount: geometry.outputCount)
        microKernels = [kernel.title, stage.title]
        packedBytes = self.weights.count + (halves?.count ?? 0) + stage.bytes + (fused?.count ?? 0)
        WorkCounter.bytesPacked.add(packedBytes)
    }

    /// Sets the tensors that `run` reads and writes: `geometry.inputCount` and `.outputCount` bytes.
    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        self.input = input.assumingMemoryBound(to: UInt8.self)
        self.output = output.assumingMemoryBound(to: UInt8.self)
    }

    public override func parts(for threads: Int) -> Int {
        Self.parts(for: threads, grains: geometry.outputCount * geometry.taps / Self.grainMacs)
    }

    /// About 10 µs.
    private static let grainMacs = 1 << 18

    public override func run(_ part: Part) {
        let channels = geometry.inputChannels
        let blocks = (channels + Int(kernel.columns) - 1) / Int(kernel.columns)
        var outputs = 0
        var calls = 0
        if let fused {
            // A row of pixels of a block of channels is the unit that is shared out: a few rows would not divide evenly.
            let units = part.share(of: geometry.batch * geometry.outputHeight * blocks)
            var row = prepareRow(constants: fused)
            for unit in units {
                outputs += run(&row, y: unit / blocks, block: unit % blocks)
            }
            calls = units.count
        } else {
            let rows = part.share(of: geometry.rows)
            outputs = rows.count * channels
            calls = runStaged(rows, scratch[part.seat])
        }
        WorkCounter.macs.add(outputs * geometry.taps)
        WorkCounter.elementsRequantized.add(outputs)
        WorkCounter.calls(path).add(calls)
    }

    /// What all rows share.
    private func prepareRow(constants: AlignedBuffer) -> ck_int_depthwise_row {
        var row = ck_int_depthwise_row()
        row.window = geometry.rowWindow(padding: UnsafePointer(zeroPixel.pointer(UInt8.self)))
        row.w = UnsafeRawPointer(weights.base)
        row.w_halves = halves.map { UnsafeRawPointer($0.base) }
        row.constants = UnsafeRawPointer(constants.base)
        row.out_stride = geometry.outputChannels
        row.flip = flip
        return row
    }

    /// One row of pixels (`y` counts through all images) of one block of channels. Returns the number of outputs.
    private func run(_ row: inout ck_int_depthwise_row, y: Int, block: Int) -> Int {
        let channels = geometry.inputChannels
        geometry.move(&row.window, toRow: y, input: input!, pixelBytes: channels)
        row.first = block * Int(kernel.columns)
        row.channels = min(Int(kernel.columns), channels - row.first)
        row.out = output! + y * geometry.outputWidth * channels + row.first
        kernel.int_depthwise_row(&row, stage.c)
        return geometry.outputWidth * row.channels
    }

    /// Any window, its pixels reached through pointers; the output stage is a kernel of its own. Returns the number of calls.
    private func runStaged(_ rows: Range<Int>, _ scratch: (pointers: AlignedBuffer, accumulators: AlignedBuffer)) -> Int
    {
        let channels = geometry.inputChannels
        let block = Int(kernel.columns)
        let pointers = scratch.pointers.pointer(UnsafePointer<UInt8>?.self)
        let zero = UnsafePointer(zeroPixel.pointer(UInt8.self))
        var work = ck_int_depthwise()
        work.taps = geometry.taps
        work.total = channels
        work.a = UnsafePointer(pointers)
        work.w = UnsafeRawPointer(weights.base)
        work.acc = scratch.accumulators.pointer(Int32.self)
        work.flip = flip
        var window = geometry.window(elementBytes: 1)
        var calls = 0
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.pixels) {
            work.pixels = min(Self.pixels, rows.upperBound - row)
            ck_window_pointers(&window, row, work.pixels, input!, zero, 1, pointers)
            for first in stride(from: 0, to: channels, by: block) {
                work.first = first
                work.channels = min(block, channels - first)
                kernel.int_depthwise(&work)
                stage.function(
                    work.pixels, work.channels, work.acc, block, nil, stage.c, first,
                    output! + row * channels + first, channels)
                calls += 1
            }
        }
        return calls
    }
}
