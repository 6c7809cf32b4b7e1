/// A file of unsigned bytes in IDX format, packed by gzip: 0, 0, element type (8 = unsigned byte), number of
/// dimensions, then each extent as a big-endian 32-bit number, then the elements, the last dimension fastest.
struct IDXFile {
    var dimensions: [Int]
    var elements: [UInt8]

    /// Reads the whole file. `expected` gives the extents; nil is any number from 1. Nothing may follow the elements.
    init(path: String, expecting expected: [Int?]) throws(DatasetError) {
        let reader = try GzipReader(path: path)
        let magic = try reader.bigEndian(path)
        let expectedMagic = UInt32(0x800 + expected.count)
        guard magic == expectedMagic else { throw .badMagic(file: path, expected: expectedMagic, found: magic) }
        dimensions = []
        for _ in expected { dimensions.append(Int(try reader.bigEndian(path))) }
        let fits = zip(dimensions, expected).allSatisfy { found, expected in expected.map { found == $0 } ?? (found > 0)
        }
        // Extents come from a file that may be damaged: their product may not trap.
        var count = 1
        var overflow = false
        for extent in dimensions where !overflow { (count, overflow) = count.multipliedReportingOverflow(by: extent) }
        guard fits && !overflow else { throw .wrongDimensions(file: path, expected: expected, found: dimensions) }
        elements = try reader.bytes(count, path)
        guard try reader.bytes(upTo: 1).isEmpty else { throw .trailingBytes(file: path) }
    }
}

extension GzipReader {
    fileprivate func bigEndian(_ path: String) throws(DatasetError) -> UInt32 {
        try bytes(4, path).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Exactly `count` bytes.
    fileprivate func bytes(_ count: Int, _ path: String) throws(DatasetError) -> [UInt8] {
        let result = try bytes(upTo: count)
        guard result.count == count else {
            throw .truncatedData(file: path, expected: count, found: result.count)
        }
        return result
    }

    /// `count` bytes, or what is left. Grows with what the file really holds, not with what its header promises.
    fileprivate func bytes(upTo count: Int) throws(DatasetError) -> [UInt8] {
        let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: min(count, 1 << 20))
        defer { chunk.deallocate() }
        var result: [UInt8] = []
        while result.count < count {
            let asked = UnsafeMutableBufferPointer(rebasing: chunk.prefix(count - result.count))
            let found = try read(into: asked)
            result.append(contentsOf: asked.prefix(found))
            if found < asked.count { break }
        }
        return result
    }
}
