import CKernels
import Networks

/// A network made ready to train or to evaluate: layers, parameters, the team of threads and a lane for each. All memory
/// is claimed here; steps allocate nothing.
final class TrainingGraph: Sendable {
    let network: Network
    let store: ParameterStore
    let team: WorkerTeam
    let lanes: [Lane]
    let layers: [any Layer]
    let capacity: Int
    /// Set for training with simulated quantization.
    let simulation: Simulation?
    private let parameterGradients: FloatBuffer

    /// What the graph is for: gradients need memory of their own.
    enum Purpose { case training, inputGradient, evaluation }

    /// - Parameters:
    ///   - batch: most images of a step, over all threads.
    ///   - level: highest level of the kernels.
    init(
        _ network: Network, batch: Int, threads: Int, level: Int, purpose: Purpose,
        quantization: SimulatedQuantization? = nil
    ) throws(TrainingError) {
        let threads = max(1, min(threads, batch))
        self.network = network
        capacity = (batch + threads - 1) / threads
        store = ParameterStore(network, steps: Simulation.steps(network, quantization))
        if let quantization {
            simulation = try Simulation(network, quantization, store: store, lanes: threads)
        } else {
            simulation = nil
        }
        team = WorkerTeam(threads: threads)
        let sizes = (0...network.nodes.count).map { network.shape(of: $0).count }
        var builder = LayerBuilder(
            network: network, store: store, team: team, threads: threads, capacity: capacity,
            inputGradient: purpose == .inputGradient, simulation: simulation)
        layers = try builder.layers()
        let plan = GradientPlan(
            sizes: sizes, readers: network.nodes.map(\.inputs), inputGradient: purpose == .inputGradient)
        let stride = store.values.count
        parameterGradients = FloatBuffer(purpose == .evaluation ? 0 : threads * stride)
        let kernels = ck_training_kernels(Int32(level)).pointee
        var lanes: [Lane] = []
        for index in 0..<threads {
            lanes.append(
                Lane(
                    index: index, kernels: kernels, capacity: capacity, tensors: sizes,
                    gradients: purpose == .evaluation ? nil : plan,
                    parameterGradient: parameterGradients.base + (purpose == .evaluation ? 0 : index * stride),
                    scratch: builder.scratch, transposed: builder.transposed))
        }
        self.lanes = lanes
    }

    /// The lane's images [first, last) of a batch.
    static func share(_ lane: Int, of batch: Int, lanes: Int) -> Range<Int> {
        (batch * lane / lanes)..<(batch * (lane + 1) / lanes)
    }

    /// Forward, loss and backward of the lane's images, which `fill` writes (tensor 0 and `samples`) given their range in
    /// the batch. The lane's loss, hits and parameter gradient are left in it.
    func propagate(
        _ lane: Lane, batch: Int, mode: PassMode, objective: any Objective, _ fill: (Range<Int>) -> Void
    ) {
        quantizeWeights(lane)
        let range = Self.share(lane.index, of: batch, lanes: lanes.count)
        (lane.images, lane.batch) = (range.count, batch)
        fill(range)
        lane.parameterGradient.update(repeating: 0, count: store.values.count)
        for layer in layers { layer.forward(lane, mode) }
        (lane.loss, lane.correct) = objective.evaluate(
            lane.currentSamples, outputs: lane.activations[network.last], batch: batch,
            gradient: lane.gradients[network.last])
        for layer in layers.reversed() { layer.backward(lane) }
    }

    /// Makes the weights what the layers use, on all lanes together.
    private func quantizeWeights(_ lane: Lane) {
        guard let simulation else { return }
        simulation.quantizeWeights(lane)
        team.barrier()
    }

    /// The optimiser's step for the lane's share of the parameters. Every lane must have finished its backward pass.
    func descend(_ lane: Lane, rate: Double, options: TrainingOptions) {
        let count = store.values.count
        // Shares in whole cache lines, cut where decay ends.
        let lines = (count + 15) / 16
        let range = Self.share(lane.index, of: lines, lanes: lanes.count)
        let (lower, upper) = (range.lowerBound * 16, min(range.upperBound * 16, count))
        let cut = min(max(store.decayed, lower), upper)
        for (first, last, decay) in [(lower, cut, options.weightDecay), (cut, upper, 0)] where first < last {
            lane.kernels.descend(
                Int64(last - first), Int64(lanes.count), parameterGradients.base + first, Int64(count),
                store.values.base + first, store.momentum.base + first, Float(rate), Float(options.momentum),
                Float(decay), options.nesterov ? 1 : 0)
        }
    }

    /// Sum of the lanes' gradients.
    func gradientSum() -> [Float] {
        (0..<store.values.count).map { i in
            lanes.reduce(Float(0)) { $0 + $1.parameterGradient[i] }
        }
    }

    /// Mean loss and share of hits over `images` with the moving statistics.
    func evaluate(_ images: TrainingImages) -> Evaluation {
        let objective = images.targets.objective(network, labelSmoothing: 0)
        team.run { member in
            let lane = lanes[member]
            let share = Self.share(member, of: images.count, lanes: lanes.count)
            var total = (loss: 0.0, correct: 0)
            quantizeWeights(lane)
            for first in stride(from: share.lowerBound, to: share.upperBound, by: capacity) {
                let count = min(capacity, share.upperBound - first)
                (lane.images, lane.batch) = (count, count)
                for i in 0..<count {
                    images.copy(first + i, to: lane.activations[0] + i * images.shape.count)
                    lane.samples.base[i] = Sample(image: first + i)
                }
                for layer in layers { layer.forward(lane, .inference) }
                let result = objective.evaluate(
                    lane.currentSamples, outputs: lane.activations[network.last], batch: count, gradient: nil)
                total.loss += result.loss
                total.correct += result.correct
            }
            (lane.loss, lane.correct) = total
        }
        let (sum, correct) = (lanes.reduce(0) { $0 + $1.loss }, lanes.reduce(0) { $0 + $1.correct })
        return Evaluation(images: images.count, correct: correct, loss: sum / Double(images.count))
    }
}
