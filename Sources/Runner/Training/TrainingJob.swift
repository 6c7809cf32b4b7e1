public import Networks
internal import Quantization
public import Suites
public import Training

/// One training: of which network, for which numbers, how.
public struct TrainingJob: Sendable {
    public let network: Network
    /// Registered name of the dataset.
    public let dataset: String
    /// The integers that it is trained for; nil: floats.
    public let numerics: QuantizedNumerics?
    /// As it was asked for; `settledRecipe` has the defaults.
    public let recipe: TrainingRecipe
    public let seed: UInt64

    public init(
        network: Network, dataset: String, numerics: QuantizedNumerics?, recipe: TrainingRecipe, seed: UInt64
    ) {
        (self.network, self.dataset, self.numerics) = (network, dataset, numerics)
        (self.recipe, self.seed) = (recipe, seed)
    }

    public var kind: TrainingKind { numerics?.trainingKind ?? .float }

    /// `fashion_mobilenet_v1_0.25_28`, `fashion_mobilenet_v1_0.25_28 w4c-a8-qat`.
    public var name: String { kind == .float ? network.name : "\(network.name) \(kind)" }

    /// Whether it begins with the parameters of the network's float checkpoint.
    public var startsFromFloat: Bool { numerics != nil && recipe.fromScratch != true }

    /// The recipe with nothing left open.
    ///
    /// - Parameter images: how many it is trained on.
    public func settledRecipe(images: Int) -> TrainingRecipe {
        let defaults = TrainingOptions()
        var settled = recipe
        // What is trained already is only adjusted.
        settled.epochs = recipe.epochs ?? (startsFromFloat ? 5 : defaults.epochs)
        settled.rate = recipe.rate ?? (startsFromFloat ? 0.005 : rateFromScratch)
        settled.batch = recipe.batch ?? defaults.batchSize
        settled.momentum = recipe.momentum ?? defaults.momentum
        settled.weightDecay = recipe.weightDecay ?? defaults.weightDecay
        settled.labelSmoothing = recipe.labelSmoothing ?? defaults.labelSmoothing
        settled.flips = recipe.flips ?? defaults.flips
        settled.shift = recipe.shift ?? defaults.shift
        settled.erasing = recipe.erasing ?? defaults.erasing
        guard let scheme = numerics?.scheme else { return settled }
        let simulation = SimulatedQuantization(scheme: scheme)
        let steps = settled.epochs! * (images / max(1, min(settled.batch!, images)))
        settled.delay = recipe.delay ?? (startsFromFloat ? simulation.delay : max(1, steps / 10))
        settled.freeze = recipe.freeze ?? simulation.freeze
        settled.lsq = recipe.lsq ?? simulation.learnsSteps
        return settled
    }

    /// Half of it for detectors and for large networks: at 0.2, fashion_mobilenet_v1 of width 1.0 lost in its fifth epoch what it had
    /// learnt, and stayed a point below width 0.5.
    private var rateFromScratch: Double {
        let usual = TrainingOptions().maxLearningRate
        return network.head == nil && network.parameterCount < 1_000_000 ? usual : usual / 2
    }

    /// - Parameter images: how many it is trained on.
    public func options(images: Int, threads: Int) -> TrainingOptions {
        let recipe = settledRecipe(images: images)
        return TrainingOptions(
            epochs: recipe.epochs!, batchSize: recipe.batch!, maxLearningRate: recipe.rate!,
            momentum: recipe.momentum!, weightDecay: recipe.weightDecay!, labelSmoothing: recipe.labelSmoothing!,
            seed: seed, threads: threads, flips: recipe.flips!, shift: recipe.shift!, erasing: recipe.erasing!,
            quantization: numerics.map {
                SimulatedQuantization(
                    scheme: $0.scheme, delay: recipe.delay!, freeze: recipe.freeze!, learnsSteps: recipe.lsq!)
            })
    }

    /// Multiply-accumulates of the forward passes over all images of all epochs.
    public func work(images: Int) -> Double {
        Double(network.macs) * Double(images) * Double(settledRecipe(images: images).epochs!)
    }

    /// The command that does the same again.
    public func command(images: Int, threads: Int) -> String {
        let axes = (network.width.map { ["--width \($0)"] } ?? []) + ["--resolution \(network.resolution)"]
        let simulated = (numerics.map { ["--qat \($0.scheme)"] } ?? [])
        return
            (["bench train \(network.family)"] + axes + simulated + settledRecipe(images: images).flags
            + ["--seed \(seed)", "--threads \(threads)"]).joined(separator: " ")
    }

    /// Why it cannot be done, whatever the images; nil if nothing is known against it.
    func objection() -> String? {
        do {
            if let scheme = numerics?.scheme { try scheme.checkWeights() }
            let options = options(images: 1, threads: 1)
            try options.validate()
            if network.head != nil { try TrainingTargets.objects([]).check(options) }
            return nil
        } catch TrainingError.option(_, let reason) { return reason } catch { return "\(error)" }
    }
}

extension QuantizationScheme {
    /// - Throws: for weights that cannot be quantized so.
    func checkWeights() throws(QuantizationError) {
        _ = try WeightQuantizer(bits: weightBits, mapping: mapping, granularity: granularity)
    }
}
