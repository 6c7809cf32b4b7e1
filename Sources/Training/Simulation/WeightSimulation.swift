import CKernels
import Networks
import Quantization

/// One layer's weights as inference has them. Batch norm's factor f = γ/√(σ² + ε) is folded in before they are rounded
/// (Jacob et al. 2017, eq. 14), σ² being the moving variance:
///
///     w̃ = Q(f·w)/f
///
/// The layer then computes z = w̃·x and goes on as in float, by γ·(z − μ)/√(σ² + ε) + β. While training uses the batch's
/// statistics, this is Krishnamoorthi's correction (2018, §3.2.2): weights are rounded by the moving σ, whatever the
/// batch's is, so that their levels do not jump from step to step. With frozen statistics it is the folded layer itself.
///
/// Backward, the gradient by w̃ is the one by w, 0 where Q clips. That f depends on γ, too, is left out: scaling weights and
/// range together does not move w̃.
final class WeightSimulation: @unchecked Sendable {
    /// Where a layer's tensors stand in the parameter store.
    struct Places {
        let weights: Int
        let count: Int
        let channels: Int
        let axis: ChannelAxis
        /// Place of γ among the parameters and of the variance among the moving statistics.
        var batchNorm: (gamma: Int, variance: Int)?
        /// Place of learned scales.
        var steps: Int?
    }

    let places: Places
    private let quantizer: WeightQuantizer
    private let store: ParameterStore
    /// By channel.
    private let fakes: Buffer<ck_training_weight_fake>
    /// w̃, in the order of the weights.
    let values: FloatBuffer

    init(_ places: Places, _ quantizer: WeightQuantizer, store: ParameterStore) {
        (self.places, self.quantizer, self.store) = (places, quantizer, store)
        fakes = Buffer(places.channels, zero: ck_training_weight_fake())
        values = FloatBuffer(places.count)
    }

    /// Scale of the channel's folded weights when they were rounded last.
    func scale(_ channel: Int) -> Double { fakes.base[channel].scale }

    /// Channels per scale.
    private var sharing: Int { quantizer.granularity == .perChannel ? 1 : places.channels }
    private var perChannel: Int { places.count / places.channels }
    private var isOutermost: Bool { places.axis == .outermost }
    /// Distance of a channel's weights.
    private var step: Int64 { isOutermost ? 1 : Int64(places.channels) }
    private func first(_ channel: Int) -> Int { isOutermost ? channel * perChannel : channel }
    private func weights(_ channel: Int) -> UnsafePointer<Float> {
        UnsafePointer(store.values.base + places.weights + first(channel))
    }

    /// Rounds the weights as they are now.
    func quantize(_ kernels: ck_training_table) {
        setFactors()
        for set in 0..<places.channels / sharing {
            let channels = set * sharing..<(set + 1) * sharing
            setLevels(set, channels, kernels)
            for channel in channels {
                let target = values.base + first(channel)
                if fakes.base[channel].fold != 0 {
                    kernels.weight_fake(Int64(perChannel), step, weights(channel), fakes.base + channel, target)
                } else {
                    // γ = 0: the weights have no effect, and no level to be rounded to.
                    for i in 0..<perChannel { target[i * Int(step)] = weights(channel)[i * Int(step)] }
                }
            }
        }
    }

    private func setFactors() {
        for channel in 0..<places.channels {
            guard let (gamma, variance) = places.batchNorm else {
                fakes.base[channel].fold = 1
                continue
            }
            fakes.base[channel].fold =
                Double(store.values.base[gamma + channel])
                / (Double(store.moving.base[variance + channel]) + Double(batchNormEpsilon)).squareRoot()
        }
    }

    private func setLevels(_ set: Int, _ channels: Range<Int>, _ kernels: ck_training_table) {
        var scale = 1.0
        var zeroPoint: Int32 = 0
        if let steps = places.steps {
            scale = Double(store.scale(steps + set))
        } else {
            let (low, high) = extremes(channels, kernels)
            // What is not finite any more ends the training at the loss.
            if let parameters = try? QuantizationParameters.spanning(
                minimum: Double(low), maximum: Double(high), range: quantizer.range, mapping: quantizer.mapping)
            {
                (scale, zeroPoint) = (parameters.scale, parameters.zeroPoint)
            }
        }
        for channel in channels {
            fakes.base[channel].scale = scale
            fakes.base[channel].lowest = Double(quantizer.range.lowest - zeroPoint)
            fakes.base[channel].highest = Double(quantizer.range.highest - zeroPoint)
        }
    }

    /// Smallest and largest folded weight of the channels, and 0.
    private func extremes(_ channels: Range<Int>, _ kernels: ck_training_table) -> (low: Float, high: Float) {
        var (low, high): (Float, Float) = (0, 0)
        for channel in channels {
            kernels.weight_range(
                Int64(perChannel), step, weights(channel), fakes.base[channel].fold, &low, &high)
        }
        return (low, high)
    }

    /// Turns the lane's gradient by w̃ into that by w, and adds that by learned scales.
    func backward(_ lane: Lane) {
        // Symmetric ranges by minimum and maximum clip nothing.
        guard places.steps != nil || quantizer.mapping == .affine else { return }
        for channel in 0..<places.channels where fakes.base[channel].fold != 0 {
            let sum = lane.kernels.weight_back(
                Int64(perChannel), step, weights(channel), fakes.base + channel,
                lane.parameterGradient + places.weights + first(channel))
            guard let steps = places.steps else { continue }
            let weightsOfScale = Double(perChannel * sharing)
            let damping = 1 / (weightsOfScale * Double(quantizer.range.highest)).squareRoot()
            lane.parameterGradient[steps + channel / sharing] += Float(sum * damping)
        }
    }

    /// Sets learned scales to s₀ = 2⟨|f·w|⟩/√Qp. Needs no earlier `quantize`.
    func initialiseSteps() {
        guard let steps = places.steps else { return }
        setFactors()
        for set in 0..<places.channels / sharing {
            var sum = 0.0
            for channel in set * sharing..<(set + 1) * sharing {
                let (weight, fold) = (weights(channel), fakes.base[channel].fold)
                for i in 0..<perChannel { sum += abs(Double(weight[i * Int(step)]) * fold) }
            }
            store.values.base[steps + set] = Float(
                2 * sum / Double(perChannel * sharing) / Double(quantizer.range.highest).squareRoot())
        }
    }
}
