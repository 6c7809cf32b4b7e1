import Foundation
public import Quantization

/// The directories in which checkpoints are looked for; a network's checkpoint is `<network.name>.safetensors`, that of
/// its training with simulated quantization `<network.name>.<scheme>-qat.safetensors`.
public struct CheckpointStore: Sendable {
    /// In the order of the search.
    public var directories: [String]

    public init(directories: [String]) { self.directories = directories }

    /// The directory named by `BENCH_CHECKPOINTS`, `./checkpoints`, and `checkpoints` in the directory of shared files that
    /// belongs to the executable (`…/share/bench`). Without `environment` the process's own is read.
    public init(shareDirectory: String?, environment: [String: String]? = nil) {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let named = environment["BENCH_CHECKPOINTS"].flatMap { $0.isEmpty ? nil : $0 }
        directories = [named, "checkpoints", shareDirectory.map { $0 + "/checkpoints" }].compactMap(\.self)
    }

    /// File name of the network's checkpoint; with `scheme`, of the one trained for these integers.
    public static func fileName(for network: Network, scheme: QuantizationScheme? = nil) -> String {
        network.name + (scheme.map { ".\($0)-qat" } ?? "") + ".safetensors"
    }

    /// The command that makes the network's checkpoint; nil for a family that is not trained here.
    public static func trainingCommand(for network: Network, scheme: QuantizationScheme? = nil) -> String? {
        guard NetworkFamily.named(network.family)?.dataset != nil else { return nil }
        let width = network.width.map { " --width \($0)" } ?? ""
        let simulated = scheme.map { " --qat \($0)" } ?? ""
        return "bench train \(network.family)\(width) --resolution \(network.resolution)\(simulated)"
    }

    /// The first directory's file that there is, or nil.
    public func path(for network: Network, scheme: QuantizationScheme? = nil) -> String? {
        directories.map { $0 + "/" + Self.fileName(for: network, scheme: scheme) }
            .first(where: FileManager.default.fileExists(atPath:))
    }

    /// Loads the network's checkpoint and validates it; a damaged one is an error, not a reason to search on.
    public func load(
        for network: Network, scheme: QuantizationScheme? = nil
    ) throws(CheckpointError) -> Checkpoint {
        guard let path = path(for: network, scheme: scheme) else {
            throw CheckpointError(
                file: Self.fileName(for: network, scheme: scheme),
                problem: .notFound(
                    network: network.name, searched: directories,
                    command: Self.trainingCommand(for: network, scheme: scheme)))
        }
        let checkpoint = try Checkpoint.load(path)
        try checkpoint.validate(against: network)
        return checkpoint
    }
}
