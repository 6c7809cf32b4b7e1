internal import CKernels

/// Elementwise sum with a fused activation.
public final class FloatAdd: ElementwiseOperator, @unchecked Sendable {
    private let kernel: ck_kernel
    private let bounds: (lower: Float, upper: Float)
    private nonisolated(unsafe) var inputs: (UnsafePointer<Float>, UnsafePointer<Float>)?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<Float>?

    public init(name: String, count: Int, activation: (lower: Float, upper: Float), registry: KernelRegistry) {
        kernel = registry.best(.floatAdd)
        bounds = activation
        super.init(name: name, path: kernel.set, outputCount: count)
        microKernels = [kernel.title]
    }

    /// The output may be one of the inputs.
    public func bind(left: UnsafeRawPointer, right: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        inputs = (left.assumingMemoryBound(to: Float.self), right.assumingMemoryBound(to: Float.self))
        self.output = output.assumingMemoryBound(to: Float.self)
    }

    /// The sum as the last thing that a product's micro-kernel does with its rows.
    ///
    /// - Parameter made: the operand that it makes.
    func absorb(into rows: inout ck_float_rows, row: Int, channel: Int, width: Int, making made: RowFollower.Operand) {
        let element = row * width + channel
        rows.addend = (made == .left ? inputs!.1 : inputs!.0) + element
        rows.addend_stride = width
        (rows.sum_lower, rows.sum_upper) = bounds
        rows.out = output! + element
    }

    override func compute(_ elements: Range<Int>, left: Int, right: Int) {
        kernel.float_add(
            elements.count, inputs!.0 + left, inputs!.1 + right, output! + elements.lowerBound, bounds.lower,
            bounds.upper)
    }
}
