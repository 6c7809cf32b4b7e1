/// How a suite's checkpoints are trained. It says nothing of what is measured.
public struct SuiteTraining: Hashable, Sendable {
    public var float = TrainingRecipe()
    /// With simulated quantization.
    public var qat = TrainingRecipe()

    public init() {}
}

/// How one network is trained: what `bench train` has flags for. What is nil is left to its defaults.
public struct TrainingRecipe: Hashable, Sendable {
    public static let epochsRange = 1...100_000
    public static let batchRange = 1...65_536
    public static let shiftRange = 0...1024
    public static let delayRange = 1...1_000_000_000

    /// Passes over the training images.
    public var epochs: Int?
    /// Images of a step.
    public var batch: Int?
    /// Peak of the one-cycle learning rate.
    public var rate: Double?
    public var momentum: Double?
    public var weightDecay: Double?
    public var labelSmoothing: Double?
    /// Whether images are mirrored by chance.
    public var flips: Bool?
    /// Pixels by which images are moved at most, by chance.
    public var shift: Int?
    /// Probability that a rectangle of an image is filled with noise.
    public var erasing: Double?

    // Of training with simulated quantization only.

    /// Steps before activations are quantized.
    public var delay: Int?
    /// Share of the steps after which batch norm's statistics stay as they are.
    public var freeze: Double?
    /// Whether the weights' scales are learned.
    public var lsq: Bool?
    /// Whether it starts from random weights.
    public var fromScratch: Bool?

    public init() {}

    /// The flags of `bench train` that say the same, such as `--epochs 3 --rate 0.005`; images are not moved or erased by default.
    public var flags: [String] {
        func flag(_ name: String, _ value: (any CustomStringConvertible)?) -> [String] {
            value.map { ["--\(name) \($0)"] } ?? []
        }
        func flag(_ name: String, if isGiven: Bool) -> [String] { isGiven ? ["--\(name)"] : [] }
        return flag("epochs", epochs) + flag("batch", batch) + flag("rate", rate) + flag("momentum", momentum)
            + flag("weight-decay", weightDecay) + flag("label-smoothing", labelSmoothing)
            + flag("no-flips", if: flips == false) + flag("shift", shift == 0 ? nil : shift)
            + flag("erasing", erasing == 0 ? nil : erasing)
            + flag("delay", delay) + flag("freeze", freeze)
            + flag("lsq", if: lsq == true) + flag("from-scratch", if: fromScratch == true)
    }
}
