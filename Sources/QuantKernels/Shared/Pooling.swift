internal import CKernels

/// How a pool's elements are combined. The rules are plain types, not generic ones: a conformance of a plain type is
/// specialised by the compiler, so that `Pool`, which other modules instantiate, runs specialised loops.
public protocol PoolingRule: Sendable {
    associatedtype Element: BitwiseCopyable & Sendable
    /// What is kept of a channel while the window passes over it in memory.
    associatedtype Sum: BitwiseCopyable & Sendable
    /// The windows of output rows `rows`, channels `channels`; `sums` has room for all channels.
    static func pool(
        _ geometry: ConvolutionGeometry, rows: Range<Int>, channels: Range<Int>, input: UnsafePointer<Element>,
        output: UnsafeMutablePointer<Element>, sums: UnsafeMutablePointer<Sum>)
}

/// A mean of what a window has inside the image.
public protocol AveragingRule: PoolingRule {
    static func combine(_ sum: Sum, _ element: Element) -> Sum
    /// The output for `count` elements inside the image.
    static func finish(_ sum: Sum, count: Int) -> Element
}

/// What a window has inside the image: its first pixel, counted through all images, and its extent.
private struct PooledWindow {
    let first: Int
    let height: Int
    let width: Int
}

/// Calls `body` with each output row and its window.
@inline(__always)
private func forEachWindow(_ g: ConvolutionGeometry, _ rows: Range<Int>, _ body: (_ row: Int, PooledWindow) -> Void) {
    var position = OutputPosition(row: rows.lowerBound, of: g)
    for row in rows {
        let top = position.y * g.stride - g.padTop
        let left = position.x * g.stride - g.padLeft
        let ys = max(top, 0)..<min(top + g.kernelHeight, g.inputHeight)
        let xs = max(left, 0)..<min(left + g.kernelWidth, g.inputWidth)
        let first = (position.image * g.inputHeight + ys.lowerBound) * g.inputWidth + xs.lowerBound
        body(row, PooledWindow(first: first, height: ys.count, width: xs.count))
        position.advance(in: g)
    }
}

extension AveragingRule where Sum: AdditiveArithmetic {
    @inline(__always)
    static func loop(
        _ g: ConvolutionGeometry, rows: Range<Int>, channels share: Range<Int>, input: UnsafePointer<Element>,
        output: UnsafeMutablePointer<Element>, sums sum: UnsafeMutablePointer<Sum>
    ) {
        let channels = g.inputChannels
        forEachWindow(g, rows) { row, window in
            for c in share { sum[c] = .zero }
            for y in 0..<window.height {
                for x in 0..<window.width {
                    let pixel = input + (window.first + y * g.inputWidth + x) * channels
                    for c in share { sum[c] = combine(sum[c], pixel[c]) }
                }
            }
            let target = output + row * channels
            for c in share { target[c] = finish(sum[c], count: window.height * window.width) }
        }
    }
}

/// Mean, half away from zero, of a sum of `count` integers.
@inline(__always)
private func meanHalfAway(_ sum: Int32, _ count: Int) -> Int32 {
    let count = Int32(truncatingIfNeeded: count)
    let half = sum < 0 ? 0 &- count / 2 : count / 2
    return (sum &+ half) / count
}

/// Integer mean of uint8, half away from zero; the scale and zero point stay.
public enum MeanOfUInt8: AveragingRule {
    public static func combine(_ sum: Int32, _ element: UInt8) -> Int32 { sum &+ Int32(element) }
    public static func finish(_ sum: Int32, count: Int) -> UInt8 { UInt8(truncatingIfNeeded: meanHalfAway(sum, count)) }
    public static func pool(
        _ geometry: ConvolutionGeometry, rows: Range<Int>, channels: Range<Int>, input: UnsafePointer<UInt8>,
        output: UnsafeMutablePointer<UInt8>, sums: UnsafeMutablePointer<Int32>
    ) { loop(geometry, rows: rows, channels: channels, input: input, output: output, sums: sums) }
}

/// Integer mean of int8, half away from zero.
public enum MeanOfInt8: AveragingRule {
    public static func combine(_ sum: Int32, _ element: Int8) -> Int32 { sum &+ Int32(element) }
    public static func finish(_ sum: Int32, count: Int) -> Int8 { Int8(truncatingIfNeeded: meanHalfAway(sum, count)) }
    public static func pool(
        _ geometry: ConvolutionGeometry, rows: Range<Int>, channels: Range<Int>, input: UnsafePointer<Int8>,
        output: UnsafeMutablePointer<Int8>, sums: UnsafeMutablePointer<Int32>
    ) { loop(geometry, rows: rows, channels: channels, input: input, output: output, sums: sums) }
}

/// Float mean.
public enum MeanOfFloat: AveragingRule {
    public static func combine(_ sum: Float, _ element: Float) -> Float { sum + element }
    public static func finish(_ sum: Float, count: Int) -> Float { sum / Float(count) }
    public static func pool(
        _ geometry: ConvolutionGeometry, rows: Range<Int>, channels: Range<Int>, input: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>
    ) { loop(geometry, rows: rows, channels: channels, input: input, output: output, sums: sums) }
}

/// `flip` is 0x80 for int8, whose order is that of its bytes with the sign turned over.
private func maximum(
    _ g: ConvolutionGeometry, rows: Range<Int>, channels: Range<Int>, input: UnsafePointer<UInt8>,
    output: UnsafeMutablePointer<UInt8>, flip: UInt8
) {
    let depth = g.inputChannels
    forEachWindow(g, rows) { row, window in
        ck_maximum_u8(
            input + window.first * depth + channels.lowerBound, g.inputWidth * depth, window.height, depth,
            window.width, channels.count, flip, output + row * depth + channels.lowerBound)
    }
}

/// Largest uint8; the scale and zero point stay.
public enum MaximumOfUInt8: PoolingRule {
    public static func pool(
        _ g: ConvolutionGeometry, rows: Range<Int>, channels: Range<Int>, input: UnsafePointer<UInt8>,
        output: UnsafeMutablePointer<UInt8>, sums: UnsafeMutablePointer<UInt8>
    ) {
        maximum(g, rows: rows, channels: channels, input: input, output: output, flip: 0)
    }
}

/// Largest int8.
public enum MaximumOfInt8: PoolingRule {
    public static func pool(
        _ g: ConvolutionGeometry, rows: Range<Int>, channels: Range<Int>, input: UnsafePointer<Int8>,
        output: UnsafeMutablePointer<Int8>, sums: UnsafeMutablePointer<Int8>
    ) {
        maximum(
            g, rows: rows, channels: channels, input: UnsafeRawPointer(input).assumingMemoryBound(to: UInt8.self),
            output: UnsafeMutableRawPointer(output).assumingMemoryBound(to: UInt8.self), flip: 0x80)
    }
}

/// Largest float.
public enum MaximumOfFloat: PoolingRule {
    public static func pool(
        _ g: ConvolutionGeometry, rows: Range<Int>, channels: Range<Int>, input: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>
    ) {
        let depth = g.inputChannels
        forEachWindow(g, rows) { row, window in
            ck_maximum_f32(
                input + window.first * depth + channels.lowerBound, g.inputWidth * depth, window.height, depth,
                window.width, channels.count, output + row * depth + channels.lowerBound)
        }
    }
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

    public override func run(_ part: Part) {
        let g = geometry
        let channels = g.inputChannels
        // A global pool has one row: then the channels are shared out.
        let byRows = g.rows >= part.count
        let rows = byRows ? part.share(of: g.rows) : 0..<g.rows
        let share = byRows ? 0..<channels : part.share(of: channels)
        guard !rows.isEmpty, !share.isEmpty, let input, let output else { return }
        Rule.pool(
            g, rows: rows, channels: share, input: input, output: output, sums: sums[part.seat].pointer(Rule.Sum.self))
    }
}
