internal import ArgumentParser
internal import Networks
internal import Runner
internal import Suites

/// What `train` takes for training with simulated quantization.
struct SimulationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Train for integers: weights and activations as suites write them, such as w8c-a8, w4c-a8, w8ta-a8.",
            valueName: "scheme"))
    var qat: String?
    @Option(help: "The float checkpoint to start from, if not the network's own.") var from: String?
    @Flag(help: "Start from random weights.") var fromScratch = false
    @Option(help: "Steps before activations are quantized (100; from scratch a tenth of all).") var delay: Int?
    @Option(help: "Share of the steps after which batch norm's statistics stay as they are (0.8).") var freeze: Double?
    @Flag(help: "Learn the scales of weights and activations (LSQ) instead of taking them from minima and maxima.")
    var lsq = false

    /// The flags that stand on the command line, except --qat itself.
    var given: [String] {
        [
            ("--from", from != nil), ("--from-scratch", fromScratch), ("--delay", delay != nil),
            ("--freeze", freeze != nil), ("--lsq", lsq),
        ].filter(\.1).map(\.0)
    }

    func add(to recipe: inout TrainingRecipe) {
        (recipe.delay, recipe.freeze) = (delay, freeze)
        if lsq { recipe.lsq = true }
        if fromScratch { recipe.fromScratch = true }
    }

    /// - Throws: `Failure` for a scheme that is none, and for options that mean nothing without --qat.
    func numerics(seed: UInt64) throws -> QuantizedNumerics? {
        guard let qat else {
            if let flag = given.first { throw Failure(.usage, "\(flag) belongs to --qat, such as --qat w8c-a8") }
            return nil
        }
        guard from == nil || !fromScratch else {
            throw Failure(.usage, "--from and --from-scratch exclude each other")
        }
        guard !lsq || !fromScratch else {
            throw Failure(
                .usage,
                "--lsq starts from a float checkpoint, whose weights set the first scales: leave out --from-scratch")
        }
        let parsed = try Failure.wrap(.usage) { try Numerics(qat) }
        guard case .quantized(var numerics) = parsed else {
            throw Failure(.usage, "--qat \(qat): floats are trained without --qat; write such as w8c-a8")
        }
        guard numerics.seed == 1 else {
            throw Failure(.usage, "--qat \(qat): write --qat \(numerics.scheme) --seed \(numerics.seed)")
        }
        let plain = QuantizedNumerics(
            weightBits: numerics.weightBits, granularity: numerics.granularity, mapping: numerics.mapping,
            activationBits: numerics.activationBits, training: numerics.training)
        guard numerics == plain, !qat.contains("-ptq") else {
            throw Failure(
                .usage,
                "--qat \(qat): what is trained is \(plain.scheme); signs and rounding are chosen when it is run")
        }
        let seeds = QuantizedNumerics.seedRange
        guard let seed = Int(exactly: seed), seeds.contains(seed) else {
            throw Failure(
                .usage,
                "--seed \(seed): trainings for integers are named by it; it goes from \(seeds.lowerBound) to "
                    + "\(seeds.upperBound)")
        }
        (numerics.training, numerics.seed) = (.qat, seed)
        return numerics
    }
}
