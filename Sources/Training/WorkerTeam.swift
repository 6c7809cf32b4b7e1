import Foundation
import Synchronization

/// A fixed team of threads that run one body together and meet at barriers. The caller is member 0.
final class WorkerTeam: Sendable {
    private let meeting: Meeting

    init(threads: Int) {
        let meeting = Meeting(members: threads)
        self.meeting = meeting
        for index in 1..<max(threads, 1) {
            let thread = Thread { meeting.work(index) }
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    deinit { meeting.dismiss() }

    /// Runs the body once on every member, told its index, and returns when all have finished.
    func run(_ body: @Sendable (_ member: Int) -> Void) {
        withoutActuallyEscaping(body) { meeting.run($0) }
    }

    /// Waits until every member has arrived. Only inside a body.
    func barrier() { meeting.barrier() }
}

/// What the threads share: it outlives the team until the last of them has left.
private final class Meeting: @unchecked Sendable {
    // `body` and `dismissed` are written by member 0 only, before a barrier, and read by the others after it.
    private var body: (@Sendable (Int) -> Void)?
    private var dismissed = false
    private let members: Int
    private let arrived = Atomic<Int>(0)
    private let generation = Atomic<Int>(0)
    private let condition = NSCondition()
    /// About 50 µs: longer than a balanced phase's spread, shorter than a time slice.
    private let spins = 20_000

    init(members: Int) { self.members = members }

    func run(_ body: @escaping @Sendable (Int) -> Void) {
        self.body = body
        barrier()
        body(0)
        barrier()
        self.body = nil
    }

    func dismiss() {
        dismissed = true
        barrier()
    }

    func work(_ index: Int) {
        while true {
            barrier()
            if dismissed { return }
            body?(index)
            barrier()
        }
    }

    /// The last to arrive opens the next generation; the others spin for a while, then sleep.
    func barrier() {
        if members == 1 { return }
        let current = generation.load(ordering: .acquiring)
        if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == members {
            arrived.store(0, ordering: .relaxed)
            condition.lock()
            generation.store(current + 1, ordering: .releasing)
            condition.broadcast()
            condition.unlock()
            return
        }
        for _ in 0..<spins where generation.load(ordering: .acquiring) != current { return }
        condition.lock()
        while generation.load(ordering: .acquiring) == current { condition.wait() }
        condition.unlock()
    }
}
