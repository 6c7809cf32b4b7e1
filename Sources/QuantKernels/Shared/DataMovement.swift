/// Operators that move elements and compute nothing; the integer and the float executor share them.

/// Concatenation along the channels of tensors with one scale and zero point.
public final class Concatenation: Operator, @unchecked Sendable {
    private let rows: Int
    private let widths: [Int]
    private nonisolated(unsafe) var inputs: [UnsafeRawPointer] = []
    private nonisolated(unsafe) var output: UnsafeMutableRawPointer?

    /// - Parameters:
    ///   - rows: batch × height × width.
    ///   - channels: of each input.
    ///   - elementBytes: 1 or 4.
    public init(name: String, rows: Int, channels: [Int], elementBytes: Int) {
        self.rows = rows
        widths = channels.map { $0 * elementBytes }
        super.init(name: name, path: .scalar, outputCount: rows * channels.reduce(0, +))
    }

    public func bind(inputs: [UnsafeRawPointer], output: UnsafeMutableRawPointer) {
        precondition(inputs.count == widths.count)
        (self.inputs, self.output) = (inputs, output)
    }

    public override func run(_ part: Part) {
        let total = widths.reduce(0, +)
        let share = part.share(of: rows)
        var offset = 0
        for (input, width) in zip(inputs, widths) {
            for row in share {
                (output! + row * total + offset).copyMemory(from: input + row * width, byteCount: width)
            }
            offset += width
        }
    }
}

/// Explicit padding with one value: the zero point, or 0.
public final class Padding: Operator, @unchecked Sendable {
    private let batch: Int
    private let input: (height: Int, width: Int)
    private let margins: (top: Int, bottom: Int, left: Int, right: Int)
    private let pixel: AlignedBuffer
    private nonisolated(unsafe) var source: UnsafeRawPointer?
    private nonisolated(unsafe) var output: UnsafeMutableRawPointer?

    /// - Parameter fill: the bytes of one element, little-endian.
    public init(
        name: String, batch: Int, height: Int, width: Int, channels: Int,
        margins: (top: Int, bottom: Int, left: Int, right: Int), fill: [UInt8]
    ) {
        (self.batch, input, self.margins) = (batch, (height, width), margins)
        pixel = AlignedBuffer(Array(repeatElement(fill, count: channels).joined()))
        super.init(
            name: name, path: .scalar,
            outputCount: batch * (height + margins.top + margins.bottom) * (width + margins.left + margins.right)
                * channels)
    }

    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        (source, self.output) = (input, output)
    }

    public override func run(_ part: Part) {
        let (source, output) = (source!, output!)
        let bytes = pixel.count
        let height = input.height + margins.top + margins.bottom
        let width = input.width + margins.left + margins.right
        for row in part.share(of: batch * height) {
            let (image, y) = (row / height, row % height - margins.top)
            let target = output + row * width * bytes
            let inside = y >= 0 && y < input.height
            let copied = inside ? margins.left..<margins.left + input.width : 0..<0
            for x in 0..<width where !copied.contains(x) {
                (target + x * bytes).copyMemory(from: pixel.base, byteCount: bytes)
            }
            if inside {
                (target + margins.left * bytes).copyMemory(
                    from: source + (image * input.height + y) * input.width * bytes, byteCount: input.width * bytes)
            }
        }
    }
}

/// A reshape that needs its own buffer: the bytes as they are.
public final class Copy: Operator, @unchecked Sendable {
    private let bytes: Int
    private nonisolated(unsafe) var input: UnsafeRawPointer?
    private nonisolated(unsafe) var output: UnsafeMutableRawPointer?

    public init(name: String, count: Int, elementBytes: Int) {
        bytes = count * elementBytes
        super.init(name: name, path: .scalar, outputCount: count)
    }

    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        (self.input, self.output) = (input, output)
    }

    public override func run(_ part: Part) {
        let share = part.share(of: bytes)
        (output! + share.lowerBound).copyMemory(from: input! + share.lowerBound, byteCount: share.count)
    }
}

/// Index of the largest element of each row as int32; the first of equal ones.
public final class Argmax<Element: Comparable & BitwiseCopyable & Sendable>: Operator, @unchecked Sendable {
    private let rows: Int
    private let count: Int
    private nonisolated(unsafe) var input: UnsafePointer<Element>?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<Int32>?

    public init(name: String, rows: Int, count: Int) {
        (self.rows, self.count) = (rows, count)
        super.init(name: name, path: .scalar, outputCount: rows)
    }

    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        self.input = input.assumingMemoryBound(to: Element.self)
        self.output = output.assumingMemoryBound(to: Int32.self)
    }

    public override func run(_ part: Part) {
        for row in part.share(of: rows) {
            let values = input! + row * count
            var best = 0
            for index in 1..<max(count, 1) where values[index] > values[best] { best = index }
            output![row] = Int32(best)
        }
    }
}
