import Networks
import Testing
import Training

@Suite struct TrainerTests {
    static let options = TrainingOptions(
        epochs: 3, batchSize: 16, maxLearningRate: 0.1, labelSmoothing: 0.05, seed: 11, threads: 2, flips: false)

    private func trained(_ options: TrainingOptions) throws -> Parameters {
        let trainer = try Trainer(network: .small(), images: quarters(70), options: options)
        #expect(try trainer.run() == .finished)
        return trainer.parameters
    }

    @Test func overfitsAFewImages() throws {
        var options = Self.options
        options.epochs = 20
        let images = try quarters(64)
        let trainer = try Trainer(network: .small(), images: images, validation: images, options: options)
        let before = try trainer.evaluate(images)
        var last: TrainingProgress?
        #expect(try trainer.run(progress: { last = $0 }) == .finished)
        let after = try #require(last?.validation)
        #expect(after.accuracy == 1 && after.images == 64)
        #expect(after.loss < 0.3 * before.loss)
        #expect(last?.epoch == 20 && last?.step == 4 && last?.steps == 4)
        #expect(try trainer.evaluate(images) == after)
        let evaluator = try FloatEvaluator(
            network: .small(), parameters: trainer.parameters, batchSize: 7, threads: 3)
        #expect(try evaluator.evaluate(images).correct == after.correct)
        #expect(abs(try evaluator.evaluate(images).loss - after.loss) < 1e-6)
    }

    @Test(arguments: [1, 2, 3]) func sameSeedAndThreadsGiveSameBits(threads: Int) throws {
        var options = Self.options
        (options.threads, options.flips) = (threads, true)
        let first = try trained(options)
        #expect(try trained(options) == first)
        options.seed += 1
        #expect(try trained(options) != first)
    }

    @Test func threadsChangeOnlyRounding() throws {
        var one = Self.options
        (one.threads, one.epochs) = (1, 1)
        var three = one
        three.threads = 3
        try expectClose(trained(one), trained(three), 2e-3)
    }

    @Test func instructionSetsChangeOnlyRounding() throws {
        var options = Self.options
        (options.level, options.epochs) = (0, 1)
        let baseline = try trained(options)
        for level in KernelLevel.available.dropFirst() {
            options.level = level.level
            try expectClose(trained(options), baseline, 2e-3)
        }
    }

    private func expectClose(_ a: Parameters, _ b: Parameters, _ tolerance: Float) {
        for (name, tensor) in a.tensors {
            let difference = zip(tensor.values, b[name]!.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(difference < tolerance, "\(name): \(difference)")
        }
    }

    /// Stops in the middle of an epoch and at its end; shuffling and what chance does to the images go on as if nothing had happened.
    @Test(arguments: [1, 4, 6]) func resumingIsBitIdentical(steps: Int) throws {
        var options = Self.options
        options.flips = true
        (options.shift, options.erasing, options.nesterov) = (1, 0.5, true)
        let images = try quarters(70)
        let whole = try Trainer(network: .small(), images: images, options: options)
        var losses: [Double] = []
        _ = try whole.run(progress: { losses.append($0.loss) })

        let first = try Trainer(network: .small(), images: images, options: options)
        var (done, resumed): (Int, [Double]) = (0, [])
        let outcome = try first.run(
            progress: {
                done += 1
                resumed.append($0.loss)
            }, shouldStop: { done == steps })
        #expect(outcome == .stopped)
        let second = try Trainer(network: .small(), images: images, options: options, resuming: first.state)
        #expect(try second.run(progress: { resumed.append($0.loss) }) == .finished)
        #expect(second.state == whole.state)
        #expect(resumed == losses)
    }

    @Test func checkpointsComeAtTheirSteps() throws {
        let trainer = try Trainer(network: .small(), images: quarters(70), options: Self.options)
        var positions: [String] = []
        _ = try trainer.run(
            checkpointEvery: 3,
            checkpoint: { positions.append("\($0.metadata["training.epoch"]!).\($0.metadata["training.step"]!)") })
        #expect(positions == ["0.3", "1.2", "2.1", "3.0"])
        #expect(trainer.state.parameters["optimizer.pw.weight"]?.shape == [19, 1, 1, 8])
    }

    @Test func refusesAForeignState() throws {
        let images = try quarters(70)
        let trainer = try Trainer(network: .small(), images: images, options: Self.options)
        var other = Self.options
        other.maxLearningRate = 0.2
        #expect(throws: TrainingError.resume(reason: "maxLearningRate was 0.1 and is now 0.2: start anew or use 0.1")) {
            _ = try Trainer(network: .small(), images: images, options: other, resuming: trainer.state)
        }
        var state = trainer.state
        state.metadata["training.step"] = "x"
        #expect(throws: TrainingError.resume(reason: "'training.step' is 'x', not a number")) {
            _ = try Trainer(network: .small(), images: images, options: Self.options, resuming: state)
        }
        state = trainer.state
        state.parameters["optimizer.dw.weight"] = nil
        #expect(throws: TrainingError.parameter(name: "optimizer.dw.weight", reason: "missing")) {
            _ = try Trainer(network: .small(), images: images, options: Self.options, resuming: state)
        }
        #expect(throws: TrainingError.self) {
            _ = try Trainer(
                network: .small(), images: images, options: Self.options,
                resuming: TrainingState(parameters: trainer.parameters, metadata: [:]))
        }
    }

    @Test func refusesWhatDoesNotFit() throws {
        let images = try quarters(8)
        var bad = Self.options
        bad.momentum = 1
        #expect(throws: TrainingError.option(name: "momentum", reason: "1.0 is not in 0..<1")) {
            _ = try Trainer(network: .small(), images: images, options: bad)
        }
        #expect(throws: TrainingError.self) {
            _ = try Trainer(network: .small(9), images: images, options: Self.options)
        }
        #expect(throws: TrainingError.images(reason: "label 3 in a network of 3 classes")) {
            _ = try Trainer(network: .small(classes: 3), images: images, options: Self.options)
        }
        #expect(throws: TrainingError.self) {
            _ = try TrainingImages(pixels: [1, 2, 3], labels: [0], height: 2, width: 2)
        }
        var padded = Network.small()
        padded.append("end", .softmax)
        #expect(throws: TrainingError.self) {
            _ = try Trainer(network: padded, images: images, options: Self.options)
        }
        let dangling = Network.test(Shape(8, 8, 1)) {
            $0.append("lost", .maxPool(Window(2)))
            $0.append("fc", .fullyConnected(outputs: 4, activation: .none), from: [0])
        }
        #expect(throws: TrainingError.unsupported(node: "lost", reason: "nothing reads its output")) {
            _ = try Trainer(network: dangling, images: images, options: Self.options)
        }
    }

    @Test func divergenceIsReported() throws {
        var options = Self.options
        (options.maxLearningRate, options.momentum, options.epochs) = (1e30, 0, 5)
        let trainer = try Trainer(network: .small(), images: quarters(70), options: options)
        #expect(throws: TrainingError.self) { _ = try trainer.run() }
    }

    @Test func learningRateIsOneCycle() {
        let cycle = OneCycle(maximum: 0.2, steps: 1000, warmUp: 0.3)
        #expect(abs(cycle.rate(at: 0) - 0.008) < 1e-12)
        #expect(abs(cycle.rate(at: 299) - 0.2) < 1e-12)
        #expect(abs(cycle.rate(at: 999) - 0.008 / 10_000) < 1e-12)
        let rates = (0..<1000).map(cycle.rate(at:))
        #expect(zip(rates, rates.dropFirst()).prefix(299).allSatisfy { $0 < $1 })
        #expect(zip(rates, rates.dropFirst()).dropFirst(299).allSatisfy { $0 > $1 })
        #expect(abs(cycle.rate(at: 649) - 0.1) < 1e-3)
        #expect(OneCycle(maximum: 0.2, steps: 1, warmUp: 0.3).rate(at: 0) == 0.2)
    }
}
