internal import CPlatform
internal import Measurement
public import QuantKernels
public import Results

/// What this machine can do at most, measured: the ceilings that results are a percent of, and the core clock.
///
/// A ceiling that was read while something else had the processors is too low, and every percent of it too high. So all rates
/// of all thread counts are read in turn, once a round, until the best readings of each agree; what more threads do has to be
/// plausible beside what fewer do; and a run reads them again at its end and keeps the best of both.
public struct MachineProbe {
    let registry: KernelRegistry
    let clock = MonotonicClock()
    /// Length of one reading of products, about, in nanoseconds.
    private static let nanoseconds = 5_000_000.0
    /// Rounds for a first look, and for one that confirms what is known.
    private static let rounds = (first: 5...40, again: 1...40)
    /// Rates per thread of different thread counts, each thread on a processor of its own, differ by no more.
    private static let leastScaling = 0.8

    /// - Parameter registry: whose instruction sets the ceilings are measured for.
    public init(registry: KernelRegistry) { self.registry = registry }

    /// Integer and float multiply-accumulates and memory reads of so many threads at once, for each count.
    /// - Parameters:
    ///   - caches: of this machine; where they are given, what bounds single layers is measured, too.
    ///   - known: ceilings that were measured before on this machine: the better of both counts.
    public func ceilings(threads: [Int], layersOn caches: [Cache]? = nil, known: [Ceiling] = []) -> [Ceiling] {
        let placement = Placement()
        let pools = Set(threads).sorted().map { threads in
            let pool = ThreadPool(threads: threads)
            placement.spread(pool)
            return pool
        }
        let memory = MemoryToRead(caches: caches ?? [])
        return placement.withCallerOnFirst {
            var gauges: [(pool: ThreadPool, gauge: Gauge)] = []
            for pool in pools {
                var own = self.gauges(pool, memory)
                if let caches { own += layerGauges(pool, caches, memory) }
                let past = known.first { $0.threads == pool.threads }
                for index in own.indices {
                    if let rate = past?.rate(own[index].quantity) { own[index].readings.addKnown(rate) }
                }
                gauges += own.map { (pool, $0) }
            }
            let counts = gauges.map(\.pool.threads)
            var all = gauges.map(\.gauge)
            all.read(rounds: known.isEmpty ? Self.rounds.first : Self.rounds.again) { gauges in
                Self.doubtful(gauges, counts, processors: placement.processors.count)
            }
            return pools.map { pool in
                Ceiling(pool.threads, zip(counts, all).filter { $0.0 == pool.threads }.map(\.1), layers: caches != nil)
            }
        }
    }

    /// Products whose rates with more threads are not what those with fewer let expect, or the other way round. Threads that
    /// share a core may do no more than one of them: then the search is longer, and no more.
    private static func doubtful(_ gauges: [Gauge], _ counts: [Int], processors: Int) -> Set<Gauge.Quantity> {
        Set(
            [Gauge.Quantity.integerProducts, .floatProducts].filter { quantity in
                let perThread = zip(counts, gauges).filter { $0.1.quantity == quantity && $0.0 <= processors }
                    .map { ($0.1.readings.best ?? 0) / Double($0.0) }
                return (perThread.min() ?? 0) < leastScaling * (perThread.max() ?? 0)
            })
    }

    private func gauges(_ pool: ThreadPool, _ memory: MemoryToRead) -> [Gauge] {
        let integer = CeilingLoop.integer(registry)
        let float = CeilingLoop.float(registry)
        return [
            Gauge(.integerProducts, tolerance: 0.02, read: products(pool) { integer.run(iterations: $0) }),
            Gauge(.floatProducts, tolerance: 0.02, read: products(pool) { float.run(iterations: $0) }),
            Gauge(.memory, tolerance: 0.1) { readMemory(pool, memory) },
        ]
    }

    /// Names of the loops behind the ceilings.
    public var loops: (integer: String, float: String) {
        (CeilingLoop.integer(registry).name, CeilingLoop.float(registry).name)
    }

    /// Reads 10⁹ operations per second of a loop on all threads of the pool.
    private func products(_ pool: ThreadPool, _ loop: @escaping @Sendable (UInt64) -> UInt64) -> () -> Double {
        var iterations: UInt64 = 1000
        while true {
            let start = clock.now()
            _ = loop(iterations)
            let elapsed = Double(clock.now() - start)
            if elapsed >= Self.nanoseconds { break }
            iterations = UInt64(Double(iterations) * min(10, max(1.5, Self.nanoseconds * 1.1 / max(elapsed, 1))))
        }
        let total = Double(loop(1) * iterations) * Double(pool.threads)
        let rounds = iterations
        let work = LoopOperator { _ in _ = loop(rounds) }
        return { total / time(pool, work) }
    }

    /// 10⁹ bytes per second read from memory, a part on each thread.
    private func readMemory(_ pool: ThreadPool, _ memory: MemoryToRead) -> Double {
        memory.leaveCaches()
        return readRate(pool, memory, bytes: memory.bytesBeyondCaches, times: 1, isWarm: false)
    }

    /// 10⁹ bytes per second of reading the first `bytes` `times` times in a row, a part of them on each thread.
    /// - Parameter isWarm: whether they are read once before, which is not timed.
    func readRate(_ pool: ThreadPool, _ memory: MemoryToRead, bytes: Int, times: Int, isWarm: Bool) -> Double {
        let work = LoopOperator { part in
            let share = part.share(of: bytes / 64)
            for _ in 0..<times {
                _ = readStream(memory.buffer, from: share.lowerBound * 64, count: share.count * 64)
            }
        }
        if isWarm { pool.runOnEachThread(work) }
        return Double(bytes * times) / time(pool, work)
    }

    /// Nanoseconds of running an operator once on each thread.
    func time(_ pool: ThreadPool, _ work: Operator) -> Double {
        let start = clock.now()
        pool.runOnEachThread(work)
        return Double(max(1, clock.now() - start))
    }

    /// Core clock by a chain of dependent additions, one per cycle; needs no performance-monitoring unit.
    public func coreClock() -> ClockRate {
        let additions: UInt64 = 4_000_000
        var rates = BestReadings(tolerance: 0.005)
        for _ in 0..<40 where !rates.isSettled {
            let start = clock.now()
            _ = cp_add_chain(additions, 1)
            rates.add(Double(additions) / Double(max(1, clock.now() - start)) * 1e9)
        }
        return ClockRate(hz: rates.best ?? 0, provenance: .derived)
    }
}

/// A buffer that caches and memory are read from.
struct MemoryToRead: Sendable {
    let buffer: AlignedBuffer
    /// So much comes from memory after `leaveCaches`: not all that the caches hold if the processor can be told to drop it,
    /// far more than they hold otherwise.
    let bytesBeyondCaches: Int
    private let isFlushed: Bool

    /// The most that a cache is read with, however large it is.
    static let largest = 32 << 20

    init(caches: [Cache]) {
        var probe: UInt8 = 0
        isFlushed = cp_flush(&probe, 1) == 0
        bytesBeyondCaches = isFlushed ? Self.largest : 256 << 20
        buffer = AlignedBuffer(count: bytesBeyondCaches)
    }

    func leaveCaches() {
        if isFlushed { _ = cp_flush(buffer.base, bytesBeyondCaches) }
    }
}

/// Any loop as an operator of the pool; not for timed cells.
final class LoopOperator: Operator, @unchecked Sendable {
    private let body: @Sendable (_ part: Part) -> Void

    init(_ body: @escaping @Sendable (Part) -> Void) {
        self.body = body
        super.init(name: "loop", path: .scalar, outputCount: 0)
    }

    override func run(_ part: Part) { body(part) }
}

extension Ceiling {
    init(_ threads: Int, _ gauges: [Gauge], layers hasLayers: Bool) {
        self.init(
            threads: threads, int8GmacsPerSecond: gauges.best(.integerProducts),
            f32GmacsPerSecond: gauges.best(.floatProducts), bandwidthGbPerSecond: gauges.best(.memory))
        guard hasLayers else { return }
        layers = LayerLimits(
            caches: gauges.compactMap { gauge in
                guard case .cache(let level, let bytes) = gauge.quantity, let rate = gauge.readings.best else {
                    return nil
                }
                return LayerLimits.CacheRate(level: level, bytes: bytes, gbPerSecond: rate)
            },
            int8GoutputsPerSecond: gauges.best(.integerOutputs), f32GoutputsPerSecond: gauges.best(.floatOutputs),
            dispatchNs: gauges.best(.dispatch).map { 1 / $0 })
    }

    func rate(_ quantity: Gauge.Quantity) -> Double? {
        switch quantity {
        case .integerProducts: int8GmacsPerSecond
        case .floatProducts: f32GmacsPerSecond
        case .memory: bandwidthGbPerSecond
        case .integerOutputs: layers?.int8GoutputsPerSecond
        case .floatOutputs: layers?.f32GoutputsPerSecond
        case .dispatch: layers?.dispatchNs.map { 1 / $0 }
        case .cache(let level, _): layers?.caches.first { $0.level == level }?.gbPerSecond
        }
    }
}
