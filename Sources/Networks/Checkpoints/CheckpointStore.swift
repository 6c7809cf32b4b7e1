import Foundation

/// The directories in which checkpoints are looked for; a network's checkpoint is `<network.name>.safetensors`, that of
/// its training with simulated quantization `<network.name>.<kind>.safetensors`, such as `….w4c-a8-qat.safetensors`.
public struct CheckpointStore: Sendable {
    /// In the order of the search.
    public var directories: [String]
    /// Further flags for the commands that make checkpoints, of floats and of integers: how a suite wants them trained.
    public var recipes: (float: [String], integers: [String]) = ([], [])

    public init(directories: [String]) { self.directories = directories }

    /// The directory named by `BENCH_CHECKPOINTS`, `./checkpoints`, and `checkpoints` in the directory of shared files that
    /// belongs to the executable (`…/share/bench`). Without `environment` the process's own is read.
    public init(shareDirectory: String?, environment: [String: String]? = nil) {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let named = environment["BENCH_CHECKPOINTS"].flatMap { $0.isEmpty ? nil : $0 }
        directories = [named, "checkpoints", shareDirectory.map { $0 + "/checkpoints" }].compactMap(\.self)
    }

    /// File name of the network's checkpoint.
    public static func fileName(for network: Network, _ kind: TrainingKind = .float) -> String {
        network.name + (kind == .float ? "" : ".\(kind)") + ".safetensors"
    }

    /// The command that makes the network's checkpoint; nil for a family that is not trained here.
    public func trainingCommand(for network: Network, _ kind: TrainingKind = .float) -> String? {
        guard NetworkFamily.named(network.family)?.dataset != nil else { return nil }
        let axes = (network.width.map { ["--width \($0)"] } ?? []) + ["--resolution \(network.resolution)"]
        let recipe = kind == .float ? recipes.float : recipes.integers
        return (["bench train \(network.family)"] + axes + kind.flags + recipe).joined(separator: " ")
    }

    /// The first directory's file that there is, or nil.
    public func path(for network: Network, _ kind: TrainingKind = .float) -> String? {
        directories.map { $0 + "/" + Self.fileName(for: network, kind) }
            .first(where: FileManager.default.fileExists(atPath:))
    }

    /// Loads the network's checkpoint and validates it; a damaged one is an error, not a reason to search on.
    public func load(for network: Network, _ kind: TrainingKind = .float) throws(CheckpointError) -> Checkpoint {
        guard let path = path(for: network, kind) else {
            throw CheckpointError(
                file: Self.fileName(for: network, kind),
                problem: .notFound(
                    network: network.name, searched: directories, command: trainingCommand(for: network, kind)))
        }
        let checkpoint = try Checkpoint.load(path)
        try checkpoint.validate(against: network)
        return checkpoint
    }
}
