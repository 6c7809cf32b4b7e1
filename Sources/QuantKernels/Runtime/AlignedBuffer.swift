#if canImport(Glibc)
    import Glibc
#endif

/// Zeroed memory on a cache-line boundary (a huge-page boundary where it is large enough to matter), freed with the
/// object.
public final class AlignedBuffer: @unchecked Sendable {
    public let base: UnsafeMutableRawPointer
    /// Bytes.
    public let count: Int

    public init(count: Int) {
        self.count = count
        let rounded = max(64, (count + 63) & ~63)
        base = UnsafeMutableRawPointer.allocate(byteCount: rounded, alignment: rounded >= 1 << 21 ? 1 << 21 : 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: rounded)
    }

    /// A copy of `values`, followed by zeros up to a multiple of `padding` elements.
    convenience init<Element: BitwiseCopyable>(_ values: [Element], padding: Int = 1) {
        let padded = (values.count + padding - 1) / padding * padding
        self.init(count: padded * MemoryLayout<Element>.stride)
        values.withUnsafeBytes { base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(base), byteCount: $0.count) }
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    func pointer<Element>(_ type: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
        base.assumingMemoryBound(to: type)
    }
}
