internal import CKernels
internal import CPlatform
import Glibc
import Synchronization

/// A fixed team: the caller and `threads − 1` workers. An operator is cut into a few parts for each thread, which takes its own
/// one after the other, so that what a layer left in a processor's cache, the next layer finds there; whoever has none left takes
/// the last ones of others. Where the system runs another program on a worker's processor, the caller therefore does
/// the work itself instead of waiting for the worker's turn. Workers spin for a few microseconds for the next operator, then
/// sleep, so that layers follow each other without system calls and an idle pool costs nothing; where threads are more than
/// processors, they leave the processor to each other instead of spinning.
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
            work.run(.whole)
            WorkCounter.tasks.add(1)
        } else {
            let parts = work.parts(for: threads)
            team.run(work, parts: parts)
            WorkCounter.tasks.add(parts)
        }
    }

    /// Runs part i on thread i, 0 being the caller: for what belongs to a thread, such as its hardware counters.
    public func runOnEachThread(_ work: Operator) {
        if threads == 1 {
            work.run(.whole)
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

    /// The operator in hand: its number, how many parts each thread has of it, and whether every thread must do its own
    /// (`Generation`); a rise starts the workers.
    private var generation: UnsafeMutablePointer<Line> { lines }
    /// Parts of the operator in hand that are done.
    private var finished: UnsafeMutablePointer<Line> { lines + 1 }
    private var sleeping: UnsafeMutablePointer<Line> { lines + 2 }
    private var stopping: UnsafeMutablePointer<Line> { lines + 3 }
    /// Which parts of this thread are taken (`Claims`).
    private func claims(_ seat: Int) -> UnsafeMutablePointer<Line> { lines + 4 + seat }

    /// What `generation` holds: number · 512 + parts for each thread · 2 + (1 if each thread must do its own).
    private struct Generation {
        let word: Int
        var partsEach: Int { word >> 1 & 255 }
        var isPinned: Bool { word & 1 == 1 }
        func next(partsEach: Int, isPinned: Bool) -> Generation {
            Generation(word: ((word >> 9) + 1) << 9 | partsEach << 1 | (isPinned ? 1 : 0))
        }
    }

    /// What `claims` holds: the number of the operator · 65536 + parts taken from the front · 256 + parts taken from the end.
    private struct Claims {
        let word: Int
        var number: Int { word >> 16 }
        var front: Int { word >> 8 & 255 }
        var end: Int { word & 255 }
    }

    /// Spins of a wait: a few tens of microseconds, longer than the gap between two layers.
    private let spins: Int
    /// Times that a worker then leaves the processor to others before it sleeps.
    private let yields: Int

    init(threads: Int) {
        self.threads = threads
        let isCrowded = threads > Int(cp_usable_cpus())
        (spins, yields) = isCrowded ? (20, 50) : (4000, 0)
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
        startWorkers(partsEach: 1, isPinned: true)
    }

    func run(_ work: Operator, parts: Int) {
        job = Unmanaged.passUnretained(work)
        finished.pointee.number.store(0, ordering: .relaxed)
        takeParts(of: startWorkers(partsEach: parts / threads, isPinned: false), seat: 0)
        wait(for: parts)
    }

    func runOnEachThread(_ work: Operator) {
        job = Unmanaged.passUnretained(work)
        finished.pointee.number.store(1, ordering: .relaxed)
        startWorkers(partsEach: 1, isPinned: true)
        work.run(Part(0, of: threads))
        wait(for: threads)
    }

    /// Does the parts that nobody has taken yet: the thread's own from the front, then those of the others from the end.
    private func takeParts(of generation: Generation, seat: Int) {
        let each = generation.partsEach
        var owner = seat
        for _ in 0..<threads {
            while let part = claim(generation, from: owner, atEnd: owner != seat) {
                job!._withUnsafeGuaranteedRef { $0.run(Part(owner * each + part, of: threads * each, seat: seat)) }
                finished.pointee.number.add(1, ordering: .releasing)
            }
            owner = owner + 1 == threads ? 0 : owner + 1
        }
    }

    /// One of the owner's parts, or nil if all are taken. A worker that comes late for its generation finds that all parts were taken
    /// in it, or that the owner's are those of a later one.
    private func claim(_ generation: Generation, from owner: Int, atEnd: Bool) -> Int? {
        let number = generation.word >> 9
        let cell = claims(owner)
        var word = cell.pointee.number.load(ordering: .relaxed)
        while true {
            let claims = Claims(word: word)
            guard claims.number <= number else { return nil }
            let (front, end) = claims.number == number ? (claims.front, claims.end) : (0, 0)
            guard front + end < generation.partsEach else { return nil }
            let desired = number << 16 | (front + (atEnd ? 0 : 1)) << 8 | (end + (atEnd ? 1 : 0))
            let (exchanged, original) = cell.pointee.number.compareExchange(
                expected: word, desired: desired, ordering: .acquiringAndReleasing)
            if exchanged { return atEnd ? generation.partsEach - 1 - end : front }
            word = original
        }
    }

    private func wait(for parts: Int) {
        var waits = 0
        while finished.pointee.number.load(ordering: .acquiring) < parts {
            waits += 1
            // Whoever is not done yet may wait for this processor.
            if waits > spins { sched_yield() } else { ck_relax() }
        }
    }

    @discardableResult
    private func startWorkers(partsEach: Int, isPinned: Bool) -> Generation {
        let last = Generation(word: generation.pointee.number.load(ordering: .relaxed))
        let next = last.next(partsEach: partsEach, isPinned: isPinned)
        generation.pointee.number.store(next.word, ordering: .sequentiallyConsistent)
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
        var seen = Generation(word: 0)
        while true {
            seen = nextGeneration(after: seen)
            if stopping.pointee.number.load(ordering: .acquiring) != 0 { return }
            if seen.isPinned {
                // The caller waits for every thread, so the job is still the one of this generation.
                job!._withUnsafeGuaranteedRef { $0.run(Part(index, of: threads)) }
                finished.pointee.number.add(1, ordering: .releasing)
            } else {
                takeParts(of: seen, seat: index)
            }
        }
    }

    private func nextGeneration(after seen: Generation) -> Generation {
        for turn in 0..<spins + yields {
            let now = generation.pointee.number.load(ordering: .acquiring)
            if now != seen.word { return Generation(word: now) }
            if turn < spins { ck_relax() } else { sched_yield() }
        }
        pthread_mutex_lock(mutex)
        sleeping.pointee.number.add(1, ordering: .sequentiallyConsistent)
        var now = generation.pointee.number.load(ordering: .sequentiallyConsistent)
        while now == seen.word {
            pthread_cond_wait(wake, mutex)
            now = generation.pointee.number.load(ordering: .sequentiallyConsistent)
        }
        sleeping.pointee.number.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
        return Generation(word: now)
    }
}
