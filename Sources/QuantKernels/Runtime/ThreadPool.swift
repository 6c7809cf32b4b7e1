internal import CKernels
import Glibc
import Synchronization

/// A fixed team: the caller and `threads − 1` workers. An operator is cut into as many static parts as there are threads;
/// whoever is free takes the next part. Where the system runs another program on a worker's processor, the caller therefore
/// does the work itself instead of waiting for the worker's turn. Workers spin for a few microseconds for the next
/// operator, then sleep, so that layers follow each other without system calls and an idle pool costs nothing.
///
/// Used by one caller at a time.
public final class ThreadPool: @unchecked Sendable {
    public let threads: Int
    private let team: Team
    private nonisolated(unsafe) var workers: [pthread_t] = []

    public init(threads: Int) {
        precondition(threads >= 1)
        self.threads = threads
        team = Team(threads: threads)
        for index in 1..<max(threads, 1) {
            let seat = Seat(team: team, index: index)
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    let seat = Unmanaged<Seat>.fromOpaque(argument!).takeRetainedValue()
                    seat.team.work(seat.index)
                    return nil
                }, Unmanaged.passRetained(seat).toOpaque())
            precondition(status == 0, "pthread_create failed with \(status)")
            workers.append(thread)
        }
    }

    /// What a worker is started with. It keeps the team alive, not the pool: otherwise no pool would ever end.
    private final class Seat {
        let team: Team
        let index: Int
        init(team: Team, index: Int) { (self.team, self.index) = (team, index) }
    }

    deinit {
        team.stop()
        for worker in workers { pthread_join(worker, nil) }
    }

    /// Runs all parts of `work`; returns when all are done. Allocates nothing.
    public func run(_ work: Operator) {
        if threads == 1 {
            work.run(part: 0, of: 1)
        } else {
            team.run(work)
        }
        WorkCounter.tasks.add(threads)
    }

    /// Runs part i on thread i, 0 being the caller: for what belongs to a thread, such as its hardware counters.
    public func runOnEachThread(_ work: Operator) {
        if threads == 1 {
            work.run(part: 0, of: 1)
        } else {
            team.runOnEachThread(work)
        }
    }
}

/// What the caller and the workers share.
private final class Team: @unchecked Sendable {
    private let threads: Int
    /// The shared numbers, a cache line each: a spinning reader of one does not slow a writer of another.
    private let lines: UnsafeMutablePointer<Line>
    private nonisolated(unsafe) var job: Unmanaged<Operator>?
    private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private nonisolated(unsafe) let wake: UnsafeMutablePointer<pthread_cond_t>

    private struct Line: ~Copyable {
        let number = Atomic<Int>(0)
        let rest: (Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0)
    }

    /// Twice the number of the operator in hand, odd if every thread must do the part of its own index; a rise starts the
    /// workers.
    private var generation: UnsafeMutablePointer<Line> { lines }
    /// Parts of the operator in hand that are done.
    private var finished: UnsafeMutablePointer<Line> { lines + 1 }
    private var sleeping: UnsafeMutablePointer<Line> { lines + 2 }
    private var stopping: UnsafeMutablePointer<Line> { lines + 3 }
    /// The last generation in which somebody took this part.
    private func taken(_ part: Int) -> UnsafeMutablePointer<Line> { lines + 4 + part }

    /// Spins of the wait for work: a few tens of microseconds, longer than the gap between two layers.
    private static let spins = 4000

    init(threads: Int) {
        self.threads = threads
        lines = UnsafeMutableRawPointer.allocate(
            byteCount: (4 + threads) * MemoryLayout<Line>.stride, alignment: 64
        ).bindMemory(to: Line.self, capacity: 4 + threads)
        for index in 0..<4 + threads { (lines + index).initialize(to: Line()) }
        mutex = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
        lines.deinitialize(count: 4 + threads)
        lines.deallocate()
    }

    /// Ends the workers; called once, while no operator runs.
    func stop() {
        stopping.pointee.number.store(1, ordering: .sequentiallyConsistent)
        startWorkers(pinned: true)
    }

    func run(_ work: Operator) {
        job = Unmanaged.passUnretained(work)
        finished.pointee.number.store(0, ordering: .relaxed)
        takeParts(of: startWorkers(pinned: false), from: 0)
        waitForAll()
    }

    func runOnEachThread(_ work: Operator) {
        job = Unmanaged.passUnretained(work)
        finished.pointee.number.store(1, ordering: .relaxed)
        startWorkers(pinned: true)
        work.run(part: 0, of: threads)
        waitForAll()
    }

    /// Does the parts of a generation that nobody has taken yet, its own first: what a layer left in a processor's cache,
    /// the next layer finds there. A worker that comes late for its generation finds that all parts were taken in it, or
    /// in a later one.
    private func takeParts(of generation: Int, from own: Int) {
        var part = own
        for _ in 0..<threads {
            let last = taken(part).pointee.number.load(ordering: .relaxed)
            if last < generation,
                taken(part).pointee.number.compareExchange(
                    expected: last, desired: generation, ordering: .acquiringAndReleasing
                ).exchanged
            {
                job!._withUnsafeGuaranteedRef { $0.run(part: part, of: threads) }
                finished.pointee.number.add(1, ordering: .releasing)
            }
            part = part + 1 == threads ? 0 : part + 1
        }
    }

    private func waitForAll() {
        var waits = 0
        while finished.pointee.number.load(ordering: .acquiring) < threads {
            waits += 1
            // More threads than processors: let the others run instead of spinning against them.
            if waits > Self.spins { sched_yield() } else { ck_relax() }
        }
    }

    /// Returns the new generation.
    @discardableResult
    private func startWorkers(pinned: Bool) -> Int {
        let last = generation.pointee.number.load(ordering: .relaxed)
        let next = (last | 1) + (pinned ? 2 : 1)
        generation.pointee.number.store(next, ordering: .sequentiallyConsistent)
        // A worker raises `sleeping` before it looks at `generation` for the last time; this looks the other way round, so
        // one of the two sees the other.
        if sleeping.pointee.number.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(wake)
            pthread_mutex_unlock(mutex)
        }
        return next
    }

    /// What worker `index` does until `stop`.
    func work(_ index: Int) {
        var seen = 0
        while true {
            seen = nextGeneration(after: seen)
            if stopping.pointee.number.load(ordering: .acquiring) != 0 { return }
            if seen & 1 == 1 {
                // The caller waits for every thread, so the job is still the one of this generation.
                job!._withUnsafeGuaranteedRef { $0.run(part: index, of: threads) }
                finished.pointee.number.add(1, ordering: .releasing)
            } else {
                takeParts(of: seen, from: index)
            }
        }
    }

    private func nextGeneration(after seen: Int) -> Int {
        for _ in 0..<Self.spins {
            let now = generation.pointee.number.load(ordering: .acquiring)
            if now != seen { return now }
            ck_relax()
        }
        pthread_mutex_lock(mutex)
        sleeping.pointee.number.add(1, ordering: .sequentiallyConsistent)
        var now = generation.pointee.number.load(ordering: .sequentiallyConsistent)
        while now == seen {
            pthread_cond_wait(wake, mutex)
            now = generation.pointee.number.load(ordering: .sequentiallyConsistent)
        }
        sleeping.pointee.number.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
        return now
    }
}
