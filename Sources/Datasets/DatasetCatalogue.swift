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

    /// A part of a dataset, and what it is made of.
    public struct Split: Sendable {
        enum Source: Sendable {
            /// The names of two files.
            case files(images: String, labels: String)
            /// So many scenes of the articles in the same split of this dataset.
            case scenes(Int, of: String)
        }

        public let name: String
        let source: Source
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
            classes: articles,
            splits: [
                Split(
                    name: "train",
                    source: .files(images: "train-images-idx3-ubyte.gz", labels: "train-labels-idx1-ubyte.gz")),
                Split(
                    name: "test",
                    source: .files(images: "t10k-images-idx3-ubyte.gz", labels: "t10k-labels-idx1-ubyte.gz")),
            ]),
        DatasetCatalogue(
            name: "fashion-scenes",
            summary: "64×64 scenes of one to four Fashion-MNIST articles, placed by a fixed seed, with their boxes",
            package: "dataset-fashion-mnist", height: SceneComposer.side, width: SceneComposer.side, channels: 1,
            classes: articles,
            splits: [
                Split(name: "train", source: .scenes(20_000, of: "fashion-mnist")),
                Split(name: "test", source: .scenes(2_000, of: "fashion-mnist")),
            ]),
    ]

    private static let articles = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
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

    /// Reads and checks one split; scenes are composed anew, always the same.
    /// - Parameter explicit: the directory of the files, whatever the environment says.
    public func load(
        split name: String, directory explicit: String? = nil, environment: [String: String]? = nil
    ) throws(DatasetError) -> ImageDataset {
        guard let split = splits.first(where: { $0.name == name }) else {
            throw .unknownSplit(name, dataset: self.name, known: splits.map(\.name))
        }
        switch split.source {
        case .files(let images, let labels):
            return try read(images, labels, of: name, directory(explicit, environment: environment))
        case .scenes(let count, let base):
            let articles = try Self.named(base).load(split: name, directory: explicit, environment: environment)
            return SceneComposer(articles).compose(count, named: self.name)
        }
    }

    private func read(
        _ images: String, _ labels: String, of split: String, _ directory: String
    ) throws(DatasetError) -> ImageDataset {
        let (imagesPath, labelsPath) = (directory + "/" + images, directory + "/" + labels)
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
            name: name, split: split, height: height, width: width, channels: channels, classes: classes,
            pixels: images.elements, labels: labels)
    }

    private func remedy(_ directory: String) -> String {
        directory == Self.systemDirectory + "/" + name
            ? "run `make deps`, or `apt-get install \(package)`"
            : "put it there, or unset BENCH_DATASETS and run `make deps` (or `apt-get install \(package)`)"
    }
}
