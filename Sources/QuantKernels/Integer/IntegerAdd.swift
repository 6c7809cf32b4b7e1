internal import CKernels
public import Quantization

/// Elementwise sum of two quantized tensors of different scales (TFLite's arithmetic): both are brought to the scale
/// 2·max(S₁,S₂)/2²⁰, added as int32, and brought to the output's scale; gemmlowp rounding throughout.
public final class IntegerAdd: ElementwiseOperator, @unchecked Sendable {
    /// As given, and with left and right exchanged: a kernel that adds to what it has made calls that the left one.
    private let parameters: UnsafeMutablePointer<ck_int_add>
    private let kernel: ck_kernel
    private nonisolated(unsafe) var inputs: (UnsafePointer<UInt8>, UnsafePointer<UInt8>)?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<UInt8>?

    /// - Throws: `KernelError.unsupported` unless the three tensors are all signed or all unsigned, or for another rounding
    ///   mode than gemmlowp; `QuantizationError.invalidMultiplier`.
    public init(
        name: String, count: Int, left: QuantizationParameters, right: QuantizationParameters,
        requantization: Requantization, registry: KernelRegistry
    ) throws {
        let output = requantization.output
        guard left.range.isSigned == right.range.isSigned, left.range.isSigned == output.range.isSigned else {
            throw KernelError.unsupported("\(name): add takes tensors that are all signed or all unsigned")
        }
        guard requantization.rounding == .gemmlowp else {
            throw KernelError.unsupported(
                "\(name): add rounds as gemmlowp does, not as \(requantization.rounding.rawValue)")
        }
        let twiceMax = 2 * max(left.scale, right.scale)
        let a = try FixedPointMultiplier(left.scale / twiceMax)
        let b = try FixedPointMultiplier(right.scale / twiceMax)
        let c = try FixedPointMultiplier(twiceMax / (Double(1 << 20) * output.scale))
        var sum = ck_int_add()
        (sum.zero_a, sum.multiplier_a, sum.shift_a) = (left.zeroPoint, a.significand, a.shift)
        (sum.zero_b, sum.multiplier_b, sum.shift_b) = (right.zeroPoint, b.significand, b.shift)
        (sum.zero_out, sum.multiplier_out, sum.shift_out) = (output.zeroPoint, c.significand, c.shift)
        (sum.lower, sum.upper) = (requantization.lower, requantization.upper)
        sum.is_signed = output.range.isSigned ? 1 : 0
        sum.findProducts(left: left.scale / output.scale, right: right.scale / output.scale)
        parameters = .allocate(capacity: 2)
        parameters.initialize(to: sum)
        (parameters + 1).initialize(to: sum.exchanged)
        let scales = parameters
        kernel = registry.best(.add) { $0.int_add_takes?(scales) ?? 1 != 0 }
        super.init(name: name, path: kernel.set, outputCount: count)
        microKernels = [kernel.title]
    }

    deinit { parameters.deallocate() }

    /// The output may be one of the inputs.
    public func bind(left: UnsafeRawPointer, right: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        inputs = (left.assumingMemoryBound(to: UInt8.self), right.assumingMemoryBound(to: UInt8.self))
        self.output = output.assumingMemoryBound(to: UInt8.self)
    }

    /// Whether a product's micro-kernel can add: two products do the work.
    var isByProducts: Bool { parameters.pointee.by_products != 0 }

    var isSigned: Bool { parameters.pointee.is_signed != 0 }

    /// The sum as the last thing that a product's micro-kernel does with its rows; `isByProducts`.
    ///
    /// - Parameter made: the operand that it makes.
    func absorb(
        into rows: inout ck_int_rows, row: Int, channel: Int, width: Int, making made: RowFollower.Operand
    ) {
        let element = row * width + channel
        rows.addend = (made == .left ? inputs!.1 : inputs!.0) + element
        rows.sum = UnsafePointer(made == .left ? parameters : parameters + 1)
        rows.out = output! + element
    }

    override func compute(_ elements: Range<Int>, left: Int, right: Int) {
        kernel.int_add(elements.count, inputs!.0 + left, inputs!.1 + right, output! + elements.lowerBound, parameters)
    }

    override func count(calls: Int, elements: Int) {
        super.count(calls: calls, elements: elements)
        WorkCounter.elementsRequantized.add(elements)
    }
}
