public import Networks

/// Trains a network by stochastic gradient descent, in float or with simulated quantization. The trained bits are a function of options, images, threads
/// and instruction set; stopping and resuming does not change them.
public final class Trainer {
    public let network: Network
    public let options: TrainingOptions
    private let images: TrainingImages
    private let validation: TrainingImages?
    private let graph: TrainingGraph
    private let objective: any Objective
    private let batch: Int
    private var position: TrainingPosition

    /// - Parameters:
    ///   - validation: evaluated after every epoch.
    ///   - start: parameters of a network that is trained already; nil starts from the seed. Not together with `state`.
    ///   - state: where to go on.
    /// - Throws: `TrainingError` if an option, the images, a node or the state does not fit.
    public init(
        network: Network, images: TrainingImages, validation: TrainingImages? = nil, options: TrainingOptions,
        start: Parameters? = nil, resuming state: TrainingState? = nil
    ) throws(TrainingError) {
        try options.validate()
        try images.check(network)
        try images.targets.check(options)
        try validation?.check(network)
        objective = images.targets.objective(network, labelSmoothing: options.labelSmoothing)
        (self.network, self.images, self.validation, self.options) = (network, images, validation, options)
        batch = min(options.batchSize, images.count)
        graph = try TrainingGraph(
            network, batch: batch, threads: options.threads, level: options.level, purpose: .training,
            quantization: options.quantization)
        if let state {
            position = try TrainingPosition(state.metadata, options: options, images: images.count)
            try graph.store.load(state.parameters)
            try graph.store.loadMomentum(state.parameters)
            try graph.simulation?.activations.load(
                network, state.parameters, done: position.epoch * (images.count / batch) + position.step)
        } else {
            position = TrainingPosition()
            graph.store.initialise(network, seed: options.seed)
            if let start { try graph.store.load(start, steps: false) }
            graph.simulation?.initialiseSteps()
        }
        guard position.step < stepsPerEpoch else {
            throw .resume(reason: "step \(position.step) of an epoch of \(stepsPerEpoch) steps")
        }
    }

    /// Whole batches in the images; what is left over is another selection in every epoch.
    public var stepsPerEpoch: Int { images.count / batch }

    /// The network's parameters as they are now, with what `TrainedRanges` describes.
    public var parameters: Parameters { export(momentum: false) }

    private func export(momentum: Bool) -> Parameters {
        var result = graph.store.export(momentum: momentum)
        graph.simulation?.activations.export(network, into: &result)
        return result
    }

    /// Everything that resuming needs.
    public var state: TrainingState {
        TrainingState(
            parameters: export(momentum: true),
            metadata: position.metadata(options, images: images.count))
    }

    /// Accuracy and loss with the moving statistics.
    public func evaluate(_ images: TrainingImages) throws(TrainingError) -> Evaluation {
        try images.check(network)
        return graph.evaluate(images)
    }

    /// Trains to the last epoch.
    /// - Parameters:
    ///   - progress: called after every step.
    ///   - shouldStop: asked after every step.
    ///   - checkpointEvery: steps between calls of `checkpoint`; nil for none.
    /// - Throws: what `checkpoint` throws; ``TrainingError/diverged(epoch:step:)`` if the loss is no finite number.
    public func run(
        progress: (TrainingProgress) -> Void = { _ in }, shouldStop: () -> Bool = { false },
        checkpointEvery: Int? = nil, checkpoint: (TrainingState) throws -> Void = { _ in }
    ) throws -> TrainingOutcome {
        let total = stepsPerEpoch * options.epochs
        let schedule = OneCycle(maximum: options.maxLearningRate, steps: total, warmUp: options.warmUp)
        let clock = ContinuousClock()
        var (busy, steps) = (Duration.zero, 0)
        while position.epoch < options.epochs {
            let epoch = position.epoch
            let order = Randomness(seed: options.seed, .order, epoch).permutation(images.count)
            while position.step < stepsPerEpoch {
                let done = epoch * stepsPerEpoch + position.step
                let rate = schedule.rate(at: done)
                let mode = mode(done: done, of: total)
                busy += try clock.measure {
                    try step(order, rate: rate, mode: mode)
                    graph.simulation?.activations.finishStep(done: done + 1)
                }
                steps += 1
                position.step += 1
                let reached = (step: position.step, loss: position.loss, correct: position.correct)
                let last = reached.step == stepsPerEpoch
                if last { position = TrainingPosition(epoch: epoch + 1) }
                let seen = Double(reached.step * batch)
                let seconds = busy / .seconds(1)
                progress(
                    TrainingProgress(
                        epoch: epoch + 1, epochs: options.epochs, step: reached.step, steps: stepsPerEpoch,
                        loss: reached.loss / seen, accuracy: Double(reached.correct) / seen, learningRate: rate,
                        imagesPerSecond: seconds > 0 ? Double(steps * batch) / seconds : nil,
                        secondsLeft: seconds > 0 ? seconds / Double(steps) * Double(total - done - 1) : nil,
                        validation: last ? validation.map(graph.evaluate) : nil))
                if let every = checkpointEvery, every > 0, (done + 1) % every == 0 { try checkpoint(state) }
                if done + 1 < total, shouldStop() { return .stopped }
                if last { break }
            }
        }
        return .finished
    }

    /// How the step after `done` of all steps treats batch norm.
    private func mode(done: Int, of total: Int) -> PassMode {
        if let quantization = options.quantization, Double(done) >= quantization.freeze * Double(total) {
            return .frozen
        }
        return .training(statisticsShare: options.statisticsShare)
    }

    /// One batch: forward, backward and the optimiser's step on all threads.
    private func step(_ order: [Int], rate: Double, mode: PassMode) throws(TrainingError) {
        let (graph, images, options, batch, objective) = (graph, images, options, batch, objective)
        let first = position.step * batch
        let augmentation = Augmentation(images.shape, options: options, epoch: position.epoch)
        graph.team.run { member in
            let lane = graph.lanes[member]
            graph.propagate(
                lane, batch: batch, mode: mode, objective: objective
            ) { range in
                for (i, place) in range.enumerated() {
                    let image = order[first + place]
                    let view = augmentation.view(of: image)
                    images.copy(image, view, to: lane.activations[0] + i * images.shape.count)
                    lane.samples.base[i] = Sample(image: image, isMirrored: view.isMirrored)
                }
            }
            graph.team.barrier()
            graph.descend(lane, rate: rate, options: options)
        }
        let sum = graph.lanes.reduce(0) { $0 + $1.loss }
        guard sum.isFinite else { throw .diverged(epoch: position.epoch + 1, step: position.step + 1) }
        position.loss += sum
        position.correct += graph.lanes.reduce(0) { $0 + $1.correct }
    }
}
