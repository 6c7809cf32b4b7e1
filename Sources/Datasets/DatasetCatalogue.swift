import Foundation

/// A dataset that the project knows: what it holds and where its files are. The one place where a dataset is
/// registered is `all`.
public struct DatasetCatalogue: Sendable {
    /// Registered name; also the name of its directory.
    public let name: String
    public let summary: String
    /// Debian package that installs it.
    public let package: String
    /// Pixels.
    public let height: Int
    /// Pixels.
    public let width: Int
    public let channels: Int
    public let classes: [String]
    public let splits: [Split]

    /// A part of a dataset: the names of its two files.
    public struct Split: Sendable {
        public let name: String
        let images: String
        let labels: String
    }

    /// Where Debian's dataset packages put their directories.
    public static let systemDirectory = "/usr/share/datasets"

    /// The dataset of this name.
    public static func named(_ name: String) throws(DatasetError) -> DatasetCatalogue {
        guard let dataset = all.first(where: { $0.name == name }) else {
            throw .unknownDataset(name, known: all.map(\.name))
        }
        return dataset
    }

    public static let all = [
        DatasetCatalogue(
            name: "fashion-mnist",
            summary: "Fashion-MNIST (Xiao et al. 2017, arXiv:1708.07747): 28×28 grey images of ten kinds of articles",
            package: "dataset-fashion-mnist", height: 28, width: 28, channels: 1,
            classes: [
                "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                "Ankle boot",
            ],
            splits: [
                Split(name: "train", images: "train-images-idx3-ubyte.gz", labels: "train-labels-idx1-ubyte.gz"),
                Split(name: "test", images: "t10k-images-idx3-ubyte.gz", labels: "t10k-labels-idx1-ubyte.gz"),
            ])
    ]
}

extension DatasetCatalogue {
    /// The directory that holds the files: `explicit` itself, or the dataset's directory in `BENCH_DATASETS`, or the one
    /// that its Debian package installs. The first that is given counts, whether the files are there or not. Without
    /// `environment` the process's own is read.
    public func directory(_ explicit: String? = nil, environment: [String: String]? = nil) -> String {
        if let explicit { return explicit }
        let environment = environment ?? ProcessInfo.processInfo.environment
        let root = environment["BENCH_DATASETS"].flatMap { $0.isEmpty ? nil : $0 }
        return (root ?? Self.systemDirectory) + "/" + name
    }

    /// Reads and checks one split.
    public func load(
        split name: String, directory explicit: String? = nil, environment: [String: String]? = nil
    ) throws(DatasetError) -> ImageDataset {
        guard let split = splits.first(where: { $0.name == name }) else {
            throw .unknownSplit(name, dataset: self.name, known: splits.map(\.name))
        }
        let directory = directory(explicit, environment: environment)
        let (imagesPath, labelsPath) = (directory + "/" + split.images, directory + "/" + split.labels)
        for path in [imagesPath, labelsPath] where !FileManager.default.fileExists(atPath: path) {
            throw .missingFile(path, remedy: remedy(directory))
        }
        let labels = try IDXFile(path: labelsPath, expecting: [nil]).elements
        if let index = labels.firstIndex(where: { $0 >= classes.count }) {
            throw .labelOutOfRange(
                file: labelsPath, index: index, label: Int(labels[index]), classes: classes.count)
        }
        let images = try IDXFile(path: imagesPath, expecting: [nil, height, width] + (channels == 1 ? [] : [channels]))
        guard images.dimensions[0] == labels.count else {
            throw .countMismatch(
                images: imagesPath, imageCount: images.dimensions[0], labels: labelsPath, labelCount: labels.count)
        }
        return ImageDataset(
            name: self.name, split: name, height: height, width: width, channels: channels, classes: classes,
            pixels: images.elements, labels: labels)
    }

    private func remedy(_ directory: String) -> String {
        directory == Self.systemDirectory + "/" + name
            ? "run `make deps`, or `apt-get install \(package)`"
            : "put it there, or unset BENCH_DATASETS and run `make deps` (or `apt-get install \(package)`)"
    }
}
