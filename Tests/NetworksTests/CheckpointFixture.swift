import Foundation
import Networks

/// A directory of its own, removed at the end.
final class CheckpointFixture {
    let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "/bench-checkpoints-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var path: String { directory + "/net.safetensors" }

    func read() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    /// Loads a file that consists of these bytes.
    func load(_ bytes: [UInt8]) -> Result<Checkpoint, CheckpointError> {
        do {
            // Not FileManager.createFile, which flushes every file to the disk.
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        } catch {
            preconditionFailure("the fixture cannot write \(path): \(error)")
        }
        return Result { () throws(CheckpointError) in try Checkpoint.load(path) }
    }

    /// What is wrong with a file of this header and data, and with which tensor; nil if nothing is.
    func fault(_ header: String, data: [UInt8] = []) -> (problem: CheckpointError.Problem, tensor: String?)? {
        guard case .failure(let error) = load(safetensors(header, data)) else { return nil }
        precondition(error.file == path && error.description.hasPrefix(path + ": "))
        return (error.problem, error.tensor)
    }
}

/// A file by hand, by the format's description alone.
func safetensors(_ header: String, _ data: [UInt8]) -> [UInt8] {
    let text = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
}

/// A small network's parameters, the values all different.
func parameters(of network: Network) -> Parameters {
    var next: Float = 0
    return Parameters(
        Dictionary(
            uniqueKeysWithValues: network.parameterShapes.map { name, shape, _ in
                let values = (0..<shape.reduce(1, *)).map { _ in
                    next += 1
                    return next / 64
                }
                return (name, ParameterTensor(shape: shape, values: values))
            }))
}

let smallNetwork: Network = {
    var network = Network(name: "small_28", family: "small", width: nil, resolution: 4, input: Shape(4, 4, 1))
    network.append("conv_0", .conv2d(Window(3), outChannels: 2, activation: .relu6, batchNorm: true))
    network.append("fc", .fullyConnected(outputs: 3, activation: .none))
    return network
}()
