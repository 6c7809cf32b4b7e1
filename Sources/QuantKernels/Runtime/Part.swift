/// What one call of an operator does: one of several near-equal parts of the work, with the scratch memory of one thread.
public struct Part: Sendable {
    public let index: Int
    /// How many parts there are.
    public let count: Int
    /// The thread of the pool that works on it: what exists once for each thread is used by its seat.
    public let seat: Int

    /// - Parameter seat: the part's own index where there are as many parts as threads.
    public init(_ index: Int, of count: Int, seat: Int? = nil) {
        (self.index, self.count, self.seat) = (index, count, seat ?? index)
    }

    /// All of the work, on one thread.
    public static let whole = Part(0, of: 1)

    /// Which of its thread's parts it is: 0 for the first of them.
    func placeOfThread(of threads: Int) -> Int { index % max(1, count / threads) }

    /// This part of `number` things.
    public func share(of number: Int) -> Range<Int> { Operator.share(number, part: index, of: count) }
}
