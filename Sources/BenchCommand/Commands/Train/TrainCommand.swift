internal import ArgumentParser
internal import Networks
internal import Runner
internal import Suites

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network, in float or for integers, or all that a suite lacks, and write checkpoints.",
        discussion: """
            Writes checkpoints/<network>.safetensors (f16 parameters, a few hundred KB) and, while it runs, a resumable \
            state beside it (<network>.training.safetensors), which --resume goes on from, bit for bit.

            With --qat w4c-a8, quantization of that scheme is simulated while training (docs/training.md): it starts from \
            the network's float checkpoint and writes checkpoints/<network>.w4c-a8-qat.safetensors, which cells with the \
            numerics w4c-a8-qat run; with another seed than 1, w4c-a8-qat+seed2.

            With --suite suites/qat.json instead of a network, it trains what the suite's cells need and what is missing, \
            one after the other, as the suite's key "training" says. The same command goes on where it was interrupted.
            """)

    @Argument(help: "A network family that has a dataset, such as fashion_mobilenet_v1.")
    var family: String?
    @Option(help: "Depth multiplier, where the family has one (1.0).") var width: Double?
    @Option(help: "Pixels of the image's side; the dataset is resized.") var resolution: Int?
    @OptionGroup(title: "Recipe") var recipeOptions: RecipeOptions
    @Option(help: "Seed of initialisation, order and what chance does to the images (1).") var seed: UInt64?
    @Option(help: "Worker threads. The trained bits depend on their number.") var threads = 2
    @Option(help: "Train on the first N images only.", transform: positive) var images: Int?
    @Option(name: .customLong("output"), help: "Where the checkpoint goes.") var output: String?
    @Option(
        help:
            "Precision of the checkpoint: f16 or f32 (f16; with --qat f32, which keeps every integer as it was trained).",
        transform: precisionNamed)
    var precision: Checkpoint.Precision?
    @OptionGroup(title: "Simulated quantization") var simulation: SimulationOptions
    @OptionGroup(title: "The checkpoints of a suite") var selection: SuiteSelection
    @Flag(help: "Go on from the state that an interrupted training left.") var resume = false
    @Flag(help: "Say nothing but errors.") var quiet = false
    @Flag(help: "No progress line.") var noProgress = false

    func run() throws {
        guard (1...1024).contains(threads) else { throw Failure(.usage, "--threads \(threads): goes from 1 to 1024") }
        let suite = try selection.load(instead: given)
        let display = TrainingDisplay(quiet: quiet, noProgress: noProgress)
        if let (suite, cells) = suite {
            try SuiteTrainings(
                suite: suite, cells: cells, selection: selection, threads: threads, images: images, display: display
            ).run()
        } else {
            let job = try job()
            try Failure.wrap(.internalError) {
                try TrainingSession(
                    job: job, output: output, from: simulation.from, threads: threads, images: images,
                    precision: precision, display: display
                ).run(resuming: resume)
            }
        }
    }

    /// What on the command line says what is trained, and how.
    private var given: [String] {
        var given = family.map { [$0] } ?? []
        given += [
            ("--width", width != nil), ("--resolution", resolution != nil), ("--qat", simulation.qat != nil),
            ("--seed", seed != nil), ("--output", output != nil), ("--precision", precision != nil),
            ("--resume", resume),
        ].filter(\.1).map(\.0)
        return given + recipeOptions.given + simulation.given
    }

    private func job() throws -> TrainingJob {
        let trained = NetworkFamily.all.filter { $0.dataset != nil }.map(\.name).joined(separator: ", ")
        guard let name = family else {
            throw Failure(.usage, "name a network (\(trained)), or --suite with a suite's file")
        }
        guard let family = NetworkFamily.named(name), let dataset = family.dataset else {
            throw Failure(.usage, "'\(name)' is not a network that is trained here; these are: \(trained)")
        }
        let resolution = try family.checked(resolution: resolution)
        let width = try family.checked(width: width)
        var recipe = recipeOptions.recipe
        simulation.add(to: &recipe)
        return TrainingJob(
            network: family.network(width: width, resolution: resolution), dataset: dataset,
            numerics: try simulation.numerics(seed: seed ?? 1), recipe: recipe, seed: seed ?? 1)
    }
}

private func precisionNamed(_ text: String) throws -> Checkpoint.Precision {
    guard let precision = Checkpoint.Precision(rawValue: text) else {
        throw ValidationError("precision is f16 or f32, not '\(text)'")
    }
    return precision
}

/// A whole number above 0.
func positive(_ text: String) throws -> Int {
    guard let value = Int(text), value > 0 else { throw ValidationError("'\(text)' is not a whole number above 0") }
    return value
}
