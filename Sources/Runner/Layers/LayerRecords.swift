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
        LayerSum(
            rounds: timer.whole.count, clockNs: timer.clockCost, sumNs: latencies.reduce(0) { $0 + $1.median },
            besideNs: Statistics.median(timer.whole)!)
    }

    /// - Parameter others: of the same network, among them the f32 and the single-threaded twins, where they ran.
    func records(_ registry: KernelRegistry, _ ceiling: Ceiling?, among others: [LayerRecords]) -> [Record] {
        let threads = timer.executor.pool.threads
        let float = others.first { !$0.cell.isInteger && $0.timer.executor.pool.threads == threads }
        let single = others.first {
            $0.cell.cell.numerics == cell.cell.numerics && $0.timer.executor.pool.threads == 1
        }
        return shapes.indices.map { index in
            let evidence = evidence(index, registry, ceiling, float: float, single: single)
            return record(index, ceiling, LayerDiagnosis(evidence), float: cell.isInteger ? float : nil)
        }
    }

    private func record(_ index: Int, _ ceiling: Ceiling?, _ diagnosis: LayerDiagnosis, float: LayerRecords?) -> Record
    {
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
            macsPerByte: shape.macs > 0 ? Double(shape.macs) / Double(bytes) : nil, kernels: step.microKernels,
            bound: diagnosis.summary, why: diagnosis.sentence)
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

    private func median(of shape: StepShape) -> Double? { samples(of: shape).flatMap(Statistics.median) }

    private func evidence(
        _ index: Int, _ registry: KernelRegistry, _ ceiling: Ceiling?, float: LayerRecords?, single: LayerRecords?
    ) -> LayerEvidence {
        let shape = shapes[index]
        let step = timer.executor.steps[index]
        let isInteger = cell.isInteger
        // A clock that shows nothing must not be divided by.
        var evidence = LayerEvidence(
            isInteger: isInteger, chain: max(1, latencies[index].median), warm: timer.warm[index])
        evidence.threads = timer.executor.pool.threads
        (evidence.macs, evidence.sums) = (shape.macs, shape.sums)
        evidence.outputChannels = shape.nodes.last!.output.channels
        evidence.lanes = step.path.lanes
        evidence.bytes = shape.inputBytes + shape.outputBytes + step.packedBytes
        let best = isInteger ? registry.integerPath : registry.floatPath
        evidence.isPortable = step.path == .scalar && best != .scalar
        let limit = isInteger ? ceiling?.int8GmacsPerSecond : ceiling?.f32GmacsPerSecond
        let stage = isInteger ? ceiling?.layers?.int8GoutputsPerSecond : ceiling?.layers?.f32GoutputsPerSecond
        if shape.macs > 0 { evidence.products = limit.map { Double(shape.macs) / $0 } }
        if shape.sums > 0 { evidence.outputs = stage.map { Double(shape.sums) / $0 } }
        let levels = levels(ceiling)
        evidence.memory = memory(levels, evidence.chain, shape, weights: step.packedBytes)
        evidence.farthest = levels.reversed().map { ($0.name, Double(evidence.bytes) / $0.rate) }
            .first { $0.1 <= evidence.chain }
        evidence.dispatch = ceiling?.layers?.dispatchNs
        evidence.float = float?.median(of: shape)
        evidence.oneThread = single?.median(of: shape)
        return evidence
    }

    /// A cache level or the memory: how many bytes it holds and how fast they are read, in bytes per nanosecond.
    private typealias Level = (name: String, bytes: Int, rate: Double)

    /// Nearest first; empty if the memory's rate is not known.
    private func levels(_ ceiling: Ceiling?) -> [Level] {
        guard let ceiling, let memory = ceiling.bandwidthGbPerSecond else { return [] }
        return (ceiling.layers?.caches ?? []).map { ("L\($0.level)", $0.bytes, $0.gbPerSecond) }
            + [("memory", Int.max, memory)]
    }

    /// The least time that the layer's bytes take: tensors come from the nearest cache that holds them, weights from the
    /// nearest that holds the whole network. A layer that is faster than that has its bytes from nearer.
    private func memory(
        _ levels: [Level], _ chain: Double, _ shape: StepShape, weights: Int
    ) -> (level: String, time: Double)? {
        func level(of bytes: Int) -> Int? { levels.firstIndex { bytes <= $0.bytes } }
        let tensors = shape.inputBytes + shape.outputBytes
        guard var near = level(of: tensors),
            var far = level(of: timer.executor.packedBytes + timer.executor.arenaBytes)
        else { return nil }
        while true {
            let times = (Double(tensors) / levels[near].rate, Double(weights) / levels[far].rate)
            if times.0 + times.1 <= chain || far == 0 {
                return (levels[times.0 >= times.1 ? near : far].name, times.0 + times.1)
            }
            far -= 1
            near = min(near, far)
        }
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

extension InstructionSet {
    /// int32 or float32 sums in a vector.
    var lanes: Int {
        switch self {
        case .scalar: 1
        case .avx2, .avxvnni: 8
        case .avx512, .avx512vnni: 16
        }
    }
}
