/// Zeroed memory of a fixed size, aligned to a cache line, released with its owner. Threads divide its use among
/// themselves by index ranges and barriers.
final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
    let count: Int
    let base: UnsafeMutablePointer<Element>

    init(_ count: Int, zero: Element) {
        self.count = count
        let bytes = max(count, 1) * MemoryLayout<Element>.stride
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        base = raw.bindMemory(to: Element.self, capacity: max(count, 1))
        base.initialize(repeating: zero, count: max(count, 1))
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    func clear(_ zero: Element) { base.update(repeating: zero, count: count) }
}

typealias FloatBuffer = Buffer<Float>

extension Buffer<Float> {
    convenience init(_ count: Int) { self.init(count, zero: 0) }

    var array: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}
