/// The threads whose hardware events are counted and summed.
///
/// Hardware counters belong to a thread, and only that thread can read them cheaply and portably. A thread pool
/// therefore lends its way of running a closure on each of its threads:
///
///     ThreadTeam(count: pool.count) { body in pool.runOnEachThread(body) }
public struct ThreadTeam: Sendable {
    public typealias Body = @Sendable (_ thread: Int) -> Void

    public let count: Int
    private let run: @Sendable (@escaping Body) -> Void

    /// - Parameter runOnEachThread: calls its argument once on each of `count` threads with its number 0..<count,
    ///   always the same number on the same thread, and returns when all calls have returned.
    public init(count: Int, runOnEachThread: @escaping @Sendable (@escaping Body) -> Void) {
        self.count = count
        self.run = runOnEachThread
    }

    /// The thread that calls `begin`, `start` and `stop`, and no other.
    public static let callingThread = ThreadTeam(count: 1) { $0(0) }

    public func runOnEachThread(_ body: @escaping Body) { run(body) }
}
