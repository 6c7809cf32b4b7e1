import Glibc

/// Bytes that end at an unmapped page, or begin behind one: a read or write beyond them traps at once. What is left of the
/// mapped pages holds canaries, which show a write on the other side.
final class GuardedBuffer {
    enum Placement: CaseIterable, Sendable { case endsAtGuard, beginsAtGuard }

    let base: UnsafeMutableRawPointer
    let count: Int
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int
    private let inside: UnsafeMutableRawBufferPointer

    private static let canary: UInt8 = 0xC5

    init(count: Int, _ placement: Placement) {
        let page = sysconf(Int32(_SC_PAGESIZE))
        let insideBytes = max(1, (count + page - 1) / page) * page
        mappedBytes = insideBytes + 2 * page
        let mapping = mmap(nil, mappedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(mapping != MAP_FAILED, "mmap of \(mappedBytes) bytes failed")
        let first = mapping + page
        precondition(mprotect(first, insideBytes, PROT_READ | PROT_WRITE) == 0, "mprotect failed")
        inside = UnsafeMutableRawBufferPointer(start: first, count: insideBytes)
        inside.initializeMemory(as: UInt8.self, repeating: Self.canary)
        base = placement == .endsAtGuard ? first + insideBytes - count : first
        self.mapping = mapping
        self.count = count
    }

    /// Copies `values` in.
    convenience init<Element: BitwiseCopyable>(_ values: [Element], _ placement: Placement) {
        self.init(count: values.count * MemoryLayout<Element>.stride, placement)
        values.withUnsafeBytes { if let source = $0.baseAddress { base.copyMemory(from: source, byteCount: count) } }
    }

    deinit { munmap(mapping, mappedBytes) }

    func elements<Element: BitwiseCopyable>(_ type: Element.Type = Element.self) -> [Element] {
        Array(UnsafeRawBufferPointer(start: base, count: count).bindMemory(to: type))
    }

    /// Whether nothing was written in the mapped bytes beside the buffer.
    var canariesAreIntact: Bool {
        let start = base - inside.baseAddress!
        return inside[..<start].allSatisfy { $0 == Self.canary }
            && inside[(start + count)...].allSatisfy { $0 == Self.canary }
    }
}
