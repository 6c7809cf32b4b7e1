import Datasets
import Foundation
import Testing

@Suite struct FashionMNISTTests {
    @Test func directories() throws {
        let dataset = try DatasetCatalogue.named("fashion-mnist")
        #expect(dataset.directory(environment: [:]) == "/usr/share/datasets/fashion-mnist")
        #expect(dataset.directory(environment: ["BENCH_DATASETS": ""]) == "/usr/share/datasets/fashion-mnist")
        #expect(dataset.directory(environment: ["BENCH_DATASETS": "/data"]) == "/data/fashion-mnist")
        #expect(dataset.directory("here", environment: ["BENCH_DATASETS": "/data"]) == "here")
    }

    @Test func environmentIsNotFallenBackFrom() throws {
        let dataset = try DatasetCatalogue.named("fashion-mnist")
        let error = #expect(throws: DatasetError.self) {
            try dataset.load(split: "test", environment: ["BENCH_DATASETS": "/nowhere"])
        }
        let message = try #require(error).description
        #expect(message.hasPrefix("/nowhere/fashion-mnist/t10k-images-idx3-ubyte.gz: no such file"))
        #expect(message.contains("BENCH_DATASETS"))
    }

    @Test func unknownNames() throws {
        #expect(throws: DatasetError.unknownDataset("mnist", known: ["fashion-mnist", "fashion-scenes"])) {
            try DatasetCatalogue.named("mnist")
        }
        #expect(throws: DatasetError.unknownSplit("dev", dataset: "fashion-mnist", known: ["train", "test"])) {
            try DatasetCatalogue.named("fashion-mnist").load(split: "dev")
        }
    }

    /// The real dataset: counts, extents and balance are published (arXiv:1708.07747).
    @Test(
        .enabled("dataset-fashion-mnist is not installed: run `make deps`") {
            FileManager.default.fileExists(atPath: DatasetCatalogue.all[0].directory(environment: [:]))
        },
        arguments: [("train", 60_000), ("test", 10_000)])
    func theRealDataset(_ split: String, _ count: Int) throws {
        let dataset = try DatasetCatalogue.named("fashion-mnist").load(split: split, environment: [:])
        #expect(dataset.count == count)
        #expect((dataset.height, dataset.width, dataset.channels) == (28, 28, 1))
        #expect(dataset.pixels.count == count * 784)
        var histogram = [Int](repeating: 0, count: 10)
        for label in dataset.labels { histogram[Int(label)] += 1 }
        #expect(histogram == Array(repeating: count / 10, count: 10))
        // First labels of the files: ankle boot, T-shirt … and ankle boot, pullover ….
        #expect(Array(dataset.labels.prefix(4)) == (split == "train" ? [9, 0, 0, 3] : [9, 2, 1, 1]))
        #expect(dataset.prefix(10).resized(to: 56).pixels.count == 10 * 56 * 56)
    }
}
