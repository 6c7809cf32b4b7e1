import Datasets
import Testing

@Suite struct BatchTests {
    static let dataset = ImageDataset(
        name: "synthetic", split: "test", height: 1, width: 2, channels: 2, classes: ["a", "b", "c"],
        pixels: [0, 1, 2, 3, 51, 102, 153, 204, 255, 254, 253, 252], labels: [0, 1, 2])

    @Test func writesTheImagesInTheOrderAsked() {
        #expect(Self.dataset.batch([1]) == [0.2, 0.4, 0.6, 0.8])
        #expect(
            Self.dataset.batch([2, 0, 2]).map { ($0 * 255).rounded() } == [
                255, 254, 253, 252, 0, 1, 2, 3, 255, 254, 253, 252,
            ])
        #expect(Self.dataset.batch([]).isEmpty)
    }

    @Test func rawPixels() {
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 8)
        defer { buffer.deallocate() }
        Self.dataset.writeBatch([1, 0], into: buffer)
        #expect(Array(buffer) == [51, 102, 153, 204, 0, 1, 2, 3])
    }

    /// q = round(r/S) + Z gives back every one of the 256 pixels.
    @Test func quantizedInputIsThePixel() {
        let all = ImageDataset(
            name: "synthetic", split: "test", height: 16, width: 16, channels: 1, classes: ["a"],
            pixels: (0...255).map { $0 }, labels: [0])
        let quantized = all.batch([0]).map {
            Int(($0 / ImageDataset.inputScale).rounded(.toNearestOrAwayFromZero)) + ImageDataset.inputZeroPoint
        }
        #expect(quantized == Array(0...255))
        #expect(all.batch([0]).min() == 0 && all.batch([0]).max() == 1)
    }

    @Test func prefix() {
        #expect(Self.dataset.prefix(2).labels == [0, 1])
        #expect(Self.dataset.prefix(2).pixels == Array(Self.dataset.pixels.prefix(8)))
        #expect(Self.dataset.prefix(99) == Self.dataset)
    }
}
