import CZlib
import Datasets
import Foundation

/// A directory of its own with a small Fashion-MNIST of synthetic images in it.
final class Fixture {
    let directory: String
    static let catalogue = DatasetCatalogue.all[0]

    /// Writes both files of the test split.
    init(images: [UInt8] = idx([3, 28, 28], pixels(3)), labels: [UInt8] = idx([3], [0, 9, 4])) throws {
        directory = NSTemporaryDirectory() + "/bench-datasets-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try write(gzip(images), to: imagesPath)
        try write(gzip(labels), to: labelsPath)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var imagesPath: String { directory + "/t10k-images-idx3-ubyte.gz" }
    var labelsPath: String { directory + "/t10k-labels-idx1-ubyte.gz" }

    func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
    func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    func load() throws(DatasetError) -> ImageDataset {
        try Self.catalogue.load(split: "test", directory: directory)
    }

    func result() -> Result<ImageDataset, DatasetError> { Result { () throws(DatasetError) in try load() } }
}

/// An IDX file of unsigned bytes, unpacked.
func idx(_ dimensions: [Int], _ elements: [UInt8], magic: UInt32? = nil) -> [UInt8] {
    let header = [magic ?? UInt32(0x800 + dimensions.count)] + dimensions.map { UInt32($0) }
    return header.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } } + elements
}

/// Pixels of synthetic 28×28 images, every one different.
func pixels(_ count: Int) -> [UInt8] { (0..<count * 784).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 784) } }

/// One gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    precondition(
        deflateInit2_(
            &stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { deflateEnd(&stream) }
    var input = bytes
    let bound = Int(deflateBound(&stream, UInt(bytes.count)))
    return input.withUnsafeMutableBufferPointer { input in
        [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(bound)
            precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
            count = bound - Int(stream.avail_out)
        }
    }
}

/// A small generator of our own (SplitMix64), so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
