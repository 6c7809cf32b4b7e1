import Foundation
import Networks
import Quantization
import Testing

@Suite struct CheckpointStoreTests {
    let fixture: CheckpointFixture
    let network: Network

    init() throws {
        fixture = try CheckpointFixture()
        network = try #require(NetworkFamily.named("fashion_mobilenet_v1")).network(width: 0.25)
    }

    @Test func directories() {
        #expect(
            CheckpointStore(shareDirectory: "/usr/share/bench", environment: ["BENCH_CHECKPOINTS": "/mine"]).directories
                == ["/mine", "checkpoints", "/usr/share/bench/checkpoints"])
        #expect(
            CheckpointStore(shareDirectory: nil, environment: ["BENCH_CHECKPOINTS": ""]).directories == ["checkpoints"])
    }

    @Test func theFirstDirectoryCounts() throws {
        let store = CheckpointStore(directories: ["a", "b", "c"].map { fixture.directory + "/" + $0 })
        #expect(store.path(for: network) == nil)
        for (directory, epoch) in [("c", "1"), ("b", "2")] {
            try Checkpoint(parameters: parameters(of: network), metadata: ["epoch": epoch])
                .save("\(fixture.directory)/\(directory)/fashion_mobilenet_v1_0.25_28.safetensors")
            let loaded = try store.load(for: network)
            #expect(loaded.metadata == ["epoch": epoch])
            #expect(loaded.file == store.path(for: network))
        }
    }

    @Test func aMissGivesTheCommand() throws {
        let store = CheckpointStore(directories: ["/nowhere", fixture.directory])
        let error = #expect(throws: CheckpointError.self) { try store.load(for: network) }
        let message = try #require(error).description
        #expect(message.contains("no checkpoint of fashion_mobilenet_v1_0.25_28"))
        #expect(message.contains("/nowhere, \(fixture.directory)"))
        #expect(message.contains("`bench train fashion_mobilenet_v1 --width 0.25 --resolution 28`"))
        let untrained = try #require(NetworkFamily.named("mobilenet_v1")).network()
        let other = #expect(throws: CheckpointError.self) { try store.load(for: untrained) }
        #expect(try #require(other).description.contains("not trained here"))
    }

    @Test func trainingsForIntegersAreFilesOfTheirOwn() throws {
        var store = CheckpointStore(directories: [fixture.directory])
        let scheme = QuantizationScheme(weightBits: 4)
        let (first, second) = (TrainingKind.integers(scheme), TrainingKind.integers(scheme, seed: 2))
        let name = "fashion_mobilenet_v1_0.25_28"
        #expect(CheckpointStore.fileName(for: network) == "\(name).safetensors")
        #expect(CheckpointStore.fileName(for: network, first) == "\(name).w4c-a8-qat.safetensors")
        #expect(CheckpointStore.fileName(for: network, second) == "\(name).w4c-a8-qat+seed2.safetensors")
        try Checkpoint(parameters: parameters(of: network))
            .save(fixture.directory + "/" + CheckpointStore.fileName(for: network, second))
        #expect(store.path(for: network) == nil && store.path(for: network, first) == nil)
        #expect(try store.load(for: network, second).file == store.path(for: network, second))
        let command = "bench train fashion_mobilenet_v1 --width 0.25 --resolution 28"
        #expect(store.trainingCommand(for: network, second) == "\(command) --qat w4c-a8 --seed 2")
        store.recipes = (["--epochs 30"], ["--epochs 3", "--lsq"])
        #expect(store.trainingCommand(for: network) == "\(command) --epochs 30")
        #expect(store.trainingCommand(for: network, first) == "\(command) --qat w4c-a8 --epochs 3 --lsq")
    }

    @Test func aCheckpointOfAnotherNetworkIsRefused() throws {
        let store = CheckpointStore(directories: [fixture.directory])
        try Checkpoint(parameters: parameters(of: smallNetwork))
            .save(fixture.directory + "/" + CheckpointStore.fileName(for: network))
        let error = #expect(throws: CheckpointError.self) { try store.load(for: network) }
        #expect(
            error?.problem
                == .wrongShape(network: network.name, expected: [8, 3, 3, 1], found: [2, 3, 3, 1]))
    }
}
