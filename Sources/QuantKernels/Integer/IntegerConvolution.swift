internal import CKernels
public import Quantization

/// Convolution, pointwise convolution, fully connected layer and matrix product on quantized tensors: tiles of
/// rows × output channels, accumulated in int32 registers and requantized while they are in the first-level cache.
///
/// Rows are reached through pointers, one per tap, so that no patch matrix is built (indirect convolution, Dukhan 2019,
/// arXiv:1907.02129); where a tap has few channels, there is one per row of the window (`WindowWalk`).
public final class IntegerConvolution: Operator, RowProducer, @unchecked Sendable {
    public let geometry: ConvolutionGeometry
    private let kernel: ck_kernel
    private let stage: OutputStage
    /// The output stage's constants for the fused kernel; nil where accumulators go through memory.
    private let fused: AlignedBuffer?
    private let plan: RowPlan
    private let weights: AlignedBuffer
    private let panelBytes: Int
    private let walk: WindowWalk
    private let flip: Int32
    private let needsRowSums: Bool
    /// Zero points, which steps outside the image read.
    private let padding: AlignedBuffer
    private let scratch: [Scratch]
    private nonisolated(unsafe) var input: UnsafePointer<UInt8>?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<UInt8>?

    /// What one thread needs beside the tensors.
    private struct Scratch: @unchecked Sendable {
        let pointers: AlignedBuffer
        let patches: AlignedBuffer
        let accumulators: AlignedBuffer
        let sums: AlignedBuffer
    }

    /// - Parameters:
    ///   - weights: OHWI (or OI with the input flattened).
    ///   - bias: int32 at scale S₁S₂, zero point 0; one per output channel.
    ///   - threads: most parts that `run` will be asked for.
    /// - Throws: `KernelError.shape`; `QuantizationError.accumulatorOverflow` for a layer that could overflow int32.
    public init(
        name: String, geometry: ConvolutionGeometry, weights: QuantizedWeights, bias: [Int32],
        input: QuantizationParameters, requantization: Requantization, registry: KernelRegistry, threads: Int
    ) throws {
        try geometry.validate(name)
        let taps = geometry.taps
        let depth = geometry.inputChannels
        let columns = geometry.outputChannels
        guard
            weights.values.count == columns * taps * depth, weights.channels == columns, weights.axis == .outermost,
            bias.count == columns
        else {
            throw KernelError.shape(
                "\(name): \(weights.values.count) weights and \(bias.count) biases for \(geometry)")
        }
        try checkAccumulatorDepth(depth: taps * depth, activationRange: input.range, weightRange: weights.range)
        let reach = try checkAccumulators(name, weights: weights, bias: bias, input: input)
        let kernel = registry.best(.integerProduct)
        self.kernel = kernel
        self.geometry = geometry
        walk = geometry.walk(elementBytes: 1, unit: Int(kernel.depth_unit))
        flip = input.flip

        let packing = WeightPacking(kernel: kernel, taps: walk.steps, depth: walk.depth, columns: columns)
        let packed = packing.pack(weights)
        self.weights = packed.buffer
        panelBytes = packing.panelBytes
        needsRowSums = packed.zeroPoints.contains { $0 != 0 }

        // Σ(a−Z₁)(w−Z₂) = Σaw − Z₁Σw − Z₂Σa + K·Z₁·Z₂; all that is constant goes into the bias. Wrapping is exact: the
        // final sum fits in int32, and int32 sums are exact modulo 2³².
        let zero = input.unsignedZeroPoint
        var folded = bias
        var multipliers: [Double] = []
        for channel in 0..<columns {
            let constant = zero &* packed.zeroPoints[channel] &* Int32(taps * depth)
            folded[channel] = folded[channel] &- zero &* packed.sums[channel] &+ constant
            multipliers.append(input.scale * weights.parameters(ofChannel: channel).scale / requantization.output.scale)
        }
        stage = try OutputStage(
            bias: folded, multipliers: multipliers, weightZero: needsRowSums ? packed.zeroPoints : nil,
            reach: reach, requantization: requantization, registry: registry)
        fused = stage.fused(for: kernel, channels: columns)
        plan = RowPlan(
            rows: geometry.rows, rowBytes: geometry.bytesPerRow(walk, elementBytes: 1),
            weightBytes: packed.buffer.count, panels: packing.panels, tileRows: Int(kernel.rows),
            threads: threads, grains: geometry.macs / Self.grainMacs, gathers: !geometry.isPointwise)
        padding = AlignedBuffer(
            [UInt8](repeating: UInt8(truncatingIfNeeded: input.zeroPoint), count: walk.readDepth))

        let block = plan.blockRows
        let slots = block * walk.steps
        let patchBytes = walk.isByRow ? slots * walk.readDepth : 0
        scratch = (0..<threads).map { _ in
            Scratch(
                pointers: AlignedBuffer(count: slots * MemoryLayout<UnsafeRawPointer>.stride),
                patches: AlignedBuffer(count: patchBytes),
                accumulators: AlignedBuffer(count: Int(CK_MAX_ROWS * CK_MAX_COLUMNS) * 4),
                sums: AlignedBuffer(count: (block + Int(CK_MAX_ROWS)) * 4))
        }
        super.init(name: name, path: kernel.set, outputCount: geometry.outputCount)
        microKernels = [kernel.title, stage.title]
        packedBytes = packed.buffer.count + stage.bytes + (fused?.count ?? 0)
        WorkCounter.bytesPacked.add(packedBytes)
    }

    /// Sets the tensors that `run` reads and writes: `geometry.inputCount` and `.outputCount` bytes.
    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        self.input = input.assumingMemoryBound(to: UInt8.self)
        self.output = output.assumingMemoryBound(to: UInt8.self)
    }

    public override func parts(for threads: Int) -> Int { plan.parts(for: threads) }

    /// About 10 µs.
    private static let grainMacs = 2 << 20

    public override func run(_ part: Part) { run(part, then: nil) }

    /// An addition that the micro-kernel makes, and which of its operands is made here.
    private typealias Sum = (operation: IntegerAdd, made: RowFollower.Operand)

    package func absorbs(_ operation: ElementwiseOperator) -> Bool {
        guard let add = operation as? IntegerAdd, fused != nil, kernel.fuses_add != 0 else { return false }
        // The micro-kernel adds whole panels, whatever columns the last one has: 24 channels took a quarter longer than apart, 160 less.
        let padded = plan.panels * Int(kernel.columns)
        return add.isByProducts && add.isSigned == stage.liftsOutput && padded * 4 <= geometry.outputChannels * 5
    }

    package func run(_ part: Part, then follower: RowFollower?) {
        let sum: Sum? = follower.flatMap { absorbs($0.operation) ? ($0.operation as! IntegerAdd, $0.operand) : nil }
        let follower = sum == nil ? follower : nil
        let (rows, panels) = plan.share(part)
        guard !rows.isEmpty, !panels.isEmpty else { return }
        let threads = scratch.count
        let scratch = scratch[part.seat]
        let columns = geometry.outputChannels(ofPanels: panels, width: Int(kernel.columns))
        var stream = WeightStream(part, of: threads, weights: packed(panels), plan: plan, upcoming: upcoming)
        var calls = 0
        var first = rows.lowerBound
        while first < rows.upperBound {
            let block = first..<min(first + plan.blockRows, rows.upperBound)
            let place = follower == nil ? first : rows.lowerBound
            gather(block, scratch: scratch)
            if let fused {
                calls += runFused(
                    block, to: place, panels, then: sum, fused, &stream, isLast: block.upperBound == rows.upperBound,
                    scratch)
            } else {
                calls += runStaged(block.count, to: place, panels, scratch)
            }
            follower?.run(rows: block, madeAt: place, columns: columns, width: geometry.outputChannels)
            first = block.upperBound
        }
        let outputs = rows.count * columns.count
        WorkCounter.macs.add(outputs * geometry.taps * geometry.inputChannels)
        WorkCounter.elementsRequantized.add(outputs)
        WorkCounter.calls(path).add(calls)
        sum?.operation.count(calls: 0, elements: outputs)
    }

    private func packed(_ panels: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: weights.bytes[panels.lowerBound * panelBytes..<min(panels.upperBound * panelBytes, weights.count)]
        )
    }

    package override func weightsToCome(_ seat: Int, of threads: Int) -> UnsafeRawBufferPointer {
        packed(plan.share(Part(seat, of: threads)).panels)
    }

    /// The output's address of a row's first channel in a panel.
    private func target(_ row: Int, _ panel: Int) -> UnsafeMutablePointer<UInt8> {
        output! + row * geometry.outputChannels + panel * Int(kernel.columns)
    }

    /// A block of gathered rows by the kernel that holds the output stage, and the addition if there is a sum, whose rows are then
    /// written; otherwise the output's from row `place` on. Returns the number of its tiles.
    private func runFused(
        _ blockRows: Range<Int>, to place: Int, _ panels: Range<Int>, then sum: Sum?, _ constants: AlignedBuffer,
        _ stream: inout WeightStream, isLast: Bool, _ scratch: Scratch
    ) -> Int {
        let rows = blockRows.count
        let panelColumns = Int(kernel.columns)
        let constantBytes = constants.count / ((geometry.outputChannels + 15) / 16)
        var block = ck_int_rows()
        block.rows = rows
        block.taps = walk.steps
        block.depth = walk.readDepth
        block.a = UnsafePointer(scratch.pointers.pointer(UnsafePointer<UInt8>?.self))
        block.out_stride = geometry.outputChannels
        block.flip = flip
        // A line for each step of the depth.
        let lines = (rows + Int(kernel.rows) - 1) / Int(kernel.rows) * walk.steps * ((walk.readDepth + 3) / 4)
        if needsRowSums {
            sumRows(rows, scratch)
            block.sums = UnsafePointer(scratch.sums.pointer(Int32.self))
        }
        for panel in panels {
            let channel = panel * panelColumns
            if needsRowSums { block.zero = stage.c.pointee.weight_zero + channel }
            block.columns = min(panelColumns, geometry.outputChannels - channel)
            block.w = UnsafeRawPointer(weights.base + panel * panelBytes)
            block.constants = UnsafeRawPointer(constants.base + channel / 16 * constantBytes)
            block.out = target(place, panel)
            sum?.operation.absorb(
                into: &block, row: blockRows.lowerBound, channel: channel, width: geometry.outputChannels,
                making: sum!.made)
            let ahead = stream.fetch(
                until: packed(panels.lowerBound..<panel + 1).count, inLastBlock: isLast, most: lines)
            block.ahead = ahead.start.assumingMemoryBound(to: CChar.self)
            block.ahead_lines = ahead.lines
            kernel.int_gemm_fused(&block, stage.c)
        }
        return panels.count * ((rows + Int(kernel.rows) - 1) / Int(kernel.rows))
    }

    /// The same, tile by tile, with the output stage as a kernel of its own.
    private func runStaged(_ rows: Int, to place: Int, _ panels: Range<Int>, _ scratch: Scratch) -> Int {
        let tileRows = Int(kernel.rows)
        let panelColumns = Int(kernel.columns)
        let columns = geometry.outputChannels
        let pointers = scratch.pointers.pointer(UnsafePointer<UInt8>?.self)
        let sums = scratch.sums.pointer(Int32.self)
        if needsRowSums { sumRows(rows, scratch) }
        var tile = ck_int_tile()
        tile.taps = walk.steps
        tile.depth = walk.readDepth
        tile.acc = scratch.accumulators.pointer(Int32.self)
        tile.flip = flip
        var calls = 0
        for panel in panels {
            let channel = panel * panelColumns
            tile.w = UnsafeRawPointer(weights.base + panel * panelBytes)
            tile.columns = min(panelColumns, columns - channel)
            for row in stride(from: 0, to: rows, by: tileRows) {
                tile.rows = min(tileRows, rows - row)
                tile.a = UnsafePointer(pointers + row * walk.steps)
                kernel.int_gemm(&tile)
                stage.function(
                    tile.rows, tile.columns, tile.acc, panelColumns, sums + row, stage.c, channel,
                    target(place + row, panel), columns)
                calls += 1
            }
        }
        return calls
    }

    /// Fills `pointers` as [tile][tap][row of the tile]: the last tile's missing rows are not read.
    private func gather(_ rows: Range<Int>, scratch: Scratch) {
        let tileRows = Int(kernel.rows)
        let pointers = scratch.pointers.pointer(UnsafePointer<UInt8>?.self)
        let input = input!
        if geometry.isPointwise {
            for index in 0..<rows.count { pointers[index] = input + (rows.lowerBound + index) * walk.depth }
            return
        }
        var window = geometry.window(elementBytes: 1)
        let padding = padding.pointer(UInt8.self)
        if walk.isByRow {
            ck_window_rows(
                &window, rows.lowerBound, rows.count, input, geometry.inputCount, padding, walk.readDepth, tileRows,
                scratch.patches.pointer(), pointers)
        } else {
            ck_window_pointers(&window, rows.lowerBound, rows.count, input, padding, tileRows, pointers)
        }
    }

    /// Σ of each gathered row's activations over all taps, which affine weights need.
    private func sumRows(_ count: Int, _ scratch: Scratch) {
        let run = kernel.row_sums ?? ck_row_sums
        run(
            UnsafePointer(scratch.pointers.pointer(UnsafePointer<UInt8>?.self)), count, Int(kernel.rows), walk.steps,
            walk.depth, flip, scratch.sums.pointer(Int32.self))
    }
}
