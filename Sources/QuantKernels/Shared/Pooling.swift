/// How a pool's elements are combined. A protocol with static functions, so that the loops specialise.
public protocol PoolingRule<Element>: Sendable {
    associatedtype Element: BitwiseCopyable & Sendable
    associatedtype Sum: BitwiseCopyable & Sendable
    static var start: Sum { get }
    static func combine(_ sum: Sum, _ element: Element) -> Sum
    /// The output for `count` elements inside the image.
    static func finish(_ sum: Sum, count: Int) -> Element
}

/// max; the scale and zero point stay.
public enum Maximum<Element: Comparable & BitwiseCopyable & Sendable>: PoolingRule {
    public typealias Sum = Element?
    public static var start: Element? { nil }
    @inline(__always)
    public static func combine(_ sum: Element?, _ element: Element) -> Element? {
        if let sum { sum < element ? element : sum } else { element }
    }
    @inline(__always)
    public static func finish(_ sum: Element?, count: Int) -> Element { sum! }
}

/// Integer mean, half away from zero; the scale and zero point stay.
public enum IntegerMean<Element: FixedWidthInteger & BitwiseCopyable & Sendable>: PoolingRule {
    public static var start: Int32 { 0 }
    @inline(__always)
    public static func combine(_ sum: Int32, _ element: Element) -> Int32 { sum &+ Int32(truncatingIfNeeded: element) }
    @inline(__always)
    public static func finish(_ sum: Int32, count: Int) -> Element {
        let count = Int32(truncatingIfNeeded: count)
        let half = sum < 0 ? 0 &- count / 2 : count / 2
        return Element(truncatingIfNeeded: (sum &+ half) / count)
    }
}

/// Float mean.
public enum FloatMean: PoolingRule {
    public static var start: Float { 0 }
    @inline(__always)
    public static func combine(_ sum: Float, _ element: Float) -> Float { sum + element }
    @inline(__always)
    public static func finish(_ sum: Float, count: Int) -> Float { sum / Float(count) }
}

/// Pooling over windows; elements outside the image do not count.
public final class Pool<Rule: PoolingRule>: Operator, @unchecked Sendable {
    public let geometry: ConvolutionGeometry
    private let sums: [AlignedBuffer]
    private nonisolated(unsafe) var input: UnsafePointer<Rule.Element>?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<Rule.Element>?

    /// - Throws: `KernelError.shape`.
    public init(name: String, geometry: ConvolutionGeometry, threads: Int) throws(KernelError) {
        try geometry.validate(name)
        guard geometry.inputChannels == geometry.outputChannels else {
            throw .shape("\(name): a pool keeps the number of channels: \(geometry)")
        }
        // |sum| ≤ 255·taps must fit in int32 with room for the rounding.
        guard geometry.taps < 1 << 22 else {
            throw .shape("\(name): a window of \(geometry.taps) elements is too large")
        }
        self.geometry = geometry
        sums = (0..<threads).map { _ in AlignedBuffer(count: geometry.inputChannels * MemoryLayout<Rule.Sum>.stride) }
        super.init(name: name, path: .scalar, outputCount: geometry.outputCount)
    }

    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        self.input = input.assumingMemoryBound(to: Rule.Element.self)
        self.output = output.assumingMemoryBound(to: Rule.Element.self)
    }

    public override func run(part: Int, of parts: Int) {
        let g = geometry
        let channels = g.inputChannels
        // A global pool has one row: then the channels are shared out.
        let byRows = g.rows >= parts
        let rows = byRows ? Self.share(g.rows, part: part, of: parts) : 0..<g.rows
        let share = byRows ? 0..<channels : Self.share(channels, part: part, of: parts)
        guard !rows.isEmpty, !share.isEmpty else { return }
        let (input, output) = (input!, output!)
        let sum = sums[part].pointer(Rule.Sum.self)
        var position = OutputPosition(row: rows.lowerBound, of: g)
        for row in rows {
            let top = position.y * g.stride - g.padTop
            let left = position.x * g.stride - g.padLeft
            let ys = max(top, 0)..<min(top + g.kernelHeight, g.inputHeight)
            let xs = max(left, 0)..<min(left + g.kernelWidth, g.inputWidth)
            for c in share { sum[c] = Rule.start }
            for y in ys {
                for x in xs {
                    let pixel = input + ((position.image * g.inputHeight + y) * g.inputWidth + x) * channels
                    for c in share { sum[c] = Rule.combine(sum[c], pixel[c]) }
                }
            }
            let target = output + row * channels
            let count = ys.count * xs.count
            for c in share { target[c] = Rule.finish(sum[c], count: count) }
            position.advance(in: g)
        }
    }
}
