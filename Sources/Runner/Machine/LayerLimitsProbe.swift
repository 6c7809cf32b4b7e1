internal import Measurement
internal import QuantKernels
internal import Quantization
internal import Results

/// What bounds single layers beside the ceilings of products and memory.
extension MachineProbe {
    func layerGauges(_ pool: ThreadPool, _ caches: [Cache], _ memory: MemoryToRead) -> [Gauge] {
        var gauges = cacheGauges(pool, caches, memory)
        if let read = integerOutputs(pool) { gauges.append(Gauge(.integerOutputs, tolerance: 0.05, read: read)) }
        if let read = floatOutputs(pool) { gauges.append(Gauge(.floatOutputs, tolerance: 0.05, read: read)) }
        gauges.append(Gauge(.dispatch, tolerance: 0.2) { dispatch(pool) })
        return gauges
    }

    /// Reading half of each cache.
    private func cacheGauges(_ pool: ThreadPool, _ caches: [Cache], _ memory: MemoryToRead) -> [Gauge] {
        caches.filter { $0.type != "instruction" }.sorted { $0.level < $1.level }.map { cache in
            // The processors that share a cache do not add to it.
            let sharers = max(1, cache.sharedBy.map(Self.count(ofList:)) ?? 1)
            let bytes = cache.bytes * ((pool.threads + sharers - 1) / sharers)
            let used = min(bytes / 2, MemoryToRead.largest)
            let times = max(1, (16 << 20) / max(1, used))
            return Gauge(.cache(level: cache.level, bytes: bytes), tolerance: 0.05) {
                readRate(pool, memory, bytes: used, times: times, isWarm: true)
            }
        }
    }

    /// How many processors a list like `0-3,8` names.
    package static func count(ofList list: String) -> Int {
        list.split(separator: ",").reduce(0) { sum, range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            return sum + (ends.count == 2 ? max(0, ends[1] - ends[0]) + 1 : ends.count)
        }
    }

    /// Rows per thread, columns, and repetitions of the shallow products: their outputs stay in the second-level cache.
    private static let shallow = (rows: 1024, columns: 64, times: 32)

    /// A product of depth 4, one step of the widest integer instruction: the rest is the output stage.
    private func integerOutputs(_ pool: ThreadPool) -> (() -> Double)? {
        let geometry = ConvolutionGeometry.product(
            rows: Self.shallow.rows * pool.threads, depth: 4, columns: Self.shallow.columns)
        guard
            let input = try? QuantizationParameters(scale: 1.0 / 255, zeroPoint: 0, range: .uint8),
            let output = try? QuantizationParameters(scale: 0.05, zeroPoint: 128, range: .uint8),
            let quantizer = try? WeightQuantizer(bits: 8, mapping: .symmetric, granularity: .perChannel),
            let weights = try? quantizer.quantize(
                (0..<4 * Self.shallow.columns).map { Float($0 % 7) - 3 }, channels: Self.shallow.columns,
                axis: .outermost),
            let work = try? IntegerConvolution(
                name: "shallow", geometry: geometry, weights: weights,
                bias: Array(repeating: 0, count: Self.shallow.columns), input: input,
                requantization: Requantization(output: output), registry: registry, threads: pool.threads)
        else { return nil }
        let (source, target) = (AlignedBuffer(count: geometry.inputCount), AlignedBuffer(count: geometry.outputCount))
        work.bind(input: source.base, output: target.base)
        return { withExtendedLifetime((source, target)) { rate(pool, work) } }
    }

    /// A product of depth 1: the rest is bounds and stores.
    private func floatOutputs(_ pool: ThreadPool) -> (() -> Double)? {
        let geometry = ConvolutionGeometry.product(
            rows: Self.shallow.rows * pool.threads, depth: 1, columns: Self.shallow.columns)
        let zeros = [Float](repeating: 0, count: Self.shallow.columns)
        guard
            let work = try? FloatConvolution(
                name: "shallow", geometry: geometry, weights: zeros, bias: zeros, activation: (0, 6),
                registry: registry, threads: pool.threads)
        else { return nil }
        let source = AlignedBuffer(count: geometry.inputCount * 4)
        let target = AlignedBuffer(count: geometry.outputCount * 4)
        work.bind(input: source.base, output: target.base)
        return { withExtendedLifetime((source, target)) { rate(pool, work) } }
    }

    /// 10⁹ outputs per second.
    private func rate(_ pool: ThreadPool, _ work: Operator) -> Double {
        let repeated = LoopOperator { part in
            for _ in 0..<Self.shallow.times { work.run(part) }
        }
        return Double(work.outputCount * Self.shallow.times) / time(pool, repeated)
    }

    /// Operators without work per nanosecond.
    private func dispatch(_ pool: ThreadPool) -> Double {
        let nothing = LoopOperator { _ in }
        let times = 1000
        // The workers are awake then, as they are between the layers of a network.
        for _ in 0..<100 { pool.run(nothing) }
        let start = clock.now()
        for _ in 0..<times { pool.run(nothing) }
        return Double(times) / Double(max(1, clock.now() - start))
    }
}
