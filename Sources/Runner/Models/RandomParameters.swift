internal import Foundation
internal import Measurement
internal import Networks

/// Parameters of a network that nobody trained here: He-initialised weights, so that activations keep their magnitude from
/// layer to layer; batch norm as the identity. Latency does not depend on the values; accuracy means nothing.
enum RandomParameters {
    static func make(_ network: Network, seed: UInt64) -> Parameters {
        var generator = SeededGenerator(seed: seed)
        var parameters = Parameters()
        for (name, shape, _) in network.parameterShapes {
            let count = shape.reduce(1, *)
            let values: [Float]
            if name.hasSuffix(".bn.gamma") || name.hasSuffix(".bn.variance") {
                values = Array(repeating: 1, count: count)
            } else if name.hasSuffix(".weight") {
                // OHWI and OI: all but the first; HWC: all but the last.
                let isDepthwise = shape.count == 3
                let fanIn = isDepthwise ? shape[0] * shape[1] : count / shape[0]
                let deviation = (2 / Double(fanIn)).squareRoot()
                values = (0..<count).map { _ in Float(normal(&generator) * deviation) }
            } else {
                values = Array(repeating: 0, count: count)
            }
            parameters[name] = ParameterTensor(shape: shape, values: values)
        }
        return parameters
    }

    /// Box and Muller's standard normal.
    static func normal(_ generator: inout SeededGenerator) -> Double {
        let u = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator)
        let v = Double.random(in: 0..<1, using: &generator)
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
    }
}
