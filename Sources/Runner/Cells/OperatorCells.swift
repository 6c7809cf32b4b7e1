internal import Measurement
internal import QuantKernels
internal import Quantization
internal import Results
internal import Suites

/// One operator on its pool as the thing that is timed.
final class OperatorWorkload: Measurement.Workload {
    private let work: Operator
    private let pool: ThreadPool

    init(name: String, work: Operator, pool: ThreadPool) {
        (self.work, self.pool) = (work, pool)
        super.init(name: name)
    }

    override func run() { pool.run(work) }
}

/// Prepares cells that are single layers or plain matrix products, on random numbers.
struct OperatorCells {
    let registry: KernelRegistry

    /// A reference takes about a nanosecond per product: larger cells are checked on a part of their rows.
    private static let checkedMACs = 100_000_000

    func prepare(_ cell: Cell, pool: ThreadPool) throws -> Preparation {
        let geometry: ConvolutionGeometry
        let isDepthwise: Bool
        switch cell.workload {
        case .gemm(let gemm):
            geometry = .product(rows: gemm.m, depth: gemm.k, columns: gemm.n)
            isDepthwise = false
        case .layer(let layer):
            geometry = .same(
                batch: cell.batch, height: layer.height, width: layer.height, channels: layer.inputChannels,
                kernel: layer.kernel, stride: layer.stride, outputChannels: layer.outputChannels)
            isDepthwise = layer.operation == .depthwise
        case .network: throw RunnerError(.failure, "\(cell.name) is no operator cell")
        }
        var generator = SeededGenerator(seed: cell.seed)
        let weightCount = geometry.taps * (isDepthwise ? 1 : geometry.inputChannels) * geometry.outputChannels
        let input = (0..<geometry.inputCount).map { _ in Float.random(in: 0...1, using: &generator) }
        let weights = (0..<weightCount).map { _ in Float.random(in: -1...1, using: &generator) }
        switch cell.numerics {
        case .f32: return try float(cell, geometry, isDepthwise, input, weights, pool)
        case .quantized(let numerics):
            do { return try integer(cell, geometry, isDepthwise, numerics, input, weights, pool) } catch let error
                as QuantizationError
            { return .settled(Record(cell, status: .skipped, reason: "\(error)")) }
        }
    }

    private func macs(_ g: ConvolutionGeometry, _ isDepthwise: Bool) -> Int {
        g.outputCount * g.taps * (isDepthwise ? 1 : g.inputChannels)
    }

    // MARK: Float

    private func float(
        _ cell: Cell, _ g: ConvolutionGeometry, _ isDepthwise: Bool, _ input: [Float], _ weights: [Float],
        _ pool: ThreadPool
    ) throws -> Preparation {
        let bounds: (Float, Float) = (-.infinity, .infinity)
        let bias = [Float](repeating: 0, count: g.outputChannels)
        let (source, target) = (AlignedBuffer(count: g.inputCount * 4), AlignedBuffer(count: g.outputCount * 4))
        input.withUnsafeBytes { source.base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        let work: Operator
        if isDepthwise {
            let op = try FloatDepthwise(
                name: cell.name, geometry: g, weights: weights, bias: bias, activation: bounds, registry: registry,
                threads: pool.threads)
            op.bind(input: source.base, output: target.base)
            work = op
        } else {
            let op = try FloatConvolution(
                name: cell.name, geometry: g, weights: weights, bias: bias, activation: bounds, registry: registry,
                threads: pool.threads)
            op.bind(input: source.base, output: target.base)
            work = op
        }
        var record = Record(cell)
        fill(&record, work, g, isDepthwise, modelBytes: 4 * (weights.count + bias.count))
        pool.run(work)
        let output = UnsafeRawBufferPointer(start: target.base, count: g.outputCount * 4)
        let (part, rows) = checkedPart(g, isDepthwise)
        let reference =
            isDepthwise
            ? ReferenceFloat.depthwise(
                Array(input.prefix(part.inputCount)), weights: weights, bias: bias, geometry: part, activation: bounds)
            : ReferenceFloat.convolution(
                Array(input.prefix(part.inputCount)), weights: weights, bias: bias, geometry: part, activation: bounds)
        let values = output.bindMemory(to: Float.self)
        let depth = Float(part.taps * (isDepthwise ? 1 : part.inputChannels))
        // Weights and inputs are at most 1: the sum of |a·w| is at most the depth.
        let tolerance = depth * 4 * Float.ulpOfOne
        for index in 0..<rows * g.outputChannels where !(abs(values[index] - reference[index]) <= tolerance) {
            (record.status, record.reason) = (
                .failed, "output \(index) is \(values[index]), the reference operators' \(reference[index])"
            )
            return .settled(record)
        }
        return .ready(
            PreparedCell(
                cell: cell, workload: OperatorWorkload(name: cell.name, work: work, pool: pool), pool: pool,
                record: record, isInteger: false,
                output: {
                    withExtendedLifetime((source, target)) {
                        Array(UnsafeRawBufferPointer(start: target.base, count: g.outputCount * 4))
                    }
                }))
    }

    // MARK: Integer

    private func integer(
        _ cell: Cell, _ g: ConvolutionGeometry, _ isDepthwise: Bool, _ numerics: QuantizedNumerics, _ input: [Float],
        _ weights: [Float], _ pool: ThreadPool
    ) throws -> Preparation {
        let quantizer = try WeightQuantizer(
            bits: numerics.weightBits, mapping: numerics.mapping == .affine ? .affine : .symmetric,
            granularity: numerics.scheme.granularity)
        let quantized = try quantizer.quantize(
            weights, channels: g.outputChannels, axis: isDepthwise ? .innermost : .outermost)
        let bits = numerics.activationBits
        let range = numerics.activationsSigned ? try IntegerRange.signed(bits: bits) : try .unsigned(bits: bits)
        let inputs = try QuantizationParameters.affine(minimum: 0, maximum: 1, range: range)
        // Sums of n products of uniform numbers scatter by about √(n/9): four times that is the output's range.
        let depth = Double(g.taps * (isDepthwise ? 1 : g.inputChannels))
        let reach = 4 * (depth / 9).squareRoot()
        let outputs = try QuantizationParameters.affine(minimum: -reach, maximum: reach, range: range)
        let stage = Requantization(output: outputs, rounding: RoundingMode(rawValue: numerics.rounding.rawValue)!)
        let bias = [Int32](repeating: 0, count: g.outputChannels)
        let integers = input.map { inputs.quantize($0) }
        let (source, target) = (AlignedBuffer(count: g.inputCount), AlignedBuffer(count: g.outputCount))
        for (index, value) in integers.enumerated() {
            source.base.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: index, as: UInt8.self)
        }
        let work: Operator
        if isDepthwise {
            let op = try IntegerDepthwise(
                name: cell.name, geometry: g, weights: quantized, bias: bias, input: inputs, requantization: stage,
                registry: registry, threads: pool.threads)
            op.bind(input: source.base, output: target.base)
            work = op
        } else {
            let op = try IntegerConvolution(
                name: cell.name, geometry: g, weights: quantized, bias: bias, input: inputs, requantization: stage,
                registry: registry, threads: pool.threads)
            op.bind(input: source.base, output: target.base)
            work = op
        }
        var record = Record(cell)
        fill(
            &record, work, g, isDepthwise,
            modelBytes: (weights.count * numerics.weightBits + 7) / 8 + quantized.parameters.count * 4 + bias.count * 4)
        pool.run(work)
        let (part, rows) = checkedPart(g, isDepthwise)
        let some = Array(integers.prefix(part.inputCount))
        let reference =
            isDepthwise
            ? try ReferenceInteger.depthwise(
                some, inputs, weights: quantized, bias: bias, geometry: part, requantization: stage)
            : try ReferenceInteger.convolution(
                some, inputs, weights: quantized, bias: bias, geometry: part, requantization: stage)
        let bytes = UnsafeRawBufferPointer(start: target.base, count: g.outputCount)
        var largest = 0
        for index in 0..<rows * g.outputChannels {
            let value = range.isSigned ? Int(Int8(bitPattern: bytes[index])) : Int(bytes[index])
            largest = max(largest, abs(value - Int(reference[index])))
        }
        record.error = NumericalError(againstReferenceMaxLsb: largest)
        if largest > 0 {
            (record.status, record.reason) = (
                .failed, "the output differs from the reference operators' by up to \(largest) levels"
            )
            return .settled(record)
        }
        return .ready(
            PreparedCell(
                cell: cell, workload: OperatorWorkload(name: cell.name, work: work, pool: pool), pool: pool,
                record: record, isInteger: true,
                output: {
                    withExtendedLifetime((source, target)) {
                        Array(UnsafeRawBufferPointer(start: target.base, count: g.outputCount))
                    }
                }))
    }

    private func fill(
        _ record: inout Record, _ work: Operator, _ g: ConvolutionGeometry, _ isDepthwise: Bool, modelBytes: Int
    ) {
        record.path = work.path.description
        record.macs = macs(g, isDepthwise)
        record.modelBytes = modelBytes
        record.packedBytes = work.packedBytes
    }

    /// The first rows of a matrix product as a problem of their own, where the whole would take the reference too long;
    /// and how many of its output rows are comparable.
    private func checkedPart(_ g: ConvolutionGeometry, _ isDepthwise: Bool) -> (ConvolutionGeometry, rows: Int) {
        guard g.isPointwise, g.batch == 1, macs(g, isDepthwise) > Self.checkedMACs else { return (g, g.rows) }
        let perRow = macs(g, isDepthwise) / g.rows
        let rows = max(1, Self.checkedMACs / perRow / g.outputWidth) * g.outputWidth
        var part = g
        (part.inputHeight, part.outputHeight) = (rows / g.outputWidth, rows / g.outputWidth)
        return (part, rows)
    }
}
