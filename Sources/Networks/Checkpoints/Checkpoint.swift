/// The parameters of a network and what is known of them, kept in a safetensors file (see docs/checkpoints.md).
///
/// Beside the network's own tensors a checkpoint may hold an optimiser's state (names starting with `optimizer.`) and
/// activation ranges (`range.`).
public struct Checkpoint: Sendable, Equatable {
    public var parameters: Parameters
    /// Free text by key: network, epochs, seed, accuracy, …
    public var metadata: [String: String]
    /// Where it was read from; errors name it.
    public var file: String?

    public init(parameters: Parameters, metadata: [String: String] = [:], file: String? = nil) {
        (self.parameters, self.metadata, self.file) = (parameters, metadata, file)
    }

    /// How the values are stored. F16 halves the file and rounds to 11 significant bits, ties to even.
    public enum Precision: String, Sendable, CaseIterable {
        case f32 = "F32"
        case f16 = "F16"

        /// Bytes of one element.
        var size: Int { self == .f32 ? 4 : 2 }
    }

    /// Prefixes of tensors that belong to no layer: an optimiser's state and activation ranges.
    public static let extraPrefixes = ["optimizer.", "range."]

    /// Reads and checks a file: the format, and that every value is finite.
    public static func load(_ path: String) throws(CheckpointError) -> Checkpoint {
        let bytes = try CheckpointFile.read(path)
        var checkpoint = try SafetensorsReader(file: path, bytes: bytes).checkpoint()
        checkpoint.file = path
        return checkpoint
    }

    /// Writes a file that is there whole or not at all: a temporary file beside it, flushed to the disk, takes its place.
    /// Directories on the way are made. The bytes depend on the checkpoint alone.
    public func save(_ path: String, precision: Precision = .f32) throws(CheckpointError) {
        let bytes = try SafetensorsWriter(file: path, precision: precision).bytes(of: self)
        try CheckpointFile.replace(path, with: bytes)
    }
}

extension Checkpoint {
    /// Throws unless the checkpoint holds every tensor of the network in its shape, and none besides, those with one of
    /// the `extraPrefixes` excepted. The first fault in the order of the network's nodes is reported.
    public func validate(against network: Network) throws(CheckpointError) {
        let file = file ?? "checkpoint"
        let shapes = network.parameterShapes
        for (name, shape, _) in shapes {
            guard let tensor = parameters[name] else {
                throw CheckpointError(
                    file: file, tensor: name, problem: .missingTensor(network: network.name, shape: shape))
            }
            guard tensor.shape == shape else {
                throw CheckpointError(
                    file: file, tensor: name,
                    problem: .wrongShape(network: network.name, expected: shape, found: tensor.shape))
            }
        }
        let known = Set(shapes.map(\.name))
        let unexpected = parameters.tensors.keys.filter { name in
            !known.contains(name) && !Self.extraPrefixes.contains { name.hasPrefix($0) }
        }
        if let name = unexpected.min(), let tensor = parameters[name] {
            throw CheckpointError(
                file: file, tensor: name, problem: .unexpectedTensor(network: network.name, shape: tensor.shape))
        }
    }
}
