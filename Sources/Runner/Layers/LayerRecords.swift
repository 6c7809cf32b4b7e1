internal import Measurement
internal import Networks
internal import QuantKernels
internal import Results
internal import Suites

/// The timed layers of one cell as records.
struct LayerRecords {
    private let cell: PreparedCell
    private let timer: LayerTimer
    private let shapes: [StepShape]
    private let latencies: [Latency]

    init(cell: PreparedCell, timer: LayerTimer) {
        (self.cell, self.timer) = (cell, timer)
        shapes = timer.executor.steps.indices.map(timer.executor.shape(ofStep:))
        latencies = timer.chain.map { samples in
            Latency(
                CellMeasurement(
                    name: "", samples: samples, iterationsPerSample: timer.iterations, stopReason: .samples,
                    sampledNanoseconds: UInt64(samples.reduce(0, +) * Double(timer.iterations))))!
        }
    }

    var sum: LayerSum {
        let rounds = timer.chain.first?.count ?? 0
        let chains = (0..<rounds).map { round in timer.chain.reduce(0) { $0 + $1[round] } }
        return LayerSum(
            rounds: rounds, clockNs: timer.clockCost, sumNs: latencies.reduce(0) { $0 + $1.median },
            chainNs: Statistics.median(chains) ?? 0, besideNs: Statistics.median(timer.whole) ?? 0)
    }

    /// - Parameter others: of the same network, among them the f32 twin, where it ran.
    func records(among others: [LayerRecords]) -> [Record] {
        let threads = timer.executor.pool.threads
        let float = others.first { !$0.cell.isInteger && $0.timer.executor.pool.threads == threads }
        return shapes.indices.map { record($0, float: cell.isInteger ? float : nil) }
    }

    private func record(_ index: Int, float: LayerRecords?) -> Record {
        let shape = shapes[index]
        let step = timer.executor.steps[index]
        let whole = cell.record
        var record = Record(name: "\(whole.name)/\(shape.name)", status: .ok)
        (record.network, record.width, record.resolution) = (whole.network, whole.width, whole.resolution)
        (record.numerics, record.rounding, record.batch) = (whole.numerics, whole.rounding, whole.batch)
        (record.threads, record.backend) = (whole.threads, whole.backend)
        (record.op, record.shape) = (shape.operation, shape.sizes)
        record.path = step.path.description
        record.latency = latencies[index]
        if shape.macs > 0 { record.macs = shape.macs }
        record.counters = Dictionary(
            uniqueKeysWithValues: timer.work[index].compactMap { counter, count in
                // Saturation is counted by runs of its own.
                counter == .saturatedOutputs
                    ? nil : ("quantkernels::\(counter.name)", Quantity.measured(Double(count)))
            })
        if let float, let samples = float.samples(of: shape) {
            record.speedupOverF32 = Statistics.ratioOfMedians(
                numerator: samples, denominator: timer.chain[index]
            ).map(Estimate.init)
        }
        let bytes = shape.inputBytes + shape.outputBytes + step.packedBytes
        record.layer = LayerFacts(
            nodes: shape.nodes.map(\.name), warmNs: timer.warm[index], inputBytes: shape.inputBytes,
            outputBytes: shape.outputBytes, weightBytes: step.packedBytes,
            macsPerByte: shape.macs > 0 ? Double(shape.macs) / Double(bytes) : nil, weights: shape.weights,
            sums: shape.sums, kernels: step.microKernels)
        return record
    }

    /// Samples of the layers that do the work of the same nodes: one layer, or the sum of those that are one in the other
    /// executor. Nil if the two cut the network in ways that do not match.
    private func samples(of shape: StepShape) -> [Double]? {
        let wanted = Set(shape.nodes.map(\.name))
        let parts = shapes.indices.filter { !wanted.isDisjoint(with: shapes[$0].nodes.map(\.name)) }
        guard !parts.isEmpty, Set(parts.flatMap { shapes[$0].nodes.map(\.name) }) == wanted else { return nil }
        return timer.chain[parts[0]].indices.map { round in parts.reduce(0) { $0 + timer.chain[$1][round] } }
    }
}

extension StepShape {
    /// The sizes by the names of a layer cell, of the first node that has a window; the input's otherwise.
    var sizes: [String: Int] {
        var sizes = ["h": input.height, "c_in": input.channels, "c_out": nodes.last!.output.channels]
        if let window = nodes.lazy.compactMap(\.operation.window).first {
            (sizes["k"], sizes["s"]) = (window.height, window.stride)
        }
        return sizes
    }
}
