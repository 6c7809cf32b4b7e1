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
            panels: packing.panels,
            tileRows: Int(kernel.rows),
            threads: threads, grains: geometry.macs / Self.grainMacs, gathers: !geometry.isPointwise)
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

    package func run(_ part: Part, then follower: ElementwiseOperator?) {
        let (rows, panels) = plan.share(part)
        guard !rows.isEmpty, !panels.isEmpty else { return }
        let tileRows = Int(kernel.rows)
        let panelColumns = Int(kernel.columns)
        let columns = geometry.outputChannels
        let pointers = scratch[part.seat].pointers.pointer(UnsafePointer<Float>?.self)
        let output = output!
        let biases = UnsafePointer(bias.pointer(Float.self))
        let run = kernel.float_gemm!
        let fetchesAhead = plan.fetchesAhead
        let written = geometry.outputChannels(ofPanels: panels, width: panelColumns)
        var calls = 0
        var tile = ck_float_tile()
        tile.out_stride = columns

        var first = rows.lowerBound
        while first < rows.upperBound {
            let count = min(plan.blockRows, rows.upperBound - first)
            gather(first..<first + count, part.seat)
            for panel in panels {
                let channel = panel * panelColumns
                let packed = UnsafeRawPointer(weights.base + panel * panelBytes).assumingMemoryBound(to: Float.self)
                let width = channel + panelColumns > columns ? lastWidth : panelColumns
                tile.columns = min(panelColumns, columns - channel)
                for piece in pieces {
                    (tile.taps, tile.depth, tile.first) = (piece.steps.count, piece.depth.count, piece.depth.lowerBound)
                    tile.w = packed + (piece.steps.lowerBound * walk.readDepth + piece.depth.lowerBound) * width
                    (tile.lower, tile.upper) = piece.isLast ? bounds : (-.infinity, .infinity)
                    tile.start_stride = piece.isFirst ? 0 : columns
                    let steps = piece.steps.count * piece.depth.count
                    tile.ahead_step = fetchesAhead ? width * 4 / ((count + tileRows - 1) / tileRows) : 0
                    tile.ahead = UnsafeRawPointer(tile.w + steps * width).assumingMemoryBound(to: CChar.self)
                    var row = 0
                    while row < count {
                        tile.rows = min(tileRows, count - row)
                        tile.a = UnsafePointer(pointers + row * walk.steps + piece.steps.lowerBound * tileRows)
                        tile.out = output + (first + row) * columns + channel
                        tile.start = piece.isFirst ? biases + channel : UnsafePointer(tile.out)
                        run(&tile)
                        tile.ahead += steps * tile.ahead_step
                        row += tileRows
                        calls += 1
                    }
                }
            }
            follower?.run(rows: first..<first + count, columns: written, width: columns)
            first += count
        }
        let outputs = rows.count * written.count
        WorkCounter.macs.add(outputs * geometry.taps * geometry.inputChannels)
        WorkCounter.calls(path).add(calls)
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
