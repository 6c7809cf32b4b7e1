import Networks
import Quantization
import Testing
import Training

/// Training with simulated quantization as a whole: ranges, delay, freeze, resuming.
@Suite struct SimulatedTrainingTests {
    static func options(_ change: (inout SimulatedQuantization) -> Void = { _ in }) -> TrainingOptions {
        var options = TrainerTests.options
        options.quantization = SimulatedQuantization(
            scheme: QuantizationScheme(weightBits: 4), delay: 3, freeze: 0.5, smoothing: 0.9)
        change(&options.quantization!)
        return options
    }

    private func losses(_ options: TrainingOptions, steps: Int = .max) throws -> (losses: [Double], end: Trainer) {
        let trainer = try Trainer(network: .small(), images: quarters(70), options: options)
        var losses: [Double] = []
        var before = 0.0
        _ = try trainer.run(
            progress: {
                // The sum of this step alone.
                let sum = $0.loss * Double($0.step)
                losses.append($0.step == 1 ? sum : sum - before)
                before = sum
            }, shouldStop: { losses.count == steps })
        return (losses, trainer)
    }

    @Test func activationsAreQuantizedAfterTheDelay() throws {
        let early = try losses(Self.options()).losses
        let late = try losses(Self.options { $0.delay = 1000 }).losses
        #expect(early.count == 12)
        #expect(Array(early.prefix(3)) == Array(late.prefix(3)))
        #expect(early[3] != late[3])
    }

    /// a ← s·a + (1 − s)·batch, starting with the first batch: the second step's extremes are what s = 0 leaves.
    @Test func rangesAreMovingAverages() throws {
        func ranges(_ smoothing: Double, _ steps: Int) throws -> [String: [Float]] {
            try losses(
                Self.options {
                    $0.smoothing = smoothing
                    $0.delay = 1000
                }, steps: steps
            ).end.parameters.tensors.filter { $0.key.hasPrefix("range.") }.mapValues(\.values)
        }
        let (first, second, both) = try (ranges(0.75, 1), ranges(0, 2), ranges(0.75, 2))
        #expect(first.keys.sorted() == ["dw", "fc", "pw", "stem"].map { "range.\($0).output" })
        for (name, average) in both {
            for end in 0..<2 {
                let expected = Float(0.75 * Double(first[name]![end]) + 0.25 * Double(second[name]![end]))
                #expect(average[end] == expected)
            }
        }
        // A rectifier's range begins at 0; the logits lie on both sides.
        #expect(both["range.stem.output"]![0] == 0 && both["range.stem.output"]![1] > 0.1)
        #expect(both["range.fc.output"]![0] < 0 && both["range.fc.output"]![1] > 0)
    }

    @Test func frozenStatisticsStayAsTheyAre() throws {
        let fresh = try losses(Self.options { $0.freeze = 0 }).end.parameters
        #expect(fresh["pw.bn.mean"]!.values.allSatisfy { $0 == 0 })
        #expect(fresh["pw.bn.variance"]!.values.allSatisfy { $0 == 1 })
        #expect(fresh["pw.weight"] != nil)
        let half = try losses(Self.options { $0.freeze = 0.5 }, steps: 6).end.parameters
        let whole = try losses(Self.options { $0.freeze = 0.5 }).end.parameters
        #expect(half["pw.bn.mean"] == whole["pw.bn.mean"] && half["pw.bn.mean"] != fresh["pw.bn.mean"])
        #expect(half["pw.weight"] != whole["pw.weight"])
    }

    @Test(arguments: [1, 4, 7], [false, true]) func resumingIsBitIdentical(steps: Int, learnsSteps: Bool) throws {
        let options = Self.options { $0.learnsSteps = learnsSteps }
        let images = try quarters(70)
        let whole = try losses(options).end
        let first = try losses(options, steps: steps).end
        let second = try Trainer(network: .small(), images: images, options: options, resuming: first.state)
        #expect(try second.run() == .finished)
        #expect(second.state == whole.state)
        #expect(whole.state.parameters["range.pw.step"]?.shape == (learnsSteps ? [19] : nil))
        #expect(whole.state.parameters["optimizer.range.pw.step"]?.shape == (learnsSteps ? [19] : nil))
    }

    @Test func aStateOfAnotherTrainingIsRefused() throws {
        let float = try Trainer(network: .small(), images: quarters(70), options: TrainerTests.options)
        #expect(throws: TrainingError.self) {
            _ = try Trainer(network: .small(), images: quarters(70), options: Self.options(), resuming: float.state)
        }
        var state = try losses(Self.options(), steps: 4).end.state
        #expect(throws: TrainingError.self) {
            _ = try Trainer(network: .small(), images: quarters(70), options: TrainerTests.options, resuming: state)
        }
        state.parameters["range.dw.output"] = nil
        #expect(throws: TrainingError.self) {
            _ = try Trainer(network: .small(), images: quarters(70), options: Self.options(), resuming: state)
        }
    }

    @Test func threadsChangeOnlyRounding() throws {
        // Rounding to a neighbouring level is a jump: few steps, many levels.
        var one = Self.options { $0.scheme.weightBits = 8 }
        one.threads = 1
        var three = one
        three.threads = 3
        let (a, b) = try (losses(one, steps: 3).end.parameters, losses(three, steps: 3).end.parameters)
        for (name, tensor) in a.tensors {
            let difference = zip(tensor.values, b[name]!.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(difference < 1e-2, "\(name): \(difference)")
        }
    }

    @Test func learnedStepsBeginAtTheFormula() throws {
        let network = Network.small()
        var samples = Samples(4)
        let parameters = samples.parameters(network)
        var options = Self.options { $0.learnsSteps = true }
        options.maxLearningRate = 1e-12
        options.weightDecay = 0
        let trainer = try Trainer(network: network, images: quarters(70), options: options, start: parameters)
        let steps = try #require(trainer.parameters["range.fc.step"])
        #expect(steps.shape == [4])
        let weights = parameters["fc.weight"]!.values
        for channel in 0..<4 {
            let mean = weights[channel * 19..<channel * 19 + 19].reduce(0) { $0 + abs($1) } / 19
            #expect(abs(steps.values[channel] - 2 * mean / Float(7).squareRoot()) < 1e-6)
        }
        // Everything else is the start's.
        for (name, tensor) in parameters.tensors { #expect(trainer.parameters[name] == tensor) }
    }

    /// Up to the delay a scale is the moving range's, which the range says; then it moves by itself, and takes the range with it.
    @Test func learnedStepsOfActivationsBeginAtTheRange() throws {
        let learning = Self.options { $0.learnsSteps = true }
        let delay = try #require(learning.quantization?.delay)
        let plain = try losses(Self.options(), steps: delay).end.parameters
        let begun = try losses(learning, steps: delay).end.parameters
        let later = try losses(learning, steps: delay + 3).end.parameters
        for node in Network.small().nodes where !node.operation.keepsScale {
            let (range, step) = ("range.\(node.name).output", "range.\(node.name).output.step")
            let ends = try #require(begun[range]).values
            let levels = Float((1 << learning.quantization!.scheme.activationBits) - 1)
            #expect(abs(begun[step]!.values[0] - (ends[1] - ends[0]) / levels) < 1e-5 * ends[1], "\(node.name)")
            #expect(plain[range]!.values.count == 2 && plain[step] == nil)
            let (moved, scale) = (later[range]!.values, later[step]!.values[0])
            #expect(scale != begun[step]!.values[0], "\(node.name)")
            #expect(abs(scale - (moved[1] - moved[0]) / levels) < 1e-5 * moved[1], "\(node.name)")
            // Real 0 stays a level: the ends are whole numbers of steps.
            let zero = -moved[0] / scale
            #expect(abs(zero - zero.rounded()) < 1e-3, "\(node.name)")
        }
    }

    @Test func refusesWhatDoesNotFit() throws {
        func refused(_ change: (inout SimulatedQuantization) -> Void) throws -> TrainingError? {
            #expect(throws: TrainingError.self) {
                _ = try Trainer(network: .small(), images: quarters(8), options: Self.options(change))
            }
        }
        #expect(try refused { $0.delay = 0 } == .option(name: "delay", reason: "0 is not a positive number"))
        #expect(try refused { $0.freeze = 1.5 } == .option(name: "freeze", reason: "1.5 is not in 0...1"))
        #expect(try refused { $0.smoothing = 1 } == .option(name: "smoothing", reason: "1.0 is not in 0..<1"))
        #expect(try refused { $0.scheme.weightBits = 1 } != nil)
        #expect(try refused { $0.scheme.activationBits = 9 } != nil)
        #expect(try refused { $0.scheme.granularity = .perGroup(32) } != nil)
        #expect(
            try refused {
                $0.learnsSteps = true
                $0.scheme.mapping = .affine
            } != nil)
        let network = Network.test(Shape(8, 8, 1)) {
            let conv = $0.append("conv", .conv2d(Window(3), outChannels: 3, activation: .relu, batchNorm: true))
            $0.append("join", .concat, from: [0, conv])
            $0.append("fc", .fullyConnected(outputs: 4, activation: .none))
        }
        #expect(throws: TrainingError.self) {
            _ = try Trainer(network: network, images: quarters(8), options: Self.options())
        }
    }
}
