import Counters
import Dispatch
import Foundation

/// Threads that wait for closures: the smallest pool that a `ThreadTeam` can be made of.
final class WorkerTeam: @unchecked Sendable {
    private let wake: [DispatchSemaphore]
    private let done = DispatchSemaphore(value: 0)
    private var job: ((Int) -> Void)?

    init(count: Int) {
        wake = (0..<count).map { _ in DispatchSemaphore(value: 0) }
        for index in 0..<count {
            let thread = Thread { [wake, self] in
                while true {
                    wake[index].wait()
                    defer { done.signal() }
                    guard let job else { return }
                    job(index)
                }
            }
            thread.start()
        }
    }

    func runOnEachThread(_ body: @escaping @Sendable (Int) -> Void) {
        job = body
        for semaphore in wake { semaphore.signal() }
        for _ in wake { done.wait() }
    }

    /// Ends the threads.
    func finish() {
        job = nil
        for semaphore in wake { semaphore.signal() }
        for _ in wake { done.wait() }
    }

    var team: ThreadTeam { ThreadTeam(count: wake.count) { self.runOnEachThread($0) } }
}
