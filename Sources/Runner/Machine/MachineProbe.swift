internal import CPlatform
internal import Measurement
public import QuantKernels
public import Results

/// What this machine can do at most, measured: the ceilings that results are a percent of, and the core clock.
public struct MachineProbe {
    let registry: KernelRegistry
    private let clock = MonotonicClock()
    /// Repetitions of each loop; the best counts, since whatever disturbs only slows.
    private static let repetitions = 7
    /// Length of one repetition, about.
    private static let nanoseconds = 5_000_000.0

    /// - Parameter registry: whose instruction sets the ceilings are measured for.
    public init(registry: KernelRegistry) { self.registry = registry }

    /// Integer and float multiply-accumulates and memory reads of `threads` threads at once.
    /// - Parameters:
    ///   - bandwidth: false leaves the memory out, which takes longest.
    ///   - caches: of this machine; where they are given, what bounds single layers is measured, too.
    public func ceiling(threads: Int, bandwidth: Bool = true, layersOn caches: [Cache]? = nil) -> Ceiling {
        let pool = ThreadPool(threads: threads)
        let placement = Placement()
        placement.spread(pool)
        return placement.withCallerOnFirst {
            var ceiling = ceiling(pool, bandwidth: bandwidth)
            if let caches { ceiling.layers = layerLimits(pool, caches) }
            return ceiling
        }
    }

    private func ceiling(_ pool: ThreadPool, bandwidth: Bool) -> Ceiling {
        let integer = CeilingLoop.integer(registry)
        let float = CeilingLoop.float(registry)
        return Ceiling(
            threads: pool.threads, int8GmacsPerSecond: rate(pool, calibrated: { integer.run(iterations: $0) }),
            f32GmacsPerSecond: rate(pool, calibrated: { float.run(iterations: $0) }),
            bandwidthGbPerSecond: bandwidth ? readRate(pool) : nil)
    }

    /// Names of the loops behind the ceilings.
    public var loops: (integer: String, float: String) {
        (CeilingLoop.integer(registry).name, CeilingLoop.float(registry).name)
    }

    /// 10⁹ operations per second of a loop on all threads of the pool.
    private func rate(_ pool: ThreadPool, calibrated loop: @escaping @Sendable (UInt64) -> UInt64) -> Double {
        var iterations: UInt64 = 1000
        while true {
            let start = clock.now()
            _ = loop(iterations)
            let elapsed = Double(clock.now() - start)
            if elapsed >= Self.nanoseconds { break }
            iterations = UInt64(Double(iterations) * min(10, max(1.5, Self.nanoseconds * 1.1 / max(elapsed, 1))))
        }
        let perThread = loop(1) * iterations
        let rounds = iterations
        let work = LoopOperator { _, _ in _ = loop(rounds) }
        return best(pool, work) { Double(perThread) * Double(pool.threads) / $0 }
    }

    /// 10⁹ bytes per second read from memory, a part on each thread: from a buffer that was dropped from the caches, or, where
    /// the processor does not drop it, from one that is far larger than they are.
    private func readRate(_ pool: ThreadPool) -> Double {
        var probe: UInt8 = 0
        let flushes = cp_flush(&probe, 1) == 0
        return readRate(pool, bytes: (flushes ? 32 : 256) << 20, times: 1, flushing: flushes)
    }

    /// 10⁹ bytes per second of reading a buffer `times` times in a row, a part of it on each thread.
    func readRate(_ pool: ThreadPool, bytes: Int, times: Int, flushing: Bool = false) -> Double {
        let buffer = AlignedBuffer(count: bytes)
        let work = LoopOperator { part, parts in
            let share = Operator.share(bytes / 64, part: part, of: parts)
            for _ in 0..<times { _ = readStream(buffer, from: share.lowerBound * 64, count: share.count * 64) }
        }
        return best(
            pool, work, before: { if flushing { _ = cp_flush(buffer.base, bytes) } },
            rate: { Double(bytes * times) / $0 })
    }

    /// The best rate of running an operator on all threads.
    /// - Parameters:
    ///   - before: what comes before each repetition and is not timed.
    ///   - rate: of a number of nanoseconds.
    func best(
        _ pool: ThreadPool, _ work: Operator, before: () -> Void = {}, rate: (Double) -> Double
    ) -> Double {
        pool.runOnEachThread(work)
        var best = 0.0
        for _ in 0..<Self.repetitions {
            before()
            let start = clock.now()
            pool.runOnEachThread(work)
            best = max(best, rate(Double(clock.now() - start)))
        }
        return best
    }

    /// Core clock by a chain of dependent additions, one per cycle; needs no performance-monitoring unit.
    public func coreClock() -> ClockRate {
        let additions: UInt64 = 4_000_000
        _ = cp_add_chain(additions, 1)
        var best = Double.infinity
        for _ in 0..<Self.repetitions {
            let start = clock.now()
            _ = cp_add_chain(additions, 1)
            best = min(best, Double(clock.now() - start))
        }
        return ClockRate(hz: Double(additions) / best * 1e9, provenance: .derived)
    }
}

/// Any loop as an operator of the pool; not for timed cells.
final class LoopOperator: Operator, @unchecked Sendable {
    private let body: @Sendable (_ part: Int, _ parts: Int) -> Void

    init(_ body: @escaping @Sendable (Int, Int) -> Void) {
        self.body = body
        super.init(name: "loop", path: .scalar, outputCount: 0)
    }

    override func run(part: Int, of parts: Int) { body(part, parts) }
}
