/// How long a row of trainings still takes. Work is in any unit that grows with the time, such as multiply-accumulates.
public struct TrainingPace: Sendable {
    /// Of trainings that have not begun.
    private var waiting: Double
    private var finished = (work: 0.0, seconds: 0.0)

    /// - Parameter work: of all trainings.
    public init(work: Double) { waiting = work }

    /// A training of this much work begins, or is taken up again.
    public mutating func begin(work: Double) { waiting = max(0, waiting - work) }

    /// It has ended.
    ///
    /// - Parameters: what was done of it here, and how long that took.
    public mutating func finish(work: Double, seconds: Double) {
        finished.work += work
        finished.seconds += seconds
    }

    /// Seconds until the last training's end; nil as long as nothing is done.
    ///
    /// - Parameters:
    ///   - work: what was done here of the training that is running.
    ///   - seconds: how long that took.
    ///   - left: seconds that it still takes.
    public func secondsLeft(work: Double, seconds: Double, left: Double) -> Double? {
        let (work, seconds) = (finished.work + work, finished.seconds + seconds)
        guard work > 0 else { return nil }
        return left + waiting * seconds / work
    }
}
