import CKernels
import Networks
import Quantization

/// The ranges of the activations during training, for each set of tensors that share a scale, and the levels that follow from
/// them: exponential moving averages of every step's extremes, or, once quantization has begun, learned scales.
///
/// A learned scale s (LSQ, Esser et al. 2019, arXiv:1902.08153) begins at the moving average's. The zero point Z stays as it was
/// then, so that the range (0 − Z)·s … (2ᵇ − 1 − Z)·s grows with it, and real 0 stays exact. Its gradient
///
///     ∂L/∂s = Σ ∂L/∂ŷ · (round(y/s) − y/s inside, −Z or 2ᵇ − 1 − Z outside)
///
/// is damped by 1/√(N·(2ᵇ − 1)), N being the elements of an image that take the scale.
final class ActivationSimulation: @unchecked Sendable {
    private let sets: SharedScales
    private let range: IntegerRange
    private let smoothing: Double
    private let delay: Int
    private let lanes: Int
    /// By set, as the kernels take them; written between steps only.
    private let fakes: Buffer<ck_training_fake>
    /// Of every lane a minimum and a maximum by set, since the step began; lanes stand on cache lines of their own.
    private let extremes: FloatBuffer
    private let stride: Int
    /// By set; nil before the first step.
    private(set) var ranges: [(minimum: Float, maximum: Float)?]
    private let store: ParameterStore
    /// By set: place of a learned scale among the parameters, and what its gradient is multiplied by.
    private let learned: [Int: (place: Int, damping: Double)]

    /// The learned scales: sets and the names of their parameters. A set's first tensor is a computed one.
    static func steps(_ network: Network) -> [(set: Int, name: String)] {
        let sets = SharedScales(network)
        return (1...network.last).filter { sets.root($0) == $0 }.map {
            ($0, TrainedRanges.outputStep(network.nodes[$0 - 1].name))
        }
    }

    /// - Parameter store: must have the tensors of `steps` if scales are learned.
    /// - Throws: `TrainingError.unsupported` if a computed tensor would have to take the input's fixed scale.
    init(
        _ network: Network, _ options: SimulatedQuantization, store: ParameterStore, lanes: Int
    ) throws(TrainingError) {
        let sets = SharedScales(network)
        (self.sets, self.store) = (sets, store)
        do { range = try .unsigned(bits: options.scheme.activationBits) } catch {
            throw .option(name: "scheme", reason: "\(error)")
        }
        for (index, node) in network.nodes.enumerated() where !node.operation.keepsScale && sets.root(index + 1) == 0 {
            throw .unsupported(
                node: node.name, reason: "its output is concatenated with the input, whose scale is fixed")
        }
        (smoothing, delay, self.lanes) = (options.smoothing, options.delay, lanes)
        var learned: [Int: (place: Int, damping: Double)] = [:]
        for (set, name) in options.learnsSteps ? Self.steps(network) : [] {
            let elements = network.nodes.indices.filter {
                network.nodes[$0].operation.roundsOutput && sets.root($0 + 1) == set
            }.reduce(0) { $0 + network.nodes[$1].output.count }
            learned[set] = (store.offset(name), 1 / (Double(elements) * Double(range.highest)).squareRoot())
        }
        self.learned = learned
        let count = network.last + 1
        stride = (2 * count + 15) / 16 * 16
        fakes = Buffer(count, zero: ck_training_fake())
        extremes = FloatBuffer(lanes * stride)
        ranges = Array(repeating: nil, count: count)
        // An 8-bit image is its own quantization: scale 1/255, and nothing below 0.
        fakes.base[0] = ck_training_fake(inverse: 255, lowest: 0, highest: 255, step: 1 / 255, enabled: 1)
    }

    /// What the kernels do with this tensor now.
    func fake(_ tensor: Int) -> UnsafePointer<ck_training_fake> { UnsafePointer(fakes.base + sets.root(tensor)) }

    /// Where the lane notes the tensor's extremes.
    func extremes(_ tensor: Int, _ lane: Lane) -> UnsafeMutablePointer<Float> {
        extremes.base + lane.index * stride + 2 * sets.root(tensor)
    }

    /// Whether the tensor's scale is learned, and takes a gradient now.
    func learns(_ tensor: Int) -> Bool { learned[sets.root(tensor)] != nil && fake(tensor).pointee.enabled != 0 }

    /// Adds the gradient by the tensor's learned scale.
    ///
    /// - Parameters:
    ///   - values: before they were rounded; `count` of them.
    ///   - gradient: by the rounded ones.
    func learn(
        _ tensor: Int, _ count: Int, _ values: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ lane: Lane
    ) {
        guard let (place, damping) = learned[sets.root(tensor)] else { return }
        let sum = lane.kernels.fake_step(Int64(count), gradient, values, fake(tensor))
        lane.parameterGradient[place] += Float(sum * damping)
    }

    /// The interval of the activation function's output in which gradients pass.
    func bounds(_ tensor: Int, _ activation: Activation) -> (lower: Float, upper: Float) {
        let (fake, bounds) = (fake(tensor).pointee, activation.bounds)
        guard fake.enabled != 0 else { return bounds }
        return (max(bounds.lower, fake.lowest * fake.step), min(bounds.upper, fake.highest * fake.step))
    }

    /// Moves the ranges by the extremes of a step, the `done`th. Between steps only.
    func finishStep(done: Int) {
        for set in ranges.indices.dropFirst() {
            var (low, high): (Float, Float) = (0, 0)
            for lane in 0..<lanes {
                let place = extremes.base + lane * stride + 2 * set
                (low, high) = (min(low, place[0]), max(high, place[1]))
                (place[0], place[1]) = (0, 0)
            }
            if let place = learned[set]?.place, done > delay {
                let scale = store.scale(place)
                ranges[set] = (fakes.base[set].lowest * scale, fakes.base[set].highest * scale)
                continue
            }
            ranges[set] =
                ranges[set].map { old in
                    func average(_ old: Float, _ new: Float) -> Float {
                        Float(smoothing * Double(old) + (1 - smoothing) * Double(new))
                    }
                    return (average(old.minimum, low), average(old.maximum, high))
                } ?? (low, high)
        }
        setLevels(done: done)
        guard done == delay else { return }
        for (set, learned) in learned { store.values.base[learned.place] = fakes.base[set].step }
    }

    /// The levels of the next step, `done` steps being done.
    private func setLevels(done: Int) {
        for set in ranges.indices.dropFirst() {
            // What is not finite any more ends the training at the loss.
            guard let range = ranges[set],
                let parameters = try? QuantizationParameters.affine(
                    minimum: Double(range.minimum), maximum: Double(range.maximum), range: self.range)
            else { continue }
            fakes.base[set] = ck_training_fake(
                inverse: Float(1 / parameters.scale), lowest: Float(self.range.lowest - parameters.zeroPoint),
                highest: Float(self.range.highest - parameters.zeroPoint), step: Float(parameters.scale),
                enabled: done >= delay ? 1 : 0)
        }
    }

    /// Adds the range of every computed tensor that has one.
    func export(_ network: Network, into parameters: inout Parameters) {
        for (index, node) in network.nodes.enumerated() where !node.operation.keepsScale {
            guard let range = ranges[sets.root(index + 1)] else { continue }
            parameters[TrainedRanges.output(node.name)] = ParameterTensor(
                shape: [2], values: [range.minimum, range.maximum])
        }
    }

    /// Takes the ranges of a state after `done` steps.
    func load(_ network: Network, _ parameters: Parameters, done: Int) throws(TrainingError) {
        guard done > 0 else { return }
        let trained: TrainedRanges
        do { trained = try TrainedRanges(parameters, of: network, file: "state") } catch {
            throw .resume(reason: "\(error)")
        }
        for (index, node) in network.nodes.enumerated() {
            if let range = trained.outputs[node.name] { ranges[sets.root(index + 1)] = range }
        }
        setLevels(done: done)
    }
}

extension Operation {
    /// Whether the integer network rounds what this operation computes.
    fileprivate var roundsOutput: Bool {
        if case .averagePool = self { return true }
        return !keepsScale
    }
}
