import Networks
import Testing
import Training

/// What chance does to training images.
@Suite struct AugmentationTests {
    private let shape = Shape(28, 28, 1)

    private func views(_ options: TrainingOptions, epoch: Int = 0, count: Int = 10_000) -> [ImageView] {
        let augmentation = Augmentation(shape, options: options, epoch: epoch)
        return (0..<count).map(augmentation.view(of:))
    }

    @Test func nothingIsDoneUnlessAskedFor() {
        #expect(views(TrainingOptions(flips: false), count: 100).allSatisfy { $0 == ImageView() })
    }

    @Test func halfAreMirrored() {
        let mirrored = views(TrainingOptions()).count(where: \.isMirrored)
        #expect(abs(mirrored - 5000) < 250)  // five standard deviations
    }

    /// Every shift from −2 to 2 a fifth of the time, down and right independently.
    @Test func shiftsAreEvenlyDistributed() {
        var counts: [[Int]: Int] = [:]
        for view in views(TrainingOptions(shift: 2)) { counts[[view.down, view.right], default: 0] += 1 }
        #expect(counts.count == 25)
        #expect(counts.values.allSatisfy { abs($0 - 400) < 100 }, "\(counts)")
    }

    @Test func erasuresCoverTwoToFortyPercent() {
        let erased = views(TrainingOptions(erasing: 0.5)).compactMap(\.erased)
        #expect(abs(erased.count - 5000) < 250)
        let shares = erased.map { Double($0.rows.count * $0.columns.count) / 784 }
        // The sides are rounded down, at most by one each.
        #expect(shares.min()! > 0.005 && shares.max()! <= 0.4)
        #expect(
            erased.allSatisfy { 0 <= $0.rows.lowerBound && $0.rows.upperBound <= 28 && $0.columns.upperBound <= 28 })
        let mean = shares.reduce(0, +) / Double(shares.count)
        // Below 0.21: large rectangles often do not fit and are drawn again.
        #expect((0.12...0.22).contains(mean), "\(mean)")
    }

    @Test func anEpochIsAFunctionOfItsNumberAndTheSeed() {
        let options = TrainingOptions(shift: 2, erasing: 0.5)
        #expect(views(options, epoch: 3, count: 50) == views(options, epoch: 3, count: 50))
        #expect(views(options, epoch: 3, count: 50) != views(options, epoch: 4, count: 50))
        var other = options
        other.seed = 2
        #expect(views(options, count: 50) != views(other, count: 50))
    }

    @Test func copiesMirroredThenMovedThenErased() throws {
        // 2×3 pixels of two channels: 1 2 | 3 4 | 5 6 over 7 8 | 9 10 | 11 12.
        let images = try TrainingImages(pixels: (1...12).map(UInt8.init), labels: [0], height: 2, width: 3, channels: 2)
        func bytes(_ view: ImageView) -> [Int] {
            let target = UnsafeMutablePointer<Float>.allocate(capacity: 12)
            defer { target.deallocate() }
            images.copy(0, view, to: target)
            return (0..<12).map { Int((target[$0] * 255).rounded()) }
        }
        #expect(bytes(ImageView()) == Array(1...12))
        #expect(bytes(ImageView(isMirrored: true)) == [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8])
        #expect(bytes(ImageView(down: 1, right: -1)) == [0, 0, 0, 0, 0, 0, 3, 4, 5, 6, 0, 0])
        #expect(bytes(ImageView(isMirrored: true, down: -1, right: 1)) == [0, 0, 11, 12, 9, 10, 0, 0, 0, 0, 0, 0])
        #expect(bytes(ImageView(down: 5)) == Array(repeating: 0, count: 12))
        let noisy = bytes(ImageView(erased: .init(rows: 0..<2, columns: 1..<2, noise: 7)))
        #expect([0, 1, 4, 5, 6, 7, 10, 11].allSatisfy { noisy[$0] == $0 + 1 })
        #expect([2, 3, 8, 9].contains { noisy[$0] != $0 + 1 } && noisy.allSatisfy { 0...255 ~= $0 })
    }
}
