internal import ArgumentParser
internal import Datasets
internal import Foundation
internal import Networks
internal import Results
internal import Runner
internal import Suites
internal import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network, in float or for integers, and write its checkpoint.",
        discussion: """
            Writes checkpoints/<network>.safetensors (f16 parameters, a few hundred KB) and, while it runs, a resumable \
            state beside it (<network>.training.safetensors), which --resume goes on from, bit for bit.

            With --qat w4c-a8, quantization of that scheme is simulated while training (docs/training.md): it starts from \
            the network's float checkpoint and writes checkpoints/<network>.w4c-a8-qat.safetensors, which cells with the \
            numerics w4c-a8-qat run.
            """)

    @Argument(help: "A network family that has a dataset, such as fashion_mobilenet_v1.")
    var family: String
    @Option(help: "Depth multiplier.") var width = 1.0
    @Option(help: "Pixels of the image's side; the dataset is resized.") var resolution: Int?
    @Option(help: "Passes over the training images (15; from a float checkpoint 5).")
    var epochs: Int?
    @Option(help: "Images of a step.") var batch = 128
    @Option(help: "Peak of the one-cycle learning rate (0.2; from a float checkpoint 0.005).")
    var rate: Double?
    @Option(help: "Momentum.") var momentum = 0.9
    @Option(help: "L2 decay of the weights.") var weightDecay = 5e-4
    @Option(help: "Label smoothing, 0 to less than 1.") var labelSmoothing = 0.0
    @Option(help: "Seed of initialisation, order and flips.") var seed: UInt64 = 1
    @Option(help: "Worker threads. The trained bits depend on their number.") var threads = 2
    @Flag(help: "Do not mirror images.") var noFlips = false
    @Option(help: "Train on the first N images only.", transform: positive) var images: Int?
    @Option(name: .customLong("output"), help: "Where the checkpoint goes.") var output: String?
    @Option(
        help:
            "Precision of the checkpoint: f16 or f32 (f16; with --qat f32, which keeps every integer as it was trained).",
        transform: precisionNamed)
    var precision: Checkpoint.Precision?
    @OptionGroup(title: "Simulated quantization") var simulation: SimulationOptions
    @Flag(help: "Go on from the state that an interrupted training left.") var resume = false
    @Flag(help: "Say nothing but errors.") var quiet = false
    @Flag(help: "No progress line.") var noProgress = false

    func run() throws {
        guard let family = NetworkFamily.named(family), let datasetName = family.dataset else {
            let trained = NetworkFamily.all.filter { $0.dataset != nil }.map(\.name).joined(separator: ", ")
            throw Failure(.usage, "'\(family)' is not a network that is trained here; these are: \(trained)")
        }
        let resolution = resolution ?? family.defaultResolution
        guard (family.minimumResolution...512).contains(resolution) else {
            throw Failure(.usage, "--resolution \(resolution): goes from \(family.minimumResolution) to 512")
        }
        guard width > 0, width <= 4 else { throw Failure(.usage, "--width \(width): goes from above 0 to 4") }
        guard (1...1024).contains(threads) else { throw Failure(.usage, "--threads \(threads): goes from 1 to 1024") }
        let network = family.network(width: width, resolution: resolution)
        let (train, test) = try datasets(datasetName, network: network)
        let numerics = try simulation.numerics(seed: seed)
        let path = checkpointPath(network, numerics)
        let statePath =
            path.hasSuffix(".safetensors") ? String(path.dropLast(12)) + ".training.safetensors" : path + ".training"
        let options = options(simulation.quantization(numerics, totalSteps: totalSteps(train.count)))
        let state = resume ? try savedState(statePath) : nil
        let start = resume ? nil : try simulation.start(network)
        let trainer: Trainer
        do {
            trainer = try Trainer(
                network: network, images: train, validation: test, options: options, start: start?.parameters,
                resuming: state)
        } catch .option(let name, let reason) {
            throw Failure(.usage, "\(Self.flags[name] ?? name): \(reason)")
        } catch {
            throw Failure(.usage, "\(error)")
        }
        // Found out now, not after the last epoch.
        try OutputPath.makeFolder(DurableFile.folder(of: path))
        try OutputPath.checkFile(path)

        Interrupt.install()
        let line = ProgressLine(enabled: !quiet && !noProgress)
        var last: Evaluation?
        if !quiet {
            Console.note(
                "training \(network.name): \(network.parameterCount) parameters, \(plural(train.count, "image")), "
                    + "\(plural(options.epochs, "epoch")), \(plural(threads, "thread")), seed \(seed)"
                    + (numerics.map { ", simulating \($0.scheme)" } ?? "")
                    + (start?.file.map { ", from \($0)" } ?? ""))
        }
        let outcome = try Failure.wrap(.internalError) {
            try trainer.run(
                progress: { report($0, line, &last) }, shouldStop: { Interrupt.requested },
                checkpointEvery: trainer.stepsPerEpoch,
                checkpoint: { try save($0, to: statePath) })
        }
        line.clear()
        if outcome == .stopped {
            try Failure.wrap(.internalError) { try save(trainer.state, to: statePath) }
            throw Failure(
                .interrupted,
                "interrupted; the state is in \(statePath): the same command with --resume goes on from it")
        }
        let evaluation = try last ?? trainer.evaluate(test)
        let precision = precision ?? (numerics == nil ? .f16 : .f32)
        let card = card(network, trainer, evaluation, datasetName, numerics)
        try Failure.wrap(.internalError) {
            try Checkpoint(parameters: trainer.parameters, metadata: card).save(path, precision: precision)
        }
        try? FileManager.default.removeItem(atPath: statePath)
        var text = "\(path): \(network.name), \(percent(evaluation.correct, evaluation.images)) "
        text += "of \(evaluation.images) test images"
        if let numerics {
            // What was written, not what was trained: the two differ where values were rounded to f16.
            let integer = try Failure.wrap(.internalError) {
                try IntegerAccuracy.measure(
                    network, Checkpoint.load(path), numerics, dataset: datasetName, split: "test", goOn: { _ in true })
            }
            if let integer { text += " simulated, \(percent(integer.correct, integer.images)) by integers alone" }
        }
        print(text)
    }

    private func percent(_ correct: Int, _ images: Int) -> String {
        String(format: "%.2f %%", 100 * Double(correct) / Double(images))
    }

    private func options(_ quantization: SimulatedQuantization?) -> TrainingOptions {
        TrainingOptions(
            epochs: epochCount, batchSize: batch, maxLearningRate: peakRate, momentum: momentum,
            weightDecay: weightDecay, labelSmoothing: labelSmoothing, seed: seed, threads: threads, flips: !noFlips,
            quantization: quantization)
    }

    private var epochCount: Int { epochs ?? (simulation.startsFromFloat ? 5 : 15) }
    private var peakRate: Double { rate ?? (simulation.startsFromFloat ? 0.005 : 0.2) }

    /// Steps of the whole training.
    private func totalSteps(_ images: Int) -> Int { epochCount * (images / max(1, min(batch, images))) }

    private func datasets(_ name: String, network: Network) throws -> (TrainingImages, TrainingImages) {
        try Failure.wrap(.usage) {
            let catalogue = try DatasetCatalogue.named(name)
            func load(_ split: String, limit: Int?) throws -> TrainingImages {
                var set = try catalogue.load(split: split)
                if let limit { set = set.prefix(limit) }
                set = set.resized(to: network.resolution)
                return try TrainingImages(
                    pixels: set.pixels, labels: set.labels, height: set.height, width: set.width, channels: set.channels
                )
            }
            return (try load("train", limit: images), try load("test", limit: nil))
        }
    }

    private func report(_ progress: TrainingProgress, _ line: ProgressLine, _ last: inout Evaluation?) {
        let epoch = "epoch \(progress.epoch)/\(progress.epochs)"
        let rate = progress.imagesPerSecond.map { String(format: "%.0f images/s", $0) }
        let left = progress.secondsLeft.flatMap { $0 > 0 ? "\(ProgressLine.time($0)) left" : nil }
        let loss = String(format: "loss %.4f", progress.loss)
        let accuracy = String(format: "training accuracy %.2f %%", progress.accuracy * 100)
        if let validation = progress.validation {
            last = validation
            line.clear()
            guard !quiet else { return }
            let test = String(format: "test accuracy %.2f %%", validation.accuracy * 100)
            let parts = [loss, accuracy, test, rate, left].compactMap(\.self)
            Console.note("\(epoch): \(parts.joined(separator: ", "))")
        } else {
            let share =
                (Double(progress.epoch - 1) + Double(progress.step) / Double(progress.steps)) / Double(progress.epochs)
            // What matters most stands first: a narrow terminal cuts off the end.
            let parts = [epoch, left, rate, loss, accuracy].compactMap(\.self)
            line.show("\(ProgressLine.bar(share, width: 12)) \(parts.joined(separator: ", "))")
        }
    }

    private func save(_ state: TrainingState, to path: String) throws {
        try Checkpoint(parameters: state.parameters, metadata: state.metadata).save(path, precision: .f32)
    }

    /// The model card that the checkpoint carries.
    private func card(
        _ network: Network, _ trainer: Trainer, _ evaluation: Evaluation, _ dataset: String,
        _ numerics: QuantizedNumerics?
    ) -> [String: String] {
        var command =
            "bench train \(network.family) --width \(width) --resolution \(network.resolution) --epochs \(epochCount)"
        command += " --batch \(batch) --rate \(peakRate) --momentum \(momentum) --weight-decay \(weightDecay)"
        command += " --label-smoothing \(labelSmoothing) --seed \(seed) --threads \(threads)"
        if noFlips { command += " --no-flips" }
        if let images { command += " --images \(images)" }
        if let numerics, let quantization = trainer.options.quantization {
            command += simulation.arguments(numerics, quantization)
        }
        var card = [
            "network": network.name, "dataset": dataset, "command": command,
            "test_accuracy": String(format: "%.2f", evaluation.accuracy * 100), "test_images": "\(evaluation.images)",
            "kernels": trainer.state.metadata["training.kernels"] ?? "",
        ]
        if let numerics { card["numerics"] = "\(numerics)" }
        return card
    }

    /// Where the checkpoint goes; always with a folder, because Foundation traps on the folder of a name of one letter.
    private func checkpointPath(_ network: Network, _ numerics: QuantizedNumerics?) -> String {
        let path = output ?? "checkpoints/" + CheckpointStore.fileName(for: network, numerics?.trainingKind ?? .float)
        return path.contains("/") ? path : "./" + path
    }

    private func savedState(_ path: String) throws -> TrainingState {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(.usage, "no interrupted training to resume: there is no \(path); leave out --resume")
        }
        let checkpoint = try Failure.wrap(.usage) { try Checkpoint.load(path) }
        return TrainingState(parameters: checkpoint.parameters, metadata: checkpoint.metadata)
    }

    /// The flags behind the training's options.
    private static let flags = [
        "epochs": "--epochs", "batchSize": "--batch", "maxLearningRate": "--rate", "momentum": "--momentum",
        "weightDecay": "--weight-decay", "labelSmoothing": "--label-smoothing", "threads": "--threads",
        "scheme": "--qat", "delay": "--delay", "freeze": "--freeze", "learnsSteps": "--lsq",
    ]
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
