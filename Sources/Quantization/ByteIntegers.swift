/// Integers of one range of at most 8 bits, signed or not: a byte each.
public struct ByteIntegers: RandomAccessCollection, Hashable, Sendable {
    /// The integers less the least that the range has.
    @usableFromInline let bytes: [UInt8]
    @usableFromInline let lowest: Int16

    /// - Parameter integers: members of `range`, whose width is at most 8 bits.
    init(_ integers: some Sequence<Int32>, range: IntegerRange) {
        let lowest = Int16(range.lowest)
        bytes = integers.map { UInt8($0 - Int32(lowest)) }
        self.lowest = lowest
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { bytes.count }
    @inlinable public subscript(index: Int) -> Int16 { lowest &+ Int16(bytes[index]) }
}
