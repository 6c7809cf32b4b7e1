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

    /// Twice the number of the operator in hand, odd if every thread must do the part of its own index; a rise starts the
    /// workers.
    private let generation = Atomic<Int>(0)
    /// The next part that nobody has taken; `threads` and above: none.
    private let nextPart = Atomic<Int>(.max >> 1)
    /// Parts of the operator in hand that are done.
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

    /// Ends the workers; called once, while no operator runs.
    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        startWorkers(pinned: true)
    }

    func run(_ work: Operator) {
        job = Unmanaged.passUnretained(work)
        finished.store(0, ordering: .relaxed)
        // Until this store nothing can be taken: a worker that comes late from the last operator finds no part.
        nextPart.store(0, ordering: .releasing)
        startWorkers(pinned: false)
        takeParts()
        waitForAll()
    }

    func runOnEachThread(_ work: Operator) {
        job = Unmanaged.passUnretained(work)
        finished.store(1, ordering: .relaxed)
        startWorkers(pinned: true)
        work.run(part: 0, of: threads)
        waitForAll()
    }

    /// Does parts as long as there are any.
    private func takeParts() {
        while true {
            let part = nextPart.add(1, ordering: .acquiringAndReleasing).oldValue
            guard part < threads else { return }
            job!._withUnsafeGuaranteedRef { $0.run(part: part, of: threads) }
            finished.add(1, ordering: .releasing)
        }
    }

    private func waitForAll() {
        var waits = 0
        while finished.load(ordering: .acquiring) < threads {
            waits += 1
            // More threads than processors: let the others run instead of spinning against them.
            if waits > Self.spins { sched_yield() } else { ck_relax() }
        }
    }

    private func startWorkers(pinned: Bool) {
        let last = generation.load(ordering: .relaxed)
        generation.store((last | 1) + (pinned ? 2 : 1), ordering: .sequentiallyConsistent)
        // A worker raises `sleeping` before it looks at `generation` for the last time; this looks the other way round, so
        // one of the two sees the other.
        if sleeping.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(wake)
            pthread_mutex_unlock(mutex)
        }
    }

    /// What worker `index` does until `stop`.
    func work(_ index: Int) {
        var seen = 0
        while true {
            seen = nextGeneration(after: seen)
            if stopping.load(ordering: .acquiring) { return }
            if seen & 1 == 1 {
                // The caller waits for every thread, so the job is still the one of this generation.
                job!._withUnsafeGuaranteedRef { $0.run(part: index, of: threads) }
                finished.add(1, ordering: .releasing)
            } else {
                takeParts()
            }
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
