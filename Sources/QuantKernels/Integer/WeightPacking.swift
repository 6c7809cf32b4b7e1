internal import CKernels
internal import Quantization

/// Weights in a micro-kernel's order: panels of columns; in a panel [tap][group of depth][column][depth in group], columns
/// padded with zeros to whole vectors, depth to whole groups.
struct WeightPacking {
    let kernel: ck_kernel
    let taps: Int
    let depth: Int
    let columns: Int

    var panels: Int { (columns + Int(kernel.columns) - 1) / Int(kernel.columns) }
    private var groups: Int { (depth + Int(kernel.depth_unit) - 1) / Int(kernel.depth_unit) }
    /// Bytes of a full panel: where the next one begins.
    var panelBytes: Int { taps * groups * Int(kernel.depth_unit * kernel.columns * kernel.weight_bytes) }

    /// Columns of this panel, padded to whole vectors.
    func width(_ panel: Int) -> Int {
        let vector = Int(kernel.vector)
        let present = min(Int(kernel.columns), columns - panel * Int(kernel.columns))
        return (present + vector - 1) / vector * vector
    }

    private var elements: Int {
        (0..<panels).reduce(0) { $0 + taps * groups * Int(kernel.depth_unit) * width($1) }
    }

    /// Calls `body` with (packed index, column, element of that column's weights) for every weight.
    private func forEach(_ body: (_ index: Int, _ column: Int, _ element: Int) -> Void) {
        let unit = Int(kernel.depth_unit)
        for panel in 0..<panels {
            let base = panelBytes / Int(kernel.weight_bytes) * panel
            let first = panel * Int(kernel.columns)
            let width = width(panel)
            for tap in 0..<taps {
                for k in 0..<depth {
                    let group = base + ((tap * groups + k / unit) * width) * unit + k % unit
                    for column in first..<min(first + width, columns) {
                        body(group + (column - first) * unit, column, tap * depth + k)
                    }
                }
            }
        }
    }

    /// int8 panels hold w, uint8 weights less 128; int16 panels hold w − Z₂ and need no correction later.
    /// - Returns: Z₂ of what was packed and Σw of it, per column.
    func pack(_ weights: QuantizedWeights) -> (buffer: AlignedBuffer, zeroPoints: [Int32], sums: [Int32]) {
        let buffer = AlignedBuffer(count: elements * Int(kernel.weight_bytes))
        let centred = kernel.weight_bytes == 2
        let lift: Int32 = weights.range.highest > 127 ? 128 : 0
        var offsets = [Int32](repeating: 0, count: columns)  // subtracted from the weight
        var zeroPoints = offsets
        var sums = offsets
        for column in 0..<columns {
            let zero = weights.parameters(ofChannel: column).zeroPoint
            offsets[column] = centred ? zero : lift
            zeroPoints[column] = centred ? 0 : zero - lift
        }
        let count = taps * depth
        let values = weights.values
        if centred {
            let out = buffer.pointer(Int16.self)
            forEach { index, column, element in
                let w = Int32(values[column * count + element]) - offsets[column]
                out[index] = Int16(w)
                sums[column] &+= w
            }
        } else {
            let out = buffer.pointer(Int8.self)
            forEach { index, column, element in
                let w = Int32(values[column * count + element]) - offsets[column]
                out[index] = Int8(w)
                sums[column] &+= w
            }
        }
        return (buffer, zeroPoints, sums)
    }

    /// float32 panels.
    func pack(_ weights: [Float]) -> AlignedBuffer {
        let buffer = AlignedBuffer(count: elements * 4)
        let out = buffer.pointer(Float.self)
        let count = taps * depth
        weights.withUnsafeBufferPointer { values in
            forEach { index, column, element in out[index] = values[column * count + element] }
        }
        return buffer
    }
}
