internal import Foundation
internal import Networks
internal import Results
internal import Runner
internal import Training

/// One training from its images to its checkpoint.
struct TrainingSession {
    let job: TrainingJob
    /// The checkpoint's path.
    let path: String
    /// The float checkpoint to start from, if not the network's own.
    let from: String?
    let threads: Int
    /// Trains on the first so many only.
    let images: Int?
    let precision: Checkpoint.Precision
    var display: TrainingDisplay

    /// - Parameters:
    ///   - output: the checkpoint's path, if not the usual one.
    ///   - precision: nil: f16, and f32 for integers.
    init(
        job: TrainingJob, output: String? = nil, from: String? = nil, threads: Int, images: Int?,
        precision: Checkpoint.Precision? = nil, display: TrainingDisplay
    ) {
        let path = output ?? "checkpoints/" + CheckpointStore.fileName(for: job.network, job.kind)
        // Always with a folder, because Foundation traps on the folder of a name of one letter.
        self.path = path.contains("/") ? path : "./" + path
        (self.job, self.from, self.threads, self.images) = (job, from, threads, images)
        self.precision = precision ?? (job.numerics == nil ? .f16 : .f32)
        self.display = display
    }

    /// Where the state of an interrupted training is.
    var statePath: String {
        let ending = ".safetensors"
        return path.hasSuffix(ending) ? path.dropLast(ending.count) + ".training" + ending : path + ".training"
    }

    var hasState: Bool { FileManager.default.fileExists(atPath: statePath) }

    /// Trains, writes the checkpoint and says on stdout what it is worth.
    ///
    /// - Parameters:
    ///   - resuming: goes on from the state of an interrupted training, which must be there.
    ///   - leftOfAll: seconds until the last training's end, after each step.
    /// - Throws: `Failure`; `TrainingError.diverged`.
    func run(resuming: Bool, leftOfAll: (TrainingProgress) -> Double? = { _ in nil }) throws {
        let data = try TrainingData(job.dataset, for: job.network, limit: images)
        let options = job.options(images: data.train.count, threads: threads)
        let state = resuming ? try state() : nil
        let start = resuming ? nil : try start()
        let trainer = try trainer(data, options, start: start, state: state)
        // Found out now, not after the last epoch.
        try OutputPath.makeFolder(DurableFile.folder(of: path))
        try OutputPath.checkFile(path)

        Interrupt.install()
        var last: Evaluation?
        display.note(
            "training \(job.network.name): \(job.network.parameterCount) parameters, "
                + "\(plural(data.train.count, "image")), \(plural(options.epochs, "epoch")), "
                + "\(plural(threads, "thread")), seed \(job.seed)"
                + (job.numerics.map { ", simulating \($0.scheme)" } ?? "") + (start?.file.map { ", from \($0)" } ?? "")
                + (resuming ? ", going on from \(statePath)" : ""))
        let outcome = try trainer.run(
            progress: { progress in
                last = progress.validation ?? last
                display.show(progress, hits: data.train.targets.hits, leftOfAll: leftOfAll(progress))
            },
            shouldStop: { Interrupt.requested }, checkpointEvery: trainer.stepsPerEpoch,
            checkpoint: { try save($0) })
        display.line.clear()
        if outcome == .stopped {
            try save(trainer.state)
            throw Failure(
                .interrupted,
                "interrupted; the state is in \(statePath): the same command with --resume goes on from it")
        }
        let evaluation = try last ?? trainer.evaluate(data.test)
        var card = card(trainer, evaluation, data.train.count)
        func write() throws {
            try Failure.wrap(.internalError) {
                try Checkpoint(parameters: trainer.parameters, metadata: card).save(path, precision: precision)
            }
        }
        try write()
        try? FileManager.default.removeItem(atPath: statePath)
        let measured = try measured()
        if case .detection(let quality)? = measured {
            card["test_map"] = String(format: "%.2f", quality.map)
            try write()
        }
        print("\(path): \(job.network.name), \(summary(evaluation, measured))")
    }

    private func trainer(
        _ data: TrainingData, _ options: TrainingOptions, start: Checkpoint?, state: TrainingState?
    ) throws -> Trainer {
        do {
            return try Trainer(
                network: job.network, images: data.train, validation: data.test, options: options,
                start: start?.parameters, resuming: state)
        } catch .option(let name, let reason) {
            throw Failure(.usage, "\(Self.flags[name] ?? name): \(reason)")
        } catch .resume(let reason) {
            throw misfit(reason)
        } catch {
            throw Failure(.usage, "\(error)")
        }
    }

    // MARK: The state

    /// Looks whether the training could go on from the state that is there.
    ///
    /// - Parameter images: how many it is trained on.
    /// - Throws: `Failure` with status usage.
    func checkState(images: Int) throws {
        do {
            try state().check(options: job.options(images: images, threads: threads), images: images)
        } catch TrainingError.resume(let reason) { throw misfit(reason) }
    }

    private func misfit(_ reason: String) -> Failure {
        Failure(.usage, "\(statePath): cannot resume: \(reason) (to start anew, remove the file)")
    }

    private func state() throws -> TrainingState {
        guard hasState else {
            throw Failure(.usage, "no interrupted training to resume: there is no \(statePath); leave out --resume")
        }
        let checkpoint = try Failure.wrap(.usage) { try Checkpoint.load(statePath) }
        return TrainingState(parameters: checkpoint.parameters, metadata: checkpoint.metadata)
    }

    private func save(_ state: TrainingState) throws {
        try Failure.wrap(.internalError) {
            try Checkpoint(parameters: state.parameters, metadata: state.metadata).save(statePath, precision: .f32)
        }
    }

    // MARK: The checkpoint

    /// The float checkpoint to start from; nil to start from random weights.
    /// - Throws: `Failure` with status usage.
    func start() throws -> Checkpoint? {
        guard job.startsFromFloat else { return nil }
        return try Failure.wrap(.usage) {
            guard let from else {
                return try CheckpointStore(shareDirectory: Resources.shareDirectory).load(for: job.network)
            }
            let checkpoint = try Checkpoint.load(from)
            try checkpoint.validate(against: job.network)
            return checkpoint
        }
    }

    /// The model card that the checkpoint carries.
    private func card(_ trainer: Trainer, _ evaluation: Evaluation, _ count: Int) -> [String: String] {
        var command = job.command(images: count, threads: threads)
        if let images { command += " --images \(images)" }
        if let from { command += " --from \(from)" }
        var card = [
            "network": job.network.name, "dataset": job.dataset, "command": command,
            "test_images": "\(evaluation.images)", "kernels": trainer.state.metadata["training.kernels"] ?? "",
        ]
        // A detector's card gets its mAP once the file is written.
        if job.network.head == nil { card["test_accuracy"] = String(format: "%.2f", evaluation.accuracy * 100) }
        if let numerics = job.numerics { card["numerics"] = "\(numerics)" }
        return card
    }

    /// What the checkpoint is worth by the kernels that suites time; nil where the training's own evaluation says it.
    private func measured() throws -> CheckpointQuality? {
        guard job.numerics != nil || job.network.head != nil else { return nil }
        // What was written, not what was trained: the two differ where values were rounded to f16.
        return try Failure.wrap(.internalError) {
            try CheckpointQuality.measure(
                job.network, Checkpoint.load(path), job.numerics, dataset: job.dataset, split: "test",
                goOn: { _ in true })
        }
    }

    private func summary(_ evaluation: Evaluation, _ measured: CheckpointQuality?) -> String {
        if let measured, case .detection = measured {
            return "\(measured.text) on \(evaluation.images) test images"
                + (job.numerics == nil ? "" : " by integers alone")
        }
        let own = CheckpointQuality.classes(correct: evaluation.correct, images: evaluation.images).text
        return "\(own) of \(evaluation.images) test images"
            + (measured.map { " simulated, \($0.text) by integers alone" } ?? "")
    }

    /// The flags behind the training's options.
    private static let flags = [
        "epochs": "--epochs", "batchSize": "--batch", "maxLearningRate": "--rate", "momentum": "--momentum",
        "weightDecay": "--weight-decay", "labelSmoothing": "--label-smoothing", "shift": "--shift",
        "erasing": "--erasing", "threads": "--threads",
        "scheme": "--qat", "delay": "--delay", "freeze": "--freeze", "learnsSteps": "--lsq",
    ]
}
