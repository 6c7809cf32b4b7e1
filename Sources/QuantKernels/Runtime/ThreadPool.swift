internal import CKernels
import Glibc
import Synchronization

/// A fixed team: the caller and `threads − 1` workers. An operator is cut into as many static parts as there are threads;
/// the caller does part 0 and waits for the rest. Workers spin for a few microseconds for the next operator, then sleep, so
/// that layers follow each other without system calls and an idle pool costs nothing.
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
}

/// What the caller and the workers share.
private final class Team: @unchecked Sendable {
    private let threads: Int

    /// Number of the operator in hand; a rise starts the workers.
    private let generation = Atomic<Int>(0)
    /// Workers that have finished the operator in hand.
    private let finished = Atomic<Int>(0)
    private let sleeping = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private nonisolated(unsafe) var job: Unmanaged<Operator>?
    private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private nonisolated(unsafe) let wake: UnsafeMutablePointer<pthread_cond_t>

    /// Spins of the wait for work: a few tens of microseconds, longer than the gap between two layers.
    private static let spins = 4000

    init(threads: Int) {
        self.threads = threads
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
    }

    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        startWorkers()
    }

    func run(_ work: Operator) {
        job = Unmanaged.passUnretained(work)
        finished.store(0, ordering: .relaxed)
        startWorkers()
        work.run(part: 0, of: threads)
        var waits = 0
        while finished.load(ordering: .acquiring) < threads - 1 {
            waits += 1
            // More threads than processors: let the others run instead of spinning against them.
            if waits > Self.spins { sched_yield() } else { ck_relax() }
        }
    }

    private func startWorkers() {
        generation.add(1, ordering: .sequentiallyConsistent)
        // A worker raises `sleeping` before it looks at `generation` for the last time; this looks the other way round, so
        // one of the two sees the other.
        if sleeping.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(wake)
            pthread_mutex_unlock(mutex)
        }
    }

    func work(_ index: Int) {
        var seen = 0
        while true {
            seen = nextGeneration(after: seen)
            if stopping.load(ordering: .acquiring) { return }
            job!._withUnsafeGuaranteedRef { $0.run(part: index, of: threads) }
            finished.add(1, ordering: .releasing)
        }
    }

    private func nextGeneration(after seen: Int) -> Int {
        for _ in 0..<Self.spins {
            let now = generation.load(ordering: .acquiring)
            if now != seen { return now }
            ck_relax()
        }
        pthread_mutex_lock(mutex)
        sleeping.add(1, ordering: .sequentiallyConsistent)
        var now = generation.load(ordering: .sequentiallyConsistent)
        while now == seen {
            pthread_cond_wait(wake, mutex)
            now = generation.load(ordering: .sequentiallyConsistent)
        }
        sleeping.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
        return now
    }
}
