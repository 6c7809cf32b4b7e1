internal import Foundation
internal import Measurement
package import Networks
internal import Training

/// The layers of a network that nobody trained here: He-initialised weights, so that activations keep their magnitude from
/// layer to layer; batch norm as the identity. Latency does not depend on the values; accuracy means nothing.
///
/// A layer's weights depend on the seed and on its name alone. Those of a large network are made anew each time that they are
/// asked for: a process that runs such a network on integers never holds it in floats.
package struct RandomLayers: FoldedLayers {
    private let network: Network
    private let seed: UInt64
    private let kept: FoldedParameters

    /// Most weights that are kept, all layers together: 32 MB.
    private static let mostKept = 8_000_000

    /// Whether a network is so small that its weights are kept between cells.
    package static func keeps(_ network: Network) -> Bool { network.parameterCount <= mostKept }

    package init(_ network: Network, seed: UInt64) {
        (self.network, self.seed) = (network, seed)
        guard Self.keeps(network) else {
            kept = [:]
            return
        }
        var kept: FoldedParameters = [:]
        for node in network.nodes { kept[node.name] = Self.layer(node, network, seed) }
        self.kept = kept
    }

    package subscript(name: String) -> FoldedLayer? {
        kept[name] ?? network.nodes.first { $0.name == name }.flatMap { Self.layer($0, network, seed) }
    }

    private static func layer(_ node: Network.Node, _ network: Network, _ seed: UInt64) -> FoldedLayer? {
        var parameters = Parameters()
        for (name, shape, _) in network.parameterShapes where name.hasPrefix(node.name + ".") {
            parameters[name] = ParameterTensor(shape: shape, values: values(name, shape, seed))
        }
        // What folding refuses, a variance below 0, is not made here.
        return try? BatchNormFolding.fold(node, parameters: parameters)
    }

    private static func values(_ name: String, _ shape: [Int], _ seed: UInt64) -> [Float] {
        let count = shape.reduce(1, *)
        if name.hasSuffix(".bn.gamma") || name.hasSuffix(".bn.variance") { return Array(repeating: 1, count: count) }
        guard name.hasSuffix(".weight") else { return Array(repeating: 0, count: count) }
        // OHWI and OI: all but the first; HWC: all but the last.
        let isDepthwise = shape.count == 3
        let fanIn = isDepthwise ? shape[0] * shape[1] : count / shape[0]
        let deviation = (2 / Double(fanIn)).squareRoot()
        // FNV-1a of the name, so that layers differ.
        let mark = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        var generator = SeededGenerator(seed: seed ^ mark)
        return (0..<count).map { _ in Float(normal(&generator) * deviation) }
    }

    /// Box and Muller's standard normal.
    private static func normal(_ generator: inout SeededGenerator) -> Double {
        let u = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator)
        let v = Double.random(in: 0..<1, using: &generator)
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
    }
}
