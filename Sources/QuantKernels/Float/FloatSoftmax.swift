import Glibc

/// Softmax of each row.
public final class FloatSoftmax: Operator, @unchecked Sendable {
    private let rows: Int
    private let count: Int
    private nonisolated(unsafe) var input: UnsafePointer<Float>?
    private nonisolated(unsafe) var output: UnsafeMutablePointer<Float>?

    public init(name: String, rows: Int, count: Int) {
        (self.rows, self.count) = (rows, count)
        super.init(name: name, path: .scalar, outputCount: rows * count)
    }

    public func bind(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
        self.input = input.assumingMemoryBound(to: Float.self)
        self.output = output.assumingMemoryBound(to: Float.self)
    }

    public override func run(_ part: Part) {
        for row in part.share(of: rows) {
            let (logits, target) = (input! + row * count, output! + row * count)
            var largest = -Float.infinity
            for index in 0..<count { largest = max(largest, logits[index]) }
            var sum: Float = 0
            for index in 0..<count {
                target[index] = expf(logits[index] - largest)
                sum += target[index]
            }
            for index in 0..<count { target[index] /= sum }
        }
    }
}
