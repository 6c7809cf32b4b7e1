internal import Datasets
internal import Networks
internal import Runner
internal import Training

/// The images that a network is trained on, and those that it is judged by.
struct TrainingData {
    let train: TrainingImages
    let test: TrainingImages

    /// Reads them in the network's resolution.
    ///
    /// - Parameter limit: keeps the first so many of the training images.
    /// - Throws: `Failure` with status usage.
    init(_ dataset: String, for network: Network, limit: Int?) throws {
        func load(_ split: String, limit: Int?) throws -> TrainingImages {
            var set = try DatasetCatalogue.named(dataset).load(split: split)
            if let limit { set = set.prefix(limit) }
            set = set.resized(to: network.resolution)
            return try TrainingImages(
                pixels: set.pixels, targets: TrainingTargets(set), height: set.height, width: set.width,
                channels: set.channels)
        }
        (train, test) = try Failure.wrap(.usage) { (try load("train", limit: limit), try load("test", limit: nil)) }
    }

    /// How many images a dataset has to train on.
    /// - Throws: `Failure` with status usage.
    static func count(_ dataset: String, limit: Int?) throws -> Int {
        let all = try Failure.wrap(.usage) { try DatasetCatalogue.named(dataset).load(split: "train").count }
        return min(all, limit ?? all)
    }
}
