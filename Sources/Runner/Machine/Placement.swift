internal import CPlatform
internal import QuantKernels
internal import Results

/// Where threads run while they are timed: each on a processor of its own, as long as there are enough. Left to the system,
/// two threads that sleep between samples may wake up on the same processor and stay there for seconds, at half the speed.
struct Placement {
    /// The processors that this process may use (a `taskset` around it counts), ascending.
    let processors: [Int32]

    init() {
        let count = cp_usable_cpus()
        var processors = [Int32](repeating: 0, count: Int(count))
        let known = cp_get_affinity(&processors, count)
        self.processors = known < 0 ? [] : Array(processors.prefix(Int(known)))
    }

    /// Binds the workers of `pool` to processors of their own; the caller stays free. With more threads than processors, the
    /// system places them.
    func spread(_ pool: ThreadPool) {
        guard pool.threads > 1, pool.threads <= processors.count else { return }
        let processors = processors
        withCallerOnFirst {
            pool.runOnEachThread(
                LoopOperator { part in
                    var processor = processors[part.index]
                    _ = cp_set_affinity(&processor, 1)
                })
        }
    }

    /// Runs `body` with the calling thread, every pool's thread 0, on the first processor; then frees it again. Threads that
    /// are started meanwhile would inherit the binding.
    func withCallerOnFirst<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard var first = processors.first, processors.count > 1 else { return try body() }
        _ = cp_set_affinity(&first, 1)
        defer { _ = cp_set_affinity(processors, Int32(processors.count)) }
        return try body()
    }

    /// What took effect for `threads` threads, looked up on them, or why nothing was bound.
    func fact(threads: Int) -> Fact {
        guard processors.count > 1 else { return .unknown("one processor, nothing to bind") }
        let bound = min(threads, processors.count)
        let pool = ThreadPool(threads: bound)
        spread(pool)
        let seen = AlignedBuffer(count: 4 * bound)
        let places = seen.base.assumingMemoryBound(to: Int32.self)
        nonisolated(unsafe) let slots = places
        withCallerOnFirst { pool.runOnEachThread(LoopOperator { part in slots[part.index] = cp_current_cpu() }) }
        let found = (0..<bound).map { places[$0] }
        guard found == Array(processors.prefix(bound)) else {
            return .unknown("binding did not take effect: threads were on processors \(found)")
        }
        let more = threads > bound ? "; more threads than processors are placed by the system" : ""
        return .known("threads bound to processors " + found.map(String.init).joined(separator: ", ") + more)
    }
}
