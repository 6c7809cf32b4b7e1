import Foundation
import Networks
import Testing
import Training

/// Trains on real images: off unless `BENCH_TRAIN_FULL` names a folder with the unpacked IDX files of Fashion-MNIST.
/// `BENCH_TRAIN_EPOCHS`, `BENCH_TRAIN_WIDTH` and `BENCH_TRAIN_STEPS` change the defaults 3, 0.25 and no limit.
@Suite struct FullTrainingTests {
    static let environment = ProcessInfo.processInfo.environment

    @Test(.enabled(if: environment["BENCH_TRAIN_FULL"] != nil)) func fashion() throws {
        let folder = try #require(Self.environment["BENCH_TRAIN_FULL"])
        func read(_ name: String, header: Int) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))).dropFirst(header).map { $0 }
        }
        func images(_ set: String) throws -> TrainingImages {
            try TrainingImages(
                pixels: read(set + "-images-idx3-ubyte", header: 16),
                labels: read(set + "-labels-idx1-ubyte", header: 8), height: 28, width: 28)
        }
        let width = Self.environment["BENCH_TRAIN_WIDTH"].flatMap(Double.init) ?? 0.25
        let epochs = Self.environment["BENCH_TRAIN_EPOCHS"].flatMap(Int.init) ?? 3
        let limit = Self.environment["BENCH_TRAIN_STEPS"].flatMap(Int.init) ?? .max
        let network = try #require(NetworkFamily.named("fashion_mobilenet_v1")).network(width: width)
        let trainer = try Trainer(
            network: network, images: images("train"), validation: images("t10k"),
            options: TrainingOptions(epochs: epochs))
        var (steps, accuracy) = (0, 0.0)
        _ = try trainer.run(
            progress: { progress in
                steps += 1
                guard progress.validation != nil || steps % 100 == 0 else { return }
                accuracy = progress.validation?.accuracy ?? accuracy
                print(
                    "epoch \(progress.epoch) step \(progress.step) loss \(progress.loss) train \(progress.accuracy)",
                    "test \(progress.validation.map { "\($0.accuracy)" } ?? "–")",
                    "images/s \(progress.imagesPerSecond ?? .nan) left \(progress.secondsLeft ?? .nan) s")
            }, shouldStop: { steps >= limit })
        #expect(limit < .max || accuracy > 0.85)
    }
}
