import Datasets
import Foundation
import Testing

@Suite struct SceneTests {
    static let catalogue = DatasetCatalogue.all.first { $0.name == "fashion-scenes" }!
    static let isInstalled = FileManager.default.fileExists(atPath: DatasetCatalogue.all[0].directory(environment: [:]))

    /// Of three white articles: every box is what is white, and known without the composer.
    private static func whiteScenes() throws -> ImageDataset {
        let white = [UInt8](repeating: 255, count: 3 * 784)
        let fixture = try Fixture(images: idx([3, 28, 28], white))
        return try catalogue.load(split: "test", directory: fixture.directory)
    }

    @Test func scenesAreTheSameEveryTime() throws {
        let fixture = try Fixture()
        let scenes = try Self.catalogue.load(split: "test", directory: fixture.directory)
        #expect(try Self.catalogue.load(split: "test", directory: fixture.directory) == scenes)
        #expect((scenes.name, scenes.split, scenes.count) == ("fashion-scenes", "test", 2000))
        #expect((scenes.height, scenes.width, scenes.channels) == (64, 64, 1))
        #expect(scenes.labels.isEmpty && scenes.classes.count == 10)
        // The fixture's labels.
        #expect(Set(try #require(scenes.objects).joined().map(\.label)) == [0, 4, 9])
    }

    @Test func boxesAreWhatIsVisible() throws {
        let scenes = try Self.whiteScenes()
        let objects = try #require(scenes.objects)
        var numbers = Set<Int>()
        for (index, found) in objects.enumerated() {
            numbers.insert(found.count)
            let pixels = scenes.pixels[index * 4096..<(index + 1) * 4096]
            var covered = [Bool](repeating: false, count: 4096)
            for object in found {
                let edges = [object.left, object.top, object.right, object.bottom].map { Int(exactly: $0 * 64) }
                let (left, top) = (try #require(edges[0]), try #require(edges[1]))
                let (right, bottom) = (try #require(edges[2]), try #require(edges[3]))
                #expect(left >= 0 && top >= 0 && right <= 64 && bottom <= 64)
                #expect(right - left == bottom - top && 16...40 ~= right - left)
                for y in top..<bottom { for x in left..<right { covered[y * 64 + x] = true } }
            }
            #expect(zip(pixels, covered).allSatisfy { ($0 == 255) == $1 && ($0 == 0) == !$1 }, "scene \(index)")
        }
        #expect(numbers == [1, 2, 3, 4])
    }

    @Test func articlesHardlyOverlap() throws {
        var touching = 0
        for found in try #require(Self.whiteScenes().objects) {
            for (index, a) in found.enumerated() {
                for b in found[..<index] {
                    let width = max(0, min(a.right, b.right) - max(a.left, b.left))
                    let height = max(0, min(a.bottom, b.bottom) - max(a.top, b.top))
                    let areas = [a, b].map { ($0.right - $0.left) * ($0.bottom - $0.top) }
                    #expect(width * height <= 0.1 * areas.min()! + 1e-6)
                    if width * height > 0 { touching += 1 }
                }
            }
        }
        #expect(touching > 0, "some overlap is allowed")
    }

    @Test func splitsDiffer() throws {
        let fixture = try Fixture(images: idx([3, 28, 28], pixels(3)))
        for (test, train) in [("t10k-images", "train-images"), ("t10k-labels", "train-labels")] {
            let suffix = test.hasSuffix("images") ? "-idx3-ubyte.gz" : "-idx1-ubyte.gz"
            try fixture.write(
                fixture.read(fixture.directory + "/" + test + suffix),
                to: fixture.directory + "/" + train + suffix)
        }
        let test = try Self.catalogue.load(split: "test", directory: fixture.directory)
        let train = try Self.catalogue.load(split: "train", directory: fixture.directory)
        #expect(train.count == 20_000)
        #expect(train.prefix(2000).pixels != test.pixels)
    }

    @Test func prefixAndOtherResolutionsKeepTheObjects() throws {
        let scenes = try Self.whiteScenes().prefix(3)
        let objects = try #require(scenes.objects)
        #expect((scenes.count, objects.count) == (3, 3))
        let small = scenes.resized(to: 32)
        #expect(small.pixels.count == 3 * 32 * 32)
        #expect(small.objects == objects)
    }

    @Test func missingFilesAreThoseOfTheArticles() throws {
        let error = #expect(throws: DatasetError.self) {
            try Self.catalogue.load(split: "train", environment: ["BENCH_DATASETS": "/nowhere"])
        }
        let message = try #require(error).description
        #expect(message.hasPrefix("/nowhere/fashion-mnist/train-images-idx3-ubyte.gz: no such file"))
        #expect(message.contains("BENCH_DATASETS") && message.contains("dataset-fashion-mnist"))
        #expect(throws: DatasetError.unknownSplit("dev", dataset: "fashion-scenes", known: ["train", "test"])) {
            try Self.catalogue.load(split: "dev")
        }
    }

    /// Trained checkpoints and accuracies are those of exactly these scenes.
    @Test(
        .enabled("dataset-fashion-mnist is not installed: run `make deps`") { isInstalled },
        arguments: [("train", 20_000, 0xf28b_f25a_b5d4_68c6 as UInt64), ("test", 2_000, 0x3317_709c_f426_92c9)])
    func theRealScenes(_ split: String, _ count: Int, _ hash: UInt64) throws {
        let scenes = try Self.catalogue.load(split: split, environment: [:])
        let objects = try #require(scenes.objects)
        #expect(scenes.count == count)
        // FNV-1a of all pixels, labels and edges.
        var found: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ byte: UInt8) { found = (found ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for pixel in scenes.pixels { mix(pixel) }
        for object in objects.joined() {
            mix(object.label)
            for edge in [object.left, object.top, object.right, object.bottom] { mix(UInt8(edge * 64)) }
            #expect(0 <= object.left && object.left < object.right && object.right <= 1)
            #expect(0 <= object.top && object.top < object.bottom && object.bottom <= 1)
        }
        #expect(found == hash)

        var classes = [Int](repeating: 0, count: 10)
        var numbers = [Int](repeating: 0, count: 5)
        for scene in objects {
            numbers[scene.count] += 1
            for object in scene { classes[Int(object.label)] += 1 }
        }
        let mean = Double(classes.reduce(0, +)) / 10
        // The standard deviation of a class's count is √mean, some 5 % in the smaller split.
        #expect(classes.allSatisfy { abs(Double($0) - mean) < 0.2 * mean }, "\(classes)")
        #expect(numbers[0] == 0 && numbers[1...].allSatisfy { $0 > count / 7 }, "\(numbers)")
    }
}
