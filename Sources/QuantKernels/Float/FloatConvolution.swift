internal import CKernels

/// Convolution, pointwise convolution, fully connected layer and matrix product in float32: the same tiles and pointers as
/// `IntegerConvolution`.
public final class FloatConvolution: Operator, RowProducer, @unchecked Sendable {
    public let geometry: ConvolutionGeometry
    private let kernel: ck_kernel
    private let plan: RowPlan
    private let weights: AlignedBuffer
    private let bias: AlignedBuffer
    private let panelBytes: Int
    private let pieces: [DepthPiece]
    /// Columns of the last panel, padded to whole vectors.
    private let lastWidth: Int
    private let bounds: (lower: Float, upper: Float)
    private let walk: WindowWalk
    /// Zeros, which steps outside the image read.
    private let padding: AlignedBuffer
    private let scratch: [(pointers: AlignedBuffer, patches: AlignedBuffer)]
    private nonisolated(unsafe) var input: UnsafePointer<Float>?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<Float>?

    /// - Parameters:
    ///   - weights: OHWI (or OI with the input flattened).
    ///   - activation: bounds that outputs are clamped to.
    /// - Throws: `KernelError.shape`.
    public init(
        name: String, geometry: ConvolutionGeometry, weights: [Float], bias: [Float],
        activation: (lower: Float, upper: Float), registry: KernelRegistry, threads: Int
    ) throws(KernelError) {
        try geometry.validate(name)
        let columns = geometry.outputChannels
        let taps = geometry.taps
        let depth = geometry.inputChannels
        guard weights.count == columns * taps * depth, bias.count == columns else {
            throw .shape("\(name): \(weights.count) weights and \(bias.count) biases for \(geometry)")
        }
        let kernel = registry.best(.floatProduct)
        walk = geometry.walk(elementBytes: 4, unit: Int(kernel.depth_unit))
        let packing = WeightPacking(kernel: kernel, taps: walk.steps, depth: walk.depth, columns: columns)
        self.kernel = kernel
        self.geometry = geometry
        self.weights = packing.pack(weights)
        self.bias = AlignedBuffer(bias, padding: Int(CK_MAX_COLUMNS))
        panelBytes = packing.panelBytes
        lastWidth = packing.width(packing.panels - 1)
        pieces = DepthPiece.pieces(steps: walk.steps, depth: walk.readDepth, bytes: Int(kernel.columns) * 4)
        bounds = activation
        plan = RowPlan(
            rows: geometry.rows, rowBytes: geometry.bytesPerRow(walk, elementBytes: 4), weightBytes: self.weights.count,
            panels: packing.panels, tileRows: Int(kernel.rows), threads: threads,
            grains: geometry.macs / Self.grainMacs, gathers: !geometry.isPointwise)
        padding = AlignedBuffer(count: walk.readDepth * 4)
        let slots = plan.blockRows * walk.steps
        let patchBytes = walk.isByRow ? slots * walk.readDepth * 4 : 0
        scratch = (0..<threads).map { _ in
            (AlignedBuffer(count: slots * MemoryLayout<UnsafeRawPointer>.stride), AlignedBuffer(count: patchBytes))
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

    public override func parts(for threads: Int) -> Int { plan.parts(for: threads) }

    /// About 10 µs.
    private static let grainMacs = 1 << 19

    public override func run(_ part: Part) { run(part, then: nil) }

    /// An addition and which of its operands is made here.
    private typealias Sum = (operation: FloatAdd, made: RowFollower.Operand)

    package func absorbs(_ operation: ElementwiseOperator) -> Bool { true }

    package func run(_ part: Part, then follower: RowFollower?) {
        let sum: Sum? = follower.map { ($0.operation as! FloatAdd, $0.operand) }
        let (rows, panels) = plan.share(part)
        guard !rows.isEmpty, !panels.isEmpty else { return }
        var stream = WeightStream(
            part, of: scratch.count, weights: packed(panels), plan: plan, upcoming: upcoming)
        let columns = geometry.outputChannels(ofPanels: panels, width: Int(kernel.columns))
        var calls = 0
        var first = rows.lowerBound
        while first < rows.upperBound {
            let block = first..<min(first + plan.blockRows, rows.upperBound)
            let place = follower == nil ? first : rows.lowerBound
            gather(block, part.seat)
            for panel in panels {
                var used = packed(panels.lowerBound..<panel).count
                for piece in pieces {
                    used += bytes(of: piece, inPanel: panel)
                    // A line for each element of the depth.
                    let most = (block.count + Int(kernel.rows) - 1) / Int(kernel.rows) * piece.length
                    let ahead = stream.fetch(until: used, inLastBlock: block.upperBound == rows.upperBound, most: most)
                    calls += run(
                        piece, ofPanel: panel, rows: block, to: place, then: sum, fetching: ahead, part.seat)
                }
            }
            first = block.upperBound
        }
        let outputs = rows.count * columns.count
        WorkCounter.macs.add(outputs * geometry.taps * geometry.inputChannels)
        WorkCounter.calls(path).add(calls)
    }

    /// A piece of a panel's depth for a block of gathered rows, written from the output's row `place` on; the last one goes to `sum`, if
    /// there is one, after the addition. Returns the number of its tiles.
    private func run(
        _ piece: DepthPiece, ofPanel panel: Int, rows block: Range<Int>, to place: Int, then sum: Sum?,
        fetching ahead: (start: UnsafeRawPointer, lines: Int), _ seat: Int
    ) -> Int {
        let rows = block.count
        let (tileRows, panelColumns, columns) = (Int(kernel.rows), Int(kernel.columns), geometry.outputChannels)
        let pointers = scratch[seat].pointers.pointer(UnsafePointer<Float>?.self)
        let channel = panel * panelColumns
        let width = width(ofPanel: panel)
        var call = ck_float_rows()
        (call.rows, call.columns) = (rows, min(panelColumns, columns - channel))
        (call.taps, call.depth, call.first) = (piece.steps.count, piece.depth.count, piece.depth.lowerBound)
        call.a = UnsafePointer(pointers + piece.steps.lowerBound * tileRows)
        call.a_step = walk.steps * tileRows
        call.w =
            UnsafeRawPointer(weights.base + panel * panelBytes).assumingMemoryBound(to: Float.self)
            + (piece.steps.lowerBound * walk.readDepth + piece.depth.lowerBound) * width
        call.out = output! + place * columns + channel
        call.out_stride = columns
        call.start = piece.isFirst ? UnsafePointer(bias.pointer(Float.self)) + channel : UnsafePointer(call.out)
        call.start_stride = piece.isFirst ? 0 : columns
        (call.lower, call.upper) = piece.isLast ? bounds : (-.infinity, .infinity)
        if piece.isLast, let sum {
            sum.operation.absorb(
                into: &call, row: block.lowerBound, channel: channel, width: columns, making: sum.made)
        }
        call.ahead = ahead.start.assumingMemoryBound(to: CChar.self)
        call.ahead_lines = ahead.lines
        kernel.float_gemm(&call)
        return (rows + tileRows - 1) / tileRows
    }

    private func packed(_ panels: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: weights.bytes[panels.lowerBound * panelBytes..<min(panels.upperBound * panelBytes, weights.count)]
        )
    }

    /// Columns of a panel, padded to whole vectors.
    private func width(ofPanel panel: Int) -> Int {
        (panel + 1) * Int(kernel.columns) > geometry.outputChannels ? lastWidth : Int(kernel.columns)
    }

    private func bytes(of piece: DepthPiece, inPanel panel: Int) -> Int { piece.length * width(ofPanel: panel) * 4 }

    package override func weightsToCome(_ seat: Int, of threads: Int) -> UnsafeRawBufferPointer {
        packed(plan.share(Part(seat, of: threads)).panels)
    }

    /// Fills the thread's pointers as [tile][step][row of the tile]: the last tile's missing rows are not read.
    private func gather(_ rows: Range<Int>, _ seat: Int) {
        let tileRows = Int(kernel.rows)
        let pointers = scratch[seat].pointers
        if geometry.isPointwise {
            let pointers = pointers.pointer(UnsafePointer<Float>?.self)
            for index in 0..<rows.count { pointers[index] = input! + (rows.lowerBound + index) * walk.depth }
            return
        }
        var window = geometry.window(elementBytes: 4)
        let input = UnsafeRawPointer(input!).assumingMemoryBound(to: UInt8.self)
        let padding = padding.pointer(UInt8.self)
        if walk.isByRow {
            ck_window_rows(
                &window, rows.lowerBound, rows.count, input, geometry.inputCount * 4, padding, walk.readDepth * 4,
                tileRows, scratch[seat].patches.pointer(), pointers.pointer())
        } else {
            ck_window_pointers(&window, rows.lowerBound, rows.count, input, padding, tileRows, pointers.pointer())
        }
    }
}
