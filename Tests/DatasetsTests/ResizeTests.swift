import Datasets
import Foundation
import Testing

@Suite struct ResizeTests {
    static func dataset(_ height: Int, _ width: Int, channels: Int = 1, _ pixels: [UInt8]) -> ImageDataset {
        ImageDataset(
            name: "synthetic", split: "test", height: height, width: width, channels: channels, classes: ["a", "b"],
            pixels: pixels, labels: Array(repeating: 1, count: pixels.count / (height * width * channels)))
    }

    @Test func sameSizeIsTheIdentity() {
        let dataset = Self.dataset(28, 28, pixels(2))
        #expect(dataset.resized(to: 28) == dataset)
    }

    @Test func halvingAveragesFourPixels() {
        // 0 1 | 2 4      (0+1+8+1)/4 = 2.5 → 3 (halves up)    (2+4+0+0)/4 = 1.5 → 2
        // 8 1 | 0 0
        let small = Self.dataset(2, 4, [0, 1, 2, 4, 8, 1, 0, 0]).resized(to: 1)
        // Width 4 → 1: s = 1.5, between the columns 1 and 2: (1+2+1+0)/4 = 1.
        #expect(small.pixels == [1])
        let half = Self.dataset(4, 4, [0, 1, 2, 4, 8, 1, 0, 0, 255, 255, 7, 7, 255, 255, 7, 8]).resized(to: 2)
        #expect(half.pixels == [3, 2, 255, 7])
        #expect((half.height, half.width, half.labels) == (2, 2, [1]))
    }

    @Test func doublingClampsAtTheEdge() {
        // s = −0.25, 0.25, 0.75, 1.25: weights 0, 1/4, 3/4, 1 of the second pixel.
        let row = Self.dataset(1, 2, [0, 200]).resized(to: 4)
        #expect(row.pixels == Array(repeating: [0, 50, 150, 200], count: 4).flatMap { $0 })
    }

    @Test func channelsStayApart() {
        let image = Self.dataset(2, 2, channels: 3, [0, 10, 255, 0, 10, 255, 0, 10, 255, 0, 10, 255])
        #expect(image.resized(to: 5).pixels == Array(repeating: [0, 10, 255], count: 25).flatMap { $0 })
    }

    /// The formula of the documentation in floating point, written anew, pixel by pixel.
    @Test(arguments: [1, 3, 7, 14, 20, 27, 29, 32, 56])
    func agreesWithTheFormula(_ size: Int) {
        var random = SplitMix(state: UInt64(size))
        let (height, width, channels) = (9, 12, 2)
        let pixels = (0..<2 * height * width * channels).map { _ in UInt8.random(in: 0...255, using: &random) }
        let resized = Self.dataset(height, width, channels: channels, pixels).resized(to: size)
        #expect(resized.pixels.count == 2 * size * size * channels)
        func source(_ index: Int, _ extent: Int) -> Double {
            min(max((Double(index) + 0.5) * Double(extent) / Double(size) - 0.5, 0), Double(extent - 1))
        }
        for (position, value) in resized.pixels.enumerated() {
            let channel = position % channels
            let x = source(position / channels % size, width)
            let y = source(position / channels / size % size, height)
            let image = position / (channels * size * size)
            func at(_ row: Int, _ column: Int) -> Double {
                let (row, column) = (min(row, height - 1), min(column, width - 1))
                return Double(pixels[((image * height + row) * width + column) * channels + channel])
            }
            let (fy, fx) = (y - y.rounded(.down), x - x.rounded(.down))
            let (row, column) = (Int(y), Int(x))
            let exact =
                (1 - fy) * ((1 - fx) * at(row, column) + fx * at(row, column + 1))
                + fy * ((1 - fx) * at(row + 1, column) + fx * at(row + 1, column + 1))
            #expect(abs(Double(value) - exact) <= 0.5 + 1e-9)
        }
    }
}
