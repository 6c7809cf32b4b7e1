import CKernels
import Networks
import Quantization

/// The ranges of the activations during training: exponential moving averages of every step's extremes, for each set of
/// tensors that share a scale, and the levels that follow from them.
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

    /// - Throws: `TrainingError.unsupported` if a computed tensor would have to take the input's fixed scale.
    init(_ network: Network, _ options: SimulatedQuantization, lanes: Int) throws(TrainingError) {
        sets = SharedScales(network)
        do { range = try .unsigned(bits: options.scheme.activationBits) } catch {
            throw .option(name: "scheme", reason: "\(error)")
        }
        for (index, node) in network.nodes.enumerated() where !node.operation.keepsScale && sets.root(index + 1) == 0 {
            throw .unsupported(
                node: node.name, reason: "its output is concatenated with the input, whose scale is fixed")
        }
        (smoothing, delay, self.lanes) = (options.smoothing, options.delay, lanes)
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
            ranges[set] =
                ranges[set].map { old in
                    func average(_ old: Float, _ new: Float) -> Float {
                        Float(smoothing * Double(old) + (1 - smoothing) * Double(new))
                    }
                    return (average(old.minimum, low), average(old.maximum, high))
                } ?? (low, high)
        }
        setLevels(done: done)
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
