internal import Measurement
internal import Networks
internal import QuantKernels

/// Times the operators of one executor, one by one. Nothing here runs inside the samples of the cell itself.
final class LayerTimer {
    let executor: Executor
    /// Inferences per round: as many as fill `shortestSample`.
    let iterations: Int
    /// Nanoseconds per inference, by step and round: the operator inside the chain, without the reading of the clock.
    private(set) var chain: [[Double]]
    /// Nanoseconds per inference of the whole, by round.
    private(set) var whole: [Double] = []
    /// Nanoseconds of each step alone on its own, warm tensors.
    private(set) var warm: [Double] = []
    /// What each step adds to the kernel library's counters.
    private(set) var work: [[WorkCounter: Int64]] = []
    /// Nanoseconds of one reading of the clock.
    let clockCost: Double
    private let clock = MonotonicClock()
    private let sums: UnsafeMutableBufferPointer<UInt64>

    /// Nanoseconds.
    private static let shortestSample = 200_000.0
    private static let warmSamples = 7

    init(_ executor: Executor, clockCost: Double) {
        (self.executor, self.clockCost) = (executor, clockCost)
        let steps = executor.steps.count
        chain = Array(repeating: [], count: steps)
        sums = .allocate(capacity: steps)
        executor.run()
        let start = clock.now()
        executor.run()
        iterations = max(1, Int(Self.shortestSample / Double(max(1, clock.now() - start))))
    }

    deinit { sums.deallocate() }

    /// Nanoseconds of one reading of the clock: the best of some averages.
    static func clockCost() -> Double {
        let clock = MonotonicClock()
        let readings = 1000
        return (0..<20).reduce(Double.infinity) { least, _ in
            let start = clock.now()
            var last = start
            for _ in 0..<readings { last = clock.now() }
            return min(least, Double(last - start) / Double(readings))
        }
    }

    /// Goes through the network once and repeats each step where its inputs are in place.
    func timeWarm() {
        let names = WorkCounter.allCases
        for index in executor.steps.indices {
            let before = names.map(\.value)
            executor.run(step: index)
            work.append(
                Dictionary(uniqueKeysWithValues: zip(names, before).map { name, count in (name, name.value - count) }))
            warm.append(timeWarm(index))
        }
    }

    private func timeWarm(_ index: Int) -> Double {
        var repetitions = 1
        var elapsed = 0.0
        while true {
            elapsed = time { for _ in 0..<repetitions { executor.run(step: index) } }
            if elapsed >= Self.shortestSample { break }
            repetitions = max(
                repetitions + 1, Int(Double(repetitions) * min(10, 1.1 * Self.shortestSample / max(elapsed, 1))))
        }
        let samples = (0..<Self.warmSamples).map { _ in
            time { for _ in 0..<repetitions { executor.run(step: index) } } / Double(repetitions)
        }
        return Statistics.median(samples)!
    }

    /// One round of whole inferences.
    func timeWhole() {
        whole.append(time { for _ in 0..<iterations { executor.run() } } / Double(iterations))
    }

    /// One round of inferences with the clock read after each operator.
    func timeChain() {
        sums.update(repeating: 0)
        let (sums, clock) = (sums, clock)
        for _ in 0..<iterations {
            var last = clock.now()
            executor.runSteps { step in
                let now = clock.now()
                sums[step] &+= now &- last
                last = now
            }
        }
        for step in chain.indices {
            chain[step].append(max(0, Double(sums[step]) / Double(iterations) - clockCost))
        }
    }

    private func time(_ body: () -> Void) -> Double {
        let start = clock.now()
        body()
        return Double(clock.now() - start)
    }
}
