internal import CKernels
public import Quantization

/// What follows the int32 accumulator: + bias, × M with an explicit rounding, + Z₃, clamp to the activation's interval.
public struct Requantization: Sendable {
    public var output: QuantizationParameters
    /// The activation's interval in the output's integers; from `QuantizationParameters.clampBounds`.
    public var lower: Int32
    public var upper: Int32
    public var rounding: RoundingMode

    /// - Parameters:
    ///   - activation: the fused activation's bounds in reals, (−∞, ∞) for none, (0, 6) for ReLU6.
    public init(
        output: QuantizationParameters, activation: (lower: Float, upper: Float) = (-.infinity, .infinity),
        rounding: RoundingMode = .gemmlowp
    ) {
        self.output = output
        (lower, upper) = output.clampBounds(activationLower: activation.lower, activationUpper: activation.upper)
        self.rounding = rounding
    }
}

/// The per-channel constants of the output stage, in the arrays that the C kernels read.
final class OutputStage: @unchecked Sendable {
    private let buffers: [AlignedBuffer]
    let c: UnsafeMutablePointer<ck_output_stage>
    let function: ck_output_fn
    let bytes: Int
    /// Name of the micro-kernel.
    let title: String
    /// For the lines of its channels: nil where the processor has no use for them.
    private var rescaling: (multipliers: [FixedPointMultiplier], requantization: Requantization)?

    /// - Parameters:
    ///   - bias: with the zero points' corrections folded in, one per channel.
    ///   - multipliers: M = S₁S₂/S₃, one per channel.
    ///   - weightZero: Z₂ as packed, one per channel; nil where all are 0.
    ///   - reach: no |Σ(a − Z₁)(w − Z₂) + bias| is larger.
    init(
        bias: [Int32], multipliers: [Double], weightZero: [Int32]?, reach: Int64, requantization: Requantization,
        registry: KernelRegistry
    ) throws(QuantizationError) {
        var fixed: [FixedPointMultiplier] = []
        for multiplier in multipliers { fixed.append(try FixedPointMultiplier(multiplier)) }
        let padding = Int(CK_MAX_COLUMNS)
        // The short way of gemmlowp's rounding takes sums below 2³⁰ and shifts to the right. A multiplier of 0 shifts by 1.
        let rights = fixed.map { $0.significand == 0 ? 1 : -$0.shift }
        let isBounded = reach < 1 << 30
        let isNarrow = isBounded && requantization.rounding == .gemmlowp && rights.allSatisfy { (1...30).contains($0) }
        // M ≥ 1 shifts the sum itself to the left.
        let left = max(0, -(rights.min() ?? 0))
        let isFusable =
            requantization.rounding != .fp32 && rights.allSatisfy { (-22...22).contains($0) }
            && reach < (1 << 30) >> Int64(left)
        let nudges = isNarrow ? Self.nudges(rights, padding: padding) : []
        let arrays = [
            AlignedBuffer(bias, padding: padding), AlignedBuffer(fixed.map(\.significand), padding: padding),
            AlignedBuffer(fixed.map(\.shift), padding: padding), AlignedBuffer(fixed.map(\.single), padding: padding),
            AlignedBuffer(weightZero ?? [], padding: padding),
            AlignedBuffer(isNarrow || isFusable ? rights : [], padding: padding),
            AlignedBuffer(nudges),
        ]
        buffers = arrays
        bytes = arrays.reduce(0) { $0 + $1.count }
        c = .allocate(capacity: 1)
        c.initialize(
            to: ck_output_stage(
                bias: arrays[0].pointer(), multiplier: arrays[1].pointer(), shift: arrays[2].pointer(),
                real_multiplier: arrays[3].pointer(), weight_zero: weightZero == nil ? nil : arrays[4].pointer(),
                right: arrays[5].pointer(), nudge: arrays[6].pointer(),
                line_offset: nil, line_steps: nil,
                zero_point: requantization.output.zeroPoint, lower: requantization.lower, upper: requantization.upper,
                rounding: requantization.rounding.code,
                left_shift: fixed.contains { $0.shift > 0 } ? 1 : 0, fusable: isFusable ? 1 : 0,
                line: 0, narrow: isNarrow ? 1 : 0))
        rescaling = isFusable && registry.features.contains(.ifma) ? (fixed, requantization) : nil
        let kernel = registry.best(.output)
        (function, title) = (kernel.output, kernel.title)
    }

    deinit { c.deallocate() }

    /// Whether the fused kernels may take it.
    var isFusable: Bool { c.pointee.fusable == 1 }

    /// Whether the fused kernels compute outputs 128 larger, as they do where some are negative.
    var liftsOutput: Bool { c.pointee.lower < 0 }

    /// The constants in a fused kernel's order; nil where the kernel has none or this stage needs the general one. Called once.
    func fused(for kernel: ck_kernel, channels: Int) -> AlignedBuffer? {
        guard let pack = kernel.stage_pack, isFusable else { return nil }
        let constants = AlignedBuffer(count: kernel.stage_bytes(channels))
        let lines = rescaling.flatMap { OutputLine.all($0.multipliers, $0.requantization) }
        rescaling = nil
        // Packing alone reads them.
        let (offsets, steps) = (AlignedBuffer(lines?.map(\.offset) ?? []), AlignedBuffer(lines?.map(\.steps) ?? []))
        c.pointee.line_offset = UnsafePointer(offsets.pointer(Int64.self))
        c.pointee.line_steps = UnsafePointer(steps.pointer(Int64.self))
        c.pointee.line = lines == nil ? 0 : 1
        pack(channels, c, constants.base)
        (c.pointee.line_offset, c.pointee.line_steps) = (nil, nil)
        return constants
    }

    /// 2³¹ + 2^(31 + right): per 16 channels those of the even ones, then those of the odd ones.
    private static func nudges(_ rights: [Int32], padding: Int) -> [Int64] {
        let count = (rights.count + padding - 1) / padding * padding
        var nudges = [Int64](repeating: 0, count: count)
        for (channel, right) in rights.enumerated() {
            let lane = channel % 16
            nudges[channel - lane + lane % 2 * 8 + lane / 2] = (1 << 31) + (1 << Int64(31 + right))
        }
        return nudges
    }
}

extension RoundingMode {
    /// The value of this mode in the C kernels.
    var code: Int32 {
        switch self {
        case .gemmlowp: Int32(CK_ROUND_GEMMLOWP)
        case .single: Int32(CK_ROUND_SINGLE)
        case .ruy: Int32(CK_ROUND_RUY)
        case .fp32: Int32(CK_ROUND_FP32)
        }
    }
}

extension QuantizationParameters {
    /// Kernels take activations as uint8: int8 ones are flipped by 128 on the way in, their zero point with them.
    var flip: Int32 { range.isSigned ? 0x80 : 0 }
    var unsignedZeroPoint: Int32 { range.isSigned ? zeroPoint + 128 : zeroPoint }
}

/// Refuses a layer one of whose sums could leave int32: per channel, Σ|w − Z₂|·max|a − Z₁| + |bias| must stay below 2³¹.
/// (`checkAccumulatorDepth` bounds the products alone, for any weights.)
///
/// - Returns: the largest of these bounds.
/// - Throws: `KernelError.unsupported`, which names the layer and the channel.
func checkAccumulators(
    _ name: String, weights: QuantizedWeights, bias: [Int32], input: QuantizationParameters
) throws(KernelError) -> Int64 {
    let reach = max(
        Int64(input.range.highest) - Int64(input.zeroPoint), Int64(input.zeroPoint) - Int64(input.range.lowest))
    var magnitudes = bias.map { abs(Int64($0)) }
    for (index, value) in weights.values.enumerated() {
        let channel = weights.axis.channel(ofElement: index, of: weights.values.count, channels: weights.channels)
        let zero = Int64(weights.parameters(ofChannel: channel).zeroPoint)
        magnitudes[channel] += abs(Int64(value) - zero) * reach
    }
    if let channel = magnitudes.firstIndex(where: { $0 > Int64(Int32.max) }) {
        throw .unsupported(
            "\(name): output channel \(channel) could leave its int32 accumulator: its bias \(bias[channel]) and products "
                + "reach \(magnitudes[channel]), the limit is \(Int32.max)")
    }
    return magnitudes.max() ?? 0
}
