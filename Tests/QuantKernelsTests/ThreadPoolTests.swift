import Glibc
import QuantKernels
import Quantization
import Synchronization
import Testing

/// Counts how often each part runs. A part has a slot of its own: parts that ran twice at once would lose a count, parts
/// that were left out would miss one.
private final class CountingOperator: Operator, @unchecked Sendable {
    let counts: UnsafeMutablePointer<Int>
    let wrongParts = Atomic<Int>(0)
    let parts: Int
    private let each: Int

    /// - Parameter each: parts for each thread.
    init(threads: Int, each: Int = 1) {
        (parts, self.each) = (threads * each, each)
        counts = .allocate(capacity: parts * 16)  // a cache line each
        counts.initialize(repeating: 0, count: parts * 16)
        super.init(name: "counting", path: .scalar, outputCount: parts)
    }

    deinit { counts.deallocate() }

    override func parts(for threads: Int) -> Int { threads * each }

    override func run(_ part: Part) {
        if part.count != parts || !(0..<parts).contains(part.index) { wrongParts.add(1, ordering: .relaxed) }
        counts[part.index * 16] += 1
    }

    func count(_ part: Int) -> Int { counts[part * 16] }
}

/// The system's number of the calling thread: /proc/thread-self links to <process>/task/<thread>.
private func currentThread() -> pid_t {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { link in
        let length = max(0, readlink("/proc/thread-self", link.baseAddress!, 63))
        link[length] = 0
        return strrchr(link.baseAddress!, Int32(UInt8(ascii: "/"))).map { pid_t(atoi($0 + 1)) } ?? 0
    }
}

/// Notes on which thread each part ran.
private final class IdentifyingOperator: Operator, @unchecked Sendable {
    let threads: UnsafeMutablePointer<pid_t>

    init(parts: Int) {
        threads = .allocate(capacity: parts)
        threads.initialize(repeating: 0, count: parts)
        super.init(name: "identifying", path: .scalar, outputCount: parts)
    }

    deinit { threads.deallocate() }

    override func run(_ part: Part) { threads[part.index] = currentThread() }
}

/// Eight parts for two threads; the worker's first one lasts until all others are done, the caller's until the worker has begun.
private final class HoldingOperator: Operator, @unchecked Sendable {
    private let workerHasBegun = Atomic<Int>(0)
    private let doneByCaller = Atomic<Int>(0)
    private let doneByWorker = Atomic<Int>(0)

    init() { super.init(name: "holding", path: .scalar, outputCount: 8) }

    override func parts(for threads: Int) -> Int { 8 }

    override func run(_ part: Part) {
        if part.seat == 1 {
            workerHasBegun.store(1, ordering: .releasing)
            while doneByCaller.load(ordering: .acquiring) + doneByWorker.load(ordering: .relaxed) < 7 { sched_yield() }
            doneByWorker.add(1, ordering: .releasing)
        } else {
            while workerHasBegun.load(ordering: .acquiring) == 0 { sched_yield() }
            doneByCaller.add(1, ordering: .releasing)
        }
    }

    func done(bySeat seat: Int) -> Int {
        seat == 0 ? doneByCaller.load(ordering: .acquiring) : doneByWorker.load(ordering: .acquiring)
    }
}

/// Each test runs in a process of its own, which the system's alarm ends: a deadlock fails the test and does not hang the run.
@Suite struct ThreadPoolTests {
    /// One to five threads, which is more than many machines have processors.
    @Test func everyPartRunsOnce() async {
        await #expect(processExitsWith: .success) { ThreadPoolTests.runManyTimes() }
    }

    private static func runManyTimes() {
        alarm(120)
        for threads in 1...5 {
            let pool = ThreadPool(threads: threads)
            let works = [1, 4, 3].map { CountingOperator(threads: threads, each: threads == 1 ? 1 : $0) }
            for run in 1...5000 {
                // Every fifth one bound to the threads: the two ways must not disturb each other.
                for work in works {
                    if run % 5 == 0 { pool.runOnEachThread(works[0]) } else { pool.run(work) }
                }
                // Both return after the last part, so every slot stands at the number of runs.
                for (index, work) in works.enumerated() {
                    let expected = index == 0 ? run + run / 5 * 2 : run - run / 5
                    guard (0..<work.parts).allSatisfy({ work.count($0) == expected }) else {
                        Issue.record("after run \(run): \((0..<work.parts).map(work.count)), not \(expected)")
                        return
                    }
                }
            }
            for work in works { #expect(work.wrongParts.load(ordering: .relaxed) == 0) }
        }
    }

    /// A thread that is held up in a part leaves the rest of its parts to the others.
    @Test func othersTakeWhatAThreadLeaves() async {
        await #expect(processExitsWith: .success) { ThreadPoolTests.holdUpAWorker() }
    }

    private static func holdUpAWorker() {
        alarm(60)
        let pool = ThreadPool(threads: 2)
        for _ in 0..<100 {
            let work = HoldingOperator()
            pool.run(work)
            #expect(work.done(bySeat: 0) == 7 && work.done(bySeat: 1) == 1)
        }
    }

    /// Workers that went to sleep (they spin for less than a millisecond) take up the next operator.
    @Test func sleepingWorkersWake() async {
        await #expect(processExitsWith: .success) { ThreadPoolTests.runWithPauses() }
    }

    private static func runWithPauses() {
        alarm(120)
        for threads in 2...5 {
            let pool = ThreadPool(threads: threads)
            let work = CountingOperator(threads: threads)
            for run in 1...100 {
                // Around the end of the spinning, where a wake-up could be lost, and far behind it.
                usleep(UInt32(run * 37 % 5 * 100 + (run % 10 == 0 ? 20_000 : 0)))
                pool.run(work)
                let complete = (0..<threads).allSatisfy { work.count($0) == run }
                #expect(complete)
            }
        }
    }

    /// `runOnEachThread` gives a thread the same part every time, and the caller part 0, whatever ran between.
    @Test func partsStayOnTheirThreads() async {
        await #expect(processExitsWith: .success) { ThreadPoolTests.watchThreads() }
    }

    private static func watchThreads() {
        alarm(120)
        for threads in 1...5 {
            let pool = ThreadPool(threads: threads)
            let work = IdentifyingOperator(parts: threads)
            let between = CountingOperator(threads: threads)
            pool.runOnEachThread(work)
            let first = (0..<threads).map { work.threads[$0] }
            #expect(first[0] == currentThread() && Set(first).count == threads)
            for _ in 0..<300 {
                pool.run(between)
                work.threads.update(repeating: 0, count: threads)
                pool.runOnEachThread(work)
                let now = (0..<threads).map { work.threads[$0] }
                if now != first {
                    Issue.record("\(now) instead of \(first)")
                    return
                }
            }
        }
    }

    /// An idle pool burns no processor time, and its threads end with it.
    @Test func idlePoolSleepsAndEndsItsThreads() async {
        await #expect(processExitsWith: .success) { try ThreadPoolTests.watchIdlePool() }
    }

    private static func watchIdlePool() throws {
        alarm(120)
        func processorTime() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        func exists(_ thread: pid_t) -> Bool { access("/proc/self/task/\(thread)", F_OK) == 0 }
        for threads in 2...5 {
            let identities = {
                let pool = ThreadPool(threads: threads)
                let work = IdentifyingOperator(parts: threads)
                for _ in 0..<10 { pool.runOnEachThread(work) }
                usleep(100_000)
                let start = processorTime()
                usleep(100_000)
                #expect(processorTime() - start < 0.02)
                let workers = (1..<threads).map { work.threads[$0] }
                #expect(Set(workers).count == threads - 1 && workers.allSatisfy { $0 != currentThread() && exists($0) })
                return workers
            }()
            // The system drops a joined thread from its list a moment later.
            for _ in 0..<100 where identities.contains(where: exists) { usleep(10_000) }
            #expect(!identities.contains(where: exists), "workers outlive their pool of \(threads)")
        }
        // Pools that end before their workers have started.
        for _ in 0..<200 { _ = ThreadPool(threads: 3) }
    }

    /// Outputs do not depend on the number of threads, floats included: a partition cuts no sum.
    @Test func resultsAreTheSameForEveryThreadCount() async {
        await #expect(processExitsWith: .success) { try ThreadPoolTests.compareThreadCounts() }
    }

    private static func compareThreadCounts() throws {
        alarm(120)
        var generator = SplitMix64(seed: 51)
        let numerics = try LayerNumerics.draw(20, using: &generator).first!
        let shapes: [(IntegerLayer.Kind, ConvolutionGeometry)] = [
            (.convolution, .same(height: 9, width: 11, channels: 5, kernel: 3, stride: 1, outputChannels: 70)),
            (.convolution, .product(rows: 1, depth: 129, columns: 300)),
            (.depthwise, .same(height: 9, width: 11, channels: 70, kernel: 3, stride: 2, outputChannels: 70)),
        ]
        for (kind, geometry) in shapes {
            let layer = try IntegerLayer(kind, geometry, numerics, using: &generator)
            let expected = try layer.reference()
            let floats = (0..<geometry.inputCount).map { _ in Float.random(in: -1...1, using: &generator) }
            let depth = geometry.taps * (kind == .depthwise ? 1 : geometry.inputChannels)
            let weights = (0..<geometry.outputChannels * depth).map { _ in Float.random(in: -1...1, using: &generator) }
            let bias = [Float](repeating: 0.5, count: geometry.outputChannels)
            var single: [Float] = []
            for threads in 1...5 {
                let pool = ThreadPool(threads: threads)
                let source = GuardedBuffer(layer.inputBytes, .endsAtGuard)
                let target = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                let operation = try layer.make(
                    KernelRegistry(), threads: threads, input: source.base, output: target.base)

                let floatSource = GuardedBuffer(floats, .endsAtGuard)
                let floatTarget = GuardedBuffer(count: geometry.outputCount * 4, .endsAtGuard)
                let floatOperation: Operator
                switch kind {
                case .convolution:
                    let operation = try FloatConvolution(
                        name: "conv", geometry: geometry, weights: weights, bias: bias, activation: (0, 6),
                        registry: KernelRegistry(), threads: threads)
                    operation.bind(input: floatSource.base, output: floatTarget.base)
                    floatOperation = operation
                case .depthwise:
                    let operation = try FloatDepthwise(
                        name: "depthwise", geometry: geometry, weights: weights, bias: bias, activation: (0, 6),
                        registry: KernelRegistry(), threads: threads)
                    operation.bind(input: floatSource.base, output: floatTarget.base)
                    floatOperation = operation
                }
                // Repeated runs give the same, too.
                for _ in 0..<20 {
                    pool.run(operation)
                    expectEqual(target.elements(), expected, "\(kind) on \(threads) threads")
                    pool.run(floatOperation)
                    if single.isEmpty { single = floatTarget.elements() }
                    expectEqual(floatTarget.elements(), single, "float \(kind) on \(threads) threads")
                }
                withExtendedLifetime((source, floatSource)) {}
            }
        }
    }
}
