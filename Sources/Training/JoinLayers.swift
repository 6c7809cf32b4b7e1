import CKernels
import Networks

/// y = act(a + b).
final class AddLayer: Layer {
    private let inputs: [InputGradient]
    private let output: Int
    private let count: Int
    private let activation: Activation
    private let simulation: ActivationSimulation?

    init(
        inputs: [InputGradient], output: Int, count: Int, activation: Activation, simulation: ActivationSimulation?
    ) {
        (self.inputs, self.output, self.count, self.activation) = (inputs, output, count, activation)
        self.simulation = simulation
    }

    func forward(_ lane: Lane, _ mode: PassMode) {
        let bounds = activation.bounds
        lane.kernels.add(
            Int64(lane.images * count), lane.activations[inputs[0].tensor], lane.activations[inputs[1].tensor],
            bounds.lower, bounds.upper, lane.activations[output])
        guard let simulation else { return }
        lane.kernels.fake_quantize(
            Int64(lane.images * count), lane.activations[output], simulation.fake(output),
            mode == .inference ? nil : simulation.extremes(output, lane))
    }

    func backward(_ lane: Lane) {
        guard let dy = lane.gradients[output] else { return }
        if let simulation, simulation.learns(output) {
            let bounds = activation.bounds
            lane.kernels.add(
                Int64(lane.images * count), lane.activations[inputs[0].tensor], lane.activations[inputs[1].tensor],
                bounds.lower, bounds.upper, lane.scratch)
            simulation.learn(output, lane.images * count, lane.scratch, dy, lane)
        }
        let bounds = simulation?.bounds(output, activation) ?? activation.bounds
        for input in inputs where input.wanted {
            guard let dx = lane.gradients[input.tensor] else { continue }
            lane.kernels.pass(
                Int64(lane.images * count), lane.activations[inputs[0].tensor], lane.activations[inputs[1].tensor], dy,
                bounds.lower, bounds.upper, dx, input.accumulate ? 1 : 0)
        }
    }
}

/// Concatenation along the channels; with one input, a copy (reshape).
final class ConcatLayer: Layer {
    private let inputs: [(gradient: InputGradient, channels: Int, offset: Int)]
    private let output: Int
    private let pixels: Int
    private let channels: Int

    init(inputs: [InputGradient], channels: [Int], output: Int, pixels: Int) {
        var offset = 0
        self.inputs = zip(inputs, channels).map { input, channels in
            defer { offset += channels }
            return (input, channels, offset)
        }
        (self.output, self.pixels, self.channels) = (output, pixels, channels.reduce(0, +))
    }

    func forward(_ lane: Lane, _ mode: PassMode) {
        for input in inputs {
            lane.kernels.copy(
                Int64(lane.images * pixels), Int64(input.channels), lane.activations[input.gradient.tensor],
                Int64(input.channels), lane.activations[output] + input.offset, Int64(channels), 0)
        }
    }

    func backward(_ lane: Lane) {
        guard let dy = lane.gradients[output] else { return }
        for input in inputs where input.gradient.wanted {
            guard let dx = lane.gradients[input.gradient.tensor] else { continue }
            lane.kernels.copy(
                Int64(lane.images * pixels), Int64(input.channels), dy + input.offset, Int64(channels), dx,
                Int64(input.channels), input.gradient.accumulate ? 1 : 0)
        }
    }
}
