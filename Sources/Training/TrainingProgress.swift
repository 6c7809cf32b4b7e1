/// Where a training stands after a step.
public struct TrainingProgress: Sendable {
    /// The epoch being run, from 1, and their number.
    public let epoch: Int
    public let epochs: Int
    /// Steps done of the epoch, and their number.
    public let step: Int
    public let steps: Int
    /// Mean loss and share of hits over the epoch's steps so far (augmented images, weights changing all the time).
    public let loss: Double
    public let accuracy: Double
    public let learningRate: Double
    /// Training images per second since `run` began, evaluation left out; nil before the first step is timed.
    public let imagesPerSecond: Double?
    /// Seconds of training left at this pace.
    public let secondsLeft: Double?
    /// The validation images' evaluation, after the last step of an epoch.
    public let validation: Evaluation?
}

/// How a run ended.
public enum TrainingOutcome: Sendable, Equatable {
    case finished
    /// `shouldStop` said so: the state can be saved and resumed.
    case stopped
}
