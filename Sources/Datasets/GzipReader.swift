import CZlib
import Foundation

/// Reads a gzip file (RFC 1952) as a stream: the file is never held in memory, neither packed nor unpacked. Every
/// byte is accounted for: a missing end mark, a wrong checksum and bytes behind the last member are errors, which
/// zlib's own `gzread` lets pass.
final class GzipReader {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>
    /// On the heap because zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private let chunk: UnsafeMutableBufferPointer<UInt8>
    private var finished = false

    /// Opens the file and checks that it is gzip.
    init(path: String) throws(DatasetError) {
        guard let file = fopen(path, "rb") else {
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(
            stream, MAX_WBITS + Self.gzipOnly, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib cannot start: out of memory, or the wrong library version")
        (self.path, self.file, self.stream) = (path, file, stream)
        chunk = .allocate(capacity: 1 << 16)
        try refill()
        guard startsMember else { throw .notGzip(file: path) }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        chunk.deallocate()
        fclose(file)
    }

    /// Fills `buffer` with unpacked bytes; returns how many there were, fewer than asked only at the end.
    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(DatasetError) -> Int {
        precondition(buffer.count <= Int(UInt32.max), "zlib counts in 32 bits")
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(buffer.count)
        while !finished && stream.pointee.avail_out > 0 {
            try refill()
            switch inflate(stream, Z_NO_FLUSH) {
            case Z_OK: break
            case Z_STREAM_END: try endMember()
            // No progress: the file has no more input to give.
            case Z_BUF_ERROR: throw .truncatedGzip(file: path)
            default:
                let reason = stream.pointee.msg.map { String(cString: $0) } ?? "inflate failed"
                throw .corruptGzip(file: path, reason: reason)
            }
        }
        return buffer.count - Int(stream.pointee.avail_out)
    }

    /// A gzip file is a sequence of members; only another member may follow one.
    private func endMember() throws(DatasetError) {
        try refill()
        if stream.pointee.avail_in == 0 {
            finished = true
        } else if startsMember {
            inflateReset(stream)
        } else {
            throw .trailingBytes(file: path)
        }
    }

    /// Reads the next chunk of the file unless some input is left; leaves none at the end of the file.
    private func refill() throws(DatasetError) {
        guard stream.pointee.avail_in == 0 else { return }
        let count = fread(chunk.baseAddress, 1, chunk.count, file)
        if count == 0 && ferror(file) != 0 {
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        stream.pointee.next_in = chunk.baseAddress
        stream.pointee.avail_in = UInt32(count)
    }

    /// Whether the input at hand starts with the magic bytes (as far as it goes: a chunk may end between the two).
    private var startsMember: Bool {
        guard let next = stream.pointee.next_in, stream.pointee.avail_in > 0 else { return false }
        return next[0] == 0x1f && (stream.pointee.avail_in == 1 || next[1] == 0x8b)
    }

    /// Added to the window bits, it makes inflate expect gzip's header and check its CRC-32 and length.
    private static let gzipOnly: Int32 = 16
}
