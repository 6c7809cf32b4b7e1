/// How to train. The defaults are those of the shipped checkpoints.
public struct TrainingOptions: Sendable, Equatable {
    /// Passes over the training images.
    public var epochs: Int
    /// Images of a step; the last, incomplete batch of an epoch is left out.
    public var batchSize: Int
    /// Peak of the one-cycle learning rate.
    public var maxLearningRate: Double
    /// Share of the steps in which the rate rises.
    public var warmUp: Double
    public var momentum: Double
    public var nesterov: Bool
    /// L2 decay of weights; biases and batch norm's γ and β are not decayed.
    public var weightDecay: Double
    /// Share of the target distribution that is spread evenly over the classes.
    public var labelSmoothing: Double
    /// Share of the batch in batch norm's moving statistics: m ← (1 − share)·m + share·batch.
    public var statisticsShare: Double
    /// Seed of initialisation, order and what is done to the images by chance.
    public var seed: UInt64
    /// Worker threads. The result is a function of seed, threads and instruction set.
    public var threads: Int
    /// Mirrors every image with probability ½.
    public var flips: Bool
    /// Moves every image by 0 to so many pixels up or down, and left or right, evenly distributed.
    public var shift: Int
    /// Probability that a rectangle of an image is filled with noise (random erasing, Zhong et al. 2017, arXiv:1708.04896).
    public var erasing: Double
    /// Highest kernel level to use: 0 baseline, 1 AVX2 + FMA, 2 AVX-512.
    public var level: Int
    /// Trains with simulated quantization; nil trains in float.
    public var quantization: SimulatedQuantization?

    public init(
        epochs: Int = 15, batchSize: Int = 128, maxLearningRate: Double = 0.2, warmUp: Double = 0.3,
        momentum: Double = 0.9, nesterov: Bool = false, weightDecay: Double = 5e-4, labelSmoothing: Double = 0,
        statisticsShare: Double = 0.1, seed: UInt64 = 1, threads: Int = 2, flips: Bool = true, shift: Int = 0,
        erasing: Double = 0,
        level: Int = 2,
        quantization: SimulatedQuantization? = nil
    ) {
        (self.epochs, self.batchSize, self.maxLearningRate) = (epochs, batchSize, maxLearningRate)
        (self.warmUp, self.momentum, self.nesterov) = (warmUp, momentum, nesterov)
        (self.weightDecay, self.labelSmoothing) = (weightDecay, labelSmoothing)
        (self.statisticsShare, self.seed, self.threads) = (statisticsShare, seed, threads)
        (self.flips, self.shift, self.erasing) = (flips, shift, erasing)
        (self.level, self.quantization) = (level, quantization)
    }

    /// Throws ``TrainingError/option(name:reason:)`` for the first option out of its range.
    public func validate() throws(TrainingError) {
        func require(_ fits: Bool, _ name: String, _ reason: String) throws(TrainingError) {
            guard fits else { throw .option(name: name, reason: reason) }
        }
        try require(epochs > 0, "epochs", "\(epochs) is not a positive number")
        try require(batchSize > 0, "batchSize", "\(batchSize) is not a positive number")
        try require(threads > 0, "threads", "\(threads) is not a positive number")
        try require(
            maxLearningRate > 0 && maxLearningRate.isFinite, "maxLearningRate",
            "\(maxLearningRate) is not a positive number")
        try require(0..<1 ~= momentum, "momentum", "\(momentum) is not in 0..<1")
        try require(0...1 ~= warmUp, "warmUp", "\(warmUp) is not in 0...1")
        try require(0..<1 ~= labelSmoothing, "labelSmoothing", "\(labelSmoothing) is not in 0..<1")
        try require(0...1 ~= statisticsShare, "statisticsShare", "\(statisticsShare) is not in 0...1")
        try require(weightDecay >= 0 && weightDecay.isFinite, "weightDecay", "\(weightDecay) is negative")
        try require(0...1024 ~= shift, "shift", "\(shift) is not in 0...1024")
        try require(0...1 ~= erasing, "erasing", "\(erasing) is not in 0...1")
        try quantization?.validate()
    }

    /// Everything that the trained bits depend on besides threads and instruction set: a resumed training must agree.
    var identity: [(name: String, value: String)] {
        [
            ("epochs", "\(epochs)"), ("batchSize", "\(batchSize)"), ("maxLearningRate", "\(maxLearningRate)"),
            ("warmUp", "\(warmUp)"), ("momentum", "\(momentum)"), ("nesterov", "\(nesterov)"),
            ("weightDecay", "\(weightDecay)"), ("labelSmoothing", "\(labelSmoothing)"),
            ("statisticsShare", "\(statisticsShare)"), ("seed", "\(seed)"), ("flips", "\(flips)"),
            ("shift", "\(shift)"), ("erasing", "\(erasing)"),
        ] + (quantization?.identity ?? [])
    }
}
