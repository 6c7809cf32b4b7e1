import CKernels
import Networks

/// A linear map, then batch norm or bias, then the activation: y = act(z·scale + shift), z = W·x.
///
/// Batch norm (Ioffe and Szegedy 2015, arXiv:1502.03167) with x̂ = (z − μ)/√(σ² + ε), s = 1/√(σ² + ε), N rows, and g the
/// gradient by γ·x̂ + β:
///
///     dβ = Σ g     dγ = Σ g·x̂ = s·Σ g·(z − μ)     dz = γ·s·(g − dβ/N − x̂·dγ/N)
///
/// Memory traffic bounds these layers, so passes run over blocks of images that stay in the second-level cache: one
/// pass forms z and its moments, one y; backward, one pass sums and one forms dz, dW and dx.
final class NormalisedLayer: Layer, @unchecked Sendable {
    enum Kind: Sendable {
        /// Places of γ and β among the parameters and of mean and variance among the moving statistics.
        case batchNorm(gamma: Int, beta: Int, mean: Int, variance: Int)
        case bias(Int)
    }

    private let map: any LinearMap
    private let kind: Kind
    private let activation: Activation
    private let input: InputGradient
    private let output: Int
    private let inputCount: Int
    private let rows: Int
    private let channels: Int
    private let weights: Int
    private let store: ParameterStore
    private let team: WorkerTeam
    private let states: [State]
    private let block: Int
    private let simulation: (weights: WeightSimulation, activations: ActivationSimulation)?

    /// Images of a block: input, output and scratch within about 256 KiB.
    static func block(_ map: any LinearMap, inputCount: Int, outputCount: Int) -> Int {
        max(1, 65_536 / (inputCount + outputCount + map.scratch(images: 1)))
    }

    init(
        map: any LinearMap, kind: Kind, activation: Activation, input: InputGradient, inputShape: Shape, output: Int,
        outputShape: Shape, weights: Int, store: ParameterStore, team: WorkerTeam, threads: Int, capacity: Int,
        simulation: (weights: WeightSimulation, activations: ActivationSimulation)?
    ) {
        (self.map, self.kind, self.activation, self.input, self.output) = (map, kind, activation, input, output)
        (self.weights, self.store, self.team) = (weights, store, team)
        self.simulation = simulation
        inputCount = inputShape.count
        rows = outputShape.height * outputShape.width
        channels = outputShape.channels
        block = Self.block(map, inputCount: inputShape.count, outputCount: outputShape.count)
        let (count, channels) = (outputShape.count, channels)
        states = (0..<threads).map { _ in State(outputs: capacity * count, channels: channels) }
    }

    /// The weights that the linear map uses: as they are, or as integers will have them.
    private var effectiveWeights: UnsafePointer<Float> {
        UnsafePointer(simulation?.weights.values.base ?? store.values.base + weights)
    }

    // MARK: Forward

    func forward(_ lane: Lane, _ mode: PassMode) {
        let state = states[lane.index]
        let x = lane.activations[input.tensor]
        let y = lane.activations[output]
        let weight = effectiveWeights
        let observes = mode != .inference
        map.prepare(weight, lane)
        func inOnePass() {
            eachBlock(lane) { first, count in
                map.forward(count, x + first * inputCount, weight, state.z.base + first * rows * channels, lane)
                normalise(first, count, state, y, lane, observes)
            }
        }
        guard case .batchNorm(let gamma, let beta, let mean, let variance) = kind else {
            setBias(state)
            if mode == .inference { roundShift(state) }
            inOnePass()
            return
        }
        state.dependsOnBatch = false
        switch mode {
        case .inference, .frozen:
            setStatistics(state, gamma: gamma, beta: beta) { channel in
                (Double(store.moving.base[mean + channel]), Double(store.moving.base[variance + channel]))
            }
            if mode == .inference { roundShift(state) }
            inOnePass()
        case .training(let share):
            state.dependsOnBatch = true
            state.moments.clear(0)
            let (means, deviations) = (state.moments.base, state.moments.base + channels)
            eachBlock(lane) { first, count in
                let z = state.z.base + first * rows * channels
                map.forward(count, x + first * inputCount, weight, z, lane)
                lane.kernels.moments(
                    Int64(count * rows), Int64(channels), z, Double(first * rows), means, deviations)
            }
            state.rows = lane.images * rows
            team.barrier()
            setStatistics(state, gamma: gamma, beta: beta) { channel in
                let (mu, m2, total) = mergedMoments(channel)
                if lane.index == 0 {
                    move(&store.moving.base[mean + channel], mu, share)
                    // The moving variance is unbiased, what normalises the batch is not.
                    move(&store.moving.base[variance + channel], m2 / max(total - 1, 1), share)
                }
                return (mu, m2 / total)
            }
            eachBlock(lane) { first, count in normalise(first, count, state, y, lane, observes) }
        }
    }

    /// Mean, sum of squared deviations and number of rows over all lanes, merged in their order.
    private func mergedMoments(_ channel: Int) -> (mean: Double, m2: Double, rows: Double) {
        var (mean, m2, total) = (0.0, 0.0, 0.0)
        for state in states where state.rows > 0 {
            let count = Double(state.rows)
            let delta = state.moments.base[channel] - mean
            let sum = total + count
            mean += delta * count / sum
            m2 += state.moments.base[channels + channel] + delta * delta * total * count / sum
            total = sum
        }
        return (mean, m2, total)
    }

    private func move(_ value: inout Float, _ batch: Double, _ share: Double) {
        value = Float((1 - share) * Double(value) + share * batch)
    }

    private func setStatistics(
        _ state: State, gamma: Int, beta: Int, _ statistics: (Int) -> (mean: Double, variance: Double)
    ) {
        for channel in 0..<channels {
            let (mean, variance) = statistics(channel)
            let inverse = 1 / (variance + Double(batchNormEpsilon)).squareRoot()
            let scale = Double(store.values.base[gamma + channel]) * inverse
            state.inverse[channel] = inverse
            state.scale[channel] = Float(scale)
            state.shift[channel] = Float(Double(store.values.base[beta + channel]) - mean * scale)
            state.mean[channel] = Float(mean)
        }
    }

    private func setBias(_ state: State) {
        guard case .bias(let bias) = kind else { return }
        for channel in 0..<channels {
            state.scale[channel] = 1
            state.shift[channel] = store.values.base[bias + channel]
        }
    }

    /// Biases as the integer network has them: whole multiples of the products' scale. Training leaves them as they are.
    private func roundShift(_ state: State) {
        guard let simulation, simulation.activations.fake(input.tensor).pointee.enabled != 0 else { return }
        let inputScale = Double(simulation.activations.fake(input.tensor).pointee.step)
        for channel in 0..<channels {
            let scale = inputScale * simulation.weights.scale(channel)
            state.shift[channel] = Float((Double(state.shift[channel]) / scale).rounded() * scale)
        }
    }

    private func normalise(
        _ first: Int, _ count: Int, _ state: State, _ y: UnsafeMutablePointer<Float>, _ lane: Lane, _ observes: Bool
    ) {
        let offset = first * rows * channels
        let bounds = activation.bounds
        if let ranges = simulation?.activations {
            lane.kernels.normalise_fake(
                Int64(count * rows), Int64(channels), state.z.base + offset, state.scale, state.shift, bounds.lower,
                bounds.upper, ranges.fake(output), observes ? ranges.extremes(output, lane) : nil, y + offset)
            return
        }
        lane.kernels.normalise(
            Int64(count * rows), Int64(channels), state.z.base + offset, state.scale, state.shift, bounds.lower,
            bounds.upper, y + offset)
    }

    // MARK: Backward

    func backward(_ lane: Lane) {
        guard let dy = lane.gradients[output] else { return }
        let state = states[lane.index]
        let bounds = simulation?.activations.bounds(output, activation) ?? activation.bounds
        var affine = ck_training_affine(
            scale: state.scale, shift: state.shift, mean: state.mean, lower: bounds.lower, upper: bounds.upper)
        state.sums.clear(0)
        eachBlock(lane) { first, count in
            let offset = first * rows * channels
            lane.kernels.normalise_sums(
                Int64(count * rows), Int64(channels), dy + offset, state.z.base + offset, &affine, state.sums.base,
                state.sums.base + channels)
            learn(count * rows, dy + offset, state.z.base + offset, state, lane)
        }
        finishSums(state, lane)
        let x = lane.activations[input.tensor]
        let weight = effectiveWeights
        if input.wanted { map.prepareBackward(weight, lane) }
        eachBlock(lane) { first, count in
            let offset = first * rows * channels
            lane.kernels.normalise_back(
                Int64(count * rows), Int64(channels), dy + offset, state.z.base + offset, &affine, state.slope,
                state.offset)
            map.backwardWeights(count, x + first * inputCount, dy + offset, lane.parameterGradient + weights, lane)
            if input.wanted, let dx = lane.gradients[input.tensor] {
                map.backwardInput(
                    count, dy + offset, weight, dx + first * inputCount, accumulate: input.accumulate, lane)
            }
        }
        simulation?.weights.backward(lane)
    }

    /// The gradient by a learned scale of the output.
    private func learn(
        _ rows: Int, _ dy: UnsafePointer<Float>, _ z: UnsafePointer<Float>, _ state: State, _ lane: Lane
    ) {
        guard let ranges = simulation?.activations, ranges.learns(output) else { return }
        lane.kernels.normalise(
            Int64(rows), Int64(channels), z, state.scale, state.shift, activation.bounds.lower,
            activation.bounds.upper, lane.scratch)
        ranges.learn(output, rows * channels, lane.scratch, dy, lane)
    }

    /// The lane's share of dγ and dβ (or the bias's gradient), and the coefficients of dz.
    private func finishSums(_ state: State, _ lane: Lane) {
        switch kind {
        case .bias(let bias):
            for channel in 0..<channels {
                lane.parameterGradient[bias + channel] += Float(state.sums.base[channel])
                state.slope[channel] = 0
                state.offset[channel] = 0
            }
        case .batchNorm(let gamma, let beta, _, _):
            for channel in 0..<channels {
                let inverse = state.inverse[channel]
                lane.parameterGradient[beta + channel] += Float(state.sums.base[channel])
                lane.parameterGradient[gamma + channel] += Float(state.sums.base[channels + channel] * inverse)
            }
            guard state.dependsOnBatch else {
                // With constant μ and σ, dz = γ·s·g.
                for channel in 0..<channels { (state.slope[channel], state.offset[channel]) = (0, 0) }
                return
            }
            team.barrier()
            let total = Double(lane.batch * rows)
            for channel in 0..<channels {
                var (sum, product) = (0.0, 0.0)
                for other in states {
                    sum += other.sums.base[channel]
                    product += other.sums.base[channels + channel]
                }
                let inverse = state.inverse[channel]
                let scale = Double(store.values.base[gamma + channel]) * inverse
                state.slope[channel] = Float(-scale * inverse * inverse * product / total)
                state.offset[channel] = Float(-scale * sum / total)
            }
        }
    }

    private func eachBlock(_ lane: Lane, _ body: (_ first: Int, _ count: Int) -> Void) {
        var first = 0
        while first < lane.images {
            let count = min(block, lane.images - first)
            body(first, count)
            first += count
        }
    }

    /// One lane's memory of the layer. Other lanes read `moments`, `sums` and `rows` after a barrier; the two are apart
    /// because no barrier stands between the last forward and the first backward layer.
    private final class State: @unchecked Sendable {
        let z: FloatBuffer
        /// Means and sums of squared deviations of this lane's rows.
        let moments: Buffer<Double>
        /// Σg and Σg·(z − μ) of this lane's rows.
        let sums: Buffer<Double>
        var rows = 0
        /// Whether the last forward pass took mean and variance from the batch.
        var dependsOnBatch = false
        let scale: UnsafeMutablePointer<Float>
        let shift: UnsafeMutablePointer<Float>
        let mean: UnsafeMutablePointer<Float>
        let slope: UnsafeMutablePointer<Float>
        let offset: UnsafeMutablePointer<Float>
        let inverse: UnsafeMutablePointer<Double>
        private let coefficients: FloatBuffer
        private let inverses: Buffer<Double>

        init(outputs: Int, channels: Int) {
            z = FloatBuffer(outputs)
            moments = Buffer(2 * channels, zero: 0)
            sums = Buffer(2 * channels, zero: 0)
            coefficients = FloatBuffer(5 * channels)
            inverses = Buffer(channels, zero: 0)
            let base = coefficients.base
            (scale, shift, mean) = (base, base + channels, base + 2 * channels)
            (slope, offset, inverse) = (base + 3 * channels, base + 4 * channels, inverses.base)
        }
    }
}
