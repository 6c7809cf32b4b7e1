import CKernels
import Networks

/// Average or maximum over a window; pixels outside the image do not count.
final class PoolLayer: Layer {
    enum Kind: Sendable { case average, maximum }

    private let kind: Kind
    private let window: ck_training_window
    private let input: InputGradient
    private let output: Int
    /// Averages are rounded to the levels that they are taken of.
    private let simulation: ActivationSimulation?

    init(
        _ kind: Kind, window: ck_training_window, input: InputGradient, output: Int, simulation: ActivationSimulation?
    ) {
        (self.kind, self.window, self.input, self.output) = (kind, window, input, output)
        self.simulation = simulation
    }

    func forward(_ lane: Lane, _ mode: PassMode) {
        let kernel: ck_training_pool =
            switch kind {
            case .average: lane.kernels.average_pool
            case .maximum: lane.kernels.max_pool
            }
        withUnsafePointer(to: window) {
            kernel(Int64(lane.images), $0, lane.activations[input.tensor], lane.activations[output])
        }
        guard let simulation, kind == .average else { return }
        lane.kernels.fake_quantize(
            Int64(lane.images * outputCount), lane.activations[output], simulation.fake(output), nil)
    }

    private var outputCount: Int { Int(window.out_height * window.out_width * window.channels) }

    func backward(_ lane: Lane) {
        guard let dy = lane.gradients[output] else { return }
        if kind == .average, let simulation, simulation.learns(output) {
            withUnsafePointer(to: window) {
                lane.kernels.average_pool(Int64(lane.images), $0, lane.activations[input.tensor], lane.scratch)
            }
            simulation.learn(output, lane.images * outputCount, lane.scratch, dy, lane)
        }
        guard input.wanted, let dx = lane.gradients[input.tensor] else { return }
        if !input.accumulate {
            dx.update(repeating: 0, count: lane.images * Int(window.in_height * window.in_width * window.channels))
        }
        let kernel: ck_training_pool_back =
            switch kind {
            case .average: lane.kernels.average_pool_back
            case .maximum: lane.kernels.max_pool_back
            }
        withUnsafePointer(to: window) {
            kernel(Int64(lane.images), $0, lane.activations[input.tensor], lane.activations[output], dy, dx)
        }
    }
}
