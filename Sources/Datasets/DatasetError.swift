/// What can be wrong with a dataset: one case per cause, with the file it was found in. The description is the final
/// message: file, what is wrong, remedy.
public enum DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No dataset of this name is registered.
    case unknownDataset(String, known: [String])
    /// The dataset has no such split.
    case unknownSplit(String, dataset: String, known: [String])
    case missingFile(String, remedy: String)
    /// The operating system refused to open or read the file.
    case unreadable(file: String, reason: String)
    /// The file does not start with gzip's magic bytes 1f 8b.
    case notGzip(file: String)
    /// The compressed stream ends before its end mark.
    case truncatedGzip(file: String)
    /// The compressed stream contradicts itself; `reason` is zlib's.
    case corruptGzip(file: String, reason: String)
    /// Bytes follow where the file should end: inside the stream or after it.
    case trailingBytes(file: String)
    /// The stream is whole, but holds fewer bytes than the IDX header announces.
    case truncatedData(file: String, expected: Int, found: Int)
    /// The first four bytes of the IDX header: 0, 0, element type, number of dimensions.
    case badMagic(file: String, expected: UInt32, found: UInt32)
    /// The extents of the IDX header; nil in `expected` is any number from 1.
    case wrongDimensions(file: String, expected: [Int?], found: [Int])
    case countMismatch(images: String, imageCount: Int, labels: String, labelCount: Int)
    case labelOutOfRange(file: String, index: Int, label: Int, classes: Int)

    public var description: String {
        switch self {
        case .unknownDataset(let name, let known):
            "unknown dataset '\(name)': known are \(known.joined(separator: ", "))"
        case .unknownSplit(let split, let dataset, let known):
            "dataset \(dataset) has no split '\(split)': it has \(known.joined(separator: ", "))"
        case .missingFile(let file, let remedy):
            "\(file): no such file; \(remedy)"
        case .unreadable(let file, let reason):
            "\(file): cannot be read (\(reason)); check its permissions and the disk"
        case .notGzip(let file):
            "\(file): not a gzip file; \(Self.reinstall)"
        case .truncatedGzip(let file):
            "\(file): the gzip stream breaks off; \(Self.reinstall)"
        case .corruptGzip(let file, let reason):
            "\(file): the gzip stream is damaged (\(reason)); \(Self.reinstall)"
        case .trailingBytes(let file):
            "\(file): bytes follow after the last element; \(Self.reinstall)"
        case .truncatedData(let file, let expected, let found):
            "\(file): \(found) bytes of data where the IDX header announces \(expected); \(Self.reinstall)"
        case .badMagic(let file, let expected, let found):
            "\(file): IDX magic is \(Self.hex(found)), expected \(Self.hex(expected)); \(Self.reinstall)"
        case .wrongDimensions(let file, let expected, let found):
            "\(file): dimensions are \(Self.extents(found)), expected \(Self.extents(expected)); \(Self.reinstall)"
        case .countMismatch(let images, let imageCount, let labels, let labelCount):
            "\(labels): \(labelCount) labels, but \(images) holds \(imageCount) images; \(Self.reinstall)"
        case .labelOutOfRange(let file, let index, let label, let classes):
            "\(file): label \(label) at index \(index), expected 0 to \(classes - 1); \(Self.reinstall)"
        }
    }

    private static let reinstall = "install the dataset again, or point BENCH_DATASETS at an undamaged copy"

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    private static func extents(_ values: [Int?]) -> String {
        values.map { $0.map(String.init) ?? "n" }.joined(separator: "×")
    }
}
