import Datasets
import Foundation
import Testing

/// Every way in which a file can be damaged has its own error, which names the file and a remedy.
@Suite struct DamagedFileTests {
    @Test func soundFilesLoad() throws {
        let dataset = try Fixture().load()
        #expect(dataset.count == 3)
        #expect((dataset.height, dataset.width, dataset.channels) == (28, 28, 1))
        #expect(dataset.pixels == pixels(3))
        #expect(dataset.labels == [0, 9, 4])
        #expect(dataset.classes.count == 10 && dataset.name == "fashion-mnist" && dataset.split == "test")
    }

    @Test func severalMembersAreOneStream() throws {
        let fixture = try Fixture()
        let bytes = idx([3, 28, 28], pixels(3))
        try fixture.write(gzip(Array(bytes.prefix(700))) + gzip(Array(bytes.dropFirst(700))), to: fixture.imagesPath)
        #expect(try fixture.load().pixels == pixels(3))
    }

    @Test func missingFileNamesTheRemedy() throws {
        let fixture = try Fixture()
        try FileManager.default.removeItem(atPath: fixture.labelsPath)
        let error = #expect(throws: DatasetError.self) { try fixture.load() }
        let message = try #require(error).description
        #expect(message.hasPrefix(fixture.labelsPath + ": no such file"))
        #expect(message.contains("make deps") && message.contains("apt-get install dataset-fashion-mnist"))
    }

    @Test func directoryInPlaceOfTheFile() throws {
        let fixture = try Fixture()
        try FileManager.default.removeItem(atPath: fixture.labelsPath)
        try FileManager.default.createDirectory(atPath: fixture.labelsPath, withIntermediateDirectories: false)
        #expect(throws: DatasetError.unreadable(file: fixture.labelsPath, reason: "Is a directory")) {
            try fixture.load()
        }
    }

    @Test(arguments: [[], [0x1f], Array("plain text".utf8), [0x50, 0x4b, 3, 4]] as [[UInt8]])
    func otherFormats(_ bytes: [UInt8]) throws {
        let fixture = try Fixture()
        try fixture.write(bytes, to: fixture.imagesPath)
        let expected: DatasetError =
            bytes == [0x1f] ? .truncatedGzip(file: fixture.imagesPath) : .notGzip(file: fixture.imagesPath)
        #expect(throws: expected) { try fixture.load() }
    }

    @Test func everyTruncationOfTheStream() throws {
        let fixture = try Fixture()
        let whole = try fixture.read(fixture.labelsPath)
        for length in 2..<whole.count {
            try fixture.write(Array(whole.prefix(length)), to: fixture.labelsPath)
            #expect(throws: DatasetError.truncatedGzip(file: fixture.labelsPath)) { try fixture.load() }
        }
    }

    @Test func wrongChecksum() throws {
        let fixture = try Fixture()
        var bytes = try fixture.read(fixture.imagesPath)
        bytes[bytes.count - 6] ^= 1
        try fixture.write(bytes, to: fixture.imagesPath)
        let expected = DatasetError.corruptGzip(file: fixture.imagesPath, reason: "incorrect data check")
        #expect(throws: expected) { try fixture.load() }
    }

    @Test func bytesBehindTheStream() throws {
        let fixture = try Fixture()
        try fixture.write(try fixture.read(fixture.imagesPath) + [0], to: fixture.imagesPath)
        #expect(throws: DatasetError.trailingBytes(file: fixture.imagesPath)) { try fixture.load() }
    }

    @Test func bytesBehindTheElements() throws {
        let fixture = try Fixture(images: idx([3, 28, 28], pixels(3) + [7]))
        #expect(throws: DatasetError.trailingBytes(file: fixture.imagesPath)) { try fixture.load() }
    }

    @Test func tooFewElements() throws {
        let fixture = try Fixture(images: idx([3, 28, 28], Array(pixels(3).dropLast(5))))
        let expected = DatasetError.truncatedData(file: fixture.imagesPath, expected: 2352, found: 2347)
        #expect(throws: expected) { try fixture.load() }
    }

    @Test func headerAlone() throws {
        let fixture = try Fixture(labels: [0, 0, 8, 1, 0])
        let expected = DatasetError.truncatedData(file: fixture.labelsPath, expected: 4, found: 1)
        #expect(throws: expected) { try fixture.load() }
    }

    @Test(arguments: [0x803, 0x901, 0x0108_0000] as [UInt32])
    func badMagic(_ magic: UInt32) throws {
        let fixture = try Fixture(labels: idx([3], [0, 9, 4], magic: magic))
        let expected = DatasetError.badMagic(file: fixture.labelsPath, expected: 0x801, found: magic)
        #expect(throws: expected) { try fixture.load() }
    }

    @Test(arguments: [[3, 28, 27], [3, 14, 56], [0, 28, 28], [0xffff_ffff, 0xffff_ffff, 0xffff_ffff]])
    func wrongDimensions(_ dimensions: [Int]) throws {
        let fixture = try Fixture(images: idx(dimensions, pixels(3)))
        let expected = DatasetError.wrongDimensions(
            file: fixture.imagesPath, expected: [nil, 28, 28], found: dimensions)
        #expect(throws: expected) { try fixture.load() }
        #expect(expected.description.contains("expected n×28×28"))
    }

    @Test func hugeCountIsFoundOutWithoutAllocatingIt() throws {
        let fixture = try Fixture(images: idx([0xffff_ffff, 28, 28], pixels(3)))
        let expected = DatasetError.truncatedData(
            file: fixture.imagesPath, expected: 0xffff_ffff * 784, found: 2352)
        #expect(throws: expected) { try fixture.load() }
    }

    @Test func moreLabelsThanImages() throws {
        let fixture = try Fixture(labels: idx([4], [0, 1, 2, 3]))
        let expected = DatasetError.countMismatch(
            images: fixture.imagesPath, imageCount: 3, labels: fixture.labelsPath, labelCount: 4)
        #expect(throws: expected) { try fixture.load() }
    }

    @Test func labelOutOfRange() throws {
        let fixture = try Fixture(labels: idx([3], [0, 10, 4]))
        let expected = DatasetError.labelOutOfRange(file: fixture.labelsPath, index: 1, label: 10, classes: 10)
        #expect(throws: expected) { try fixture.load() }
        #expect(expected.description.contains("label 10 at index 1, expected 0 to 9"))
    }

    @Test func aRefusedFileIsClosed() throws {
        let fixture = try Fixture()
        try fixture.write([1, 2, 3], to: fixture.imagesPath)
        let attempts = 2_000
        for _ in 0..<attempts {
            #expect(throws: DatasetError.notGzip(file: fixture.imagesPath)) { try fixture.load() }
        }
        // Other tests that run at the same time hold a few.
        #if os(Linux)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count < attempts / 2)
        #endif
    }
}
