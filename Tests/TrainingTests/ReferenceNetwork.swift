import Foundation
import Networks

/// The forward pass of training in double precision and plain loops, sharing no code with the trained one: its central
/// differences are what gradients are held against.
struct ReferenceNetwork {
    let network: Network
    var parameters: [String: [Double]]
    var labelSmoothing = 0.0
    /// Batch norm by the moving statistics rather than the batch's.
    var inference = false
    /// Stands in for a node's weights, given its name, and for a tensor's values, given its index.
    var weights: (_ node: String, _ weights: [Double]) -> [Double] = { $1 }
    var activations: (_ tensor: Int, _ values: [Double]) -> [Double] = { $1 }

    init(_ network: Network, _ parameters: Parameters) {
        self.network = network
        self.parameters = parameters.tensors.mapValues { $0.values.map(Double.init) }
    }

    /// Mean cross-entropy of the last tensor.
    func loss(_ input: [Double], _ labels: [UInt8]) -> Double {
        let logits = forward(input, images: labels.count)
        let classes = network.classes
        var total = 0.0
        for (image, label) in labels.enumerated() {
            let row = logits[(image * classes)..<((image + 1) * classes)]
            let logSum = log(row.reduce(0) { $0 + exp($1) })
            for (k, logit) in row.enumerated() {
                let target = labelSmoothing / Double(classes) + (k == Int(label) ? 1 - labelSmoothing : 0)
                total -= target * (logit - logSum)
            }
        }
        return total / Double(labels.count)
    }

    func forward(_ input: [Double], images: Int) -> [Double] {
        var tensors = [input]
        for (index, node) in network.nodes.enumerated() {
            tensors.append(activations(index + 1, output(node, node.inputs.map { tensors[$0] }, images)))
        }
        return tensors[network.last]
    }

    private func output(_ node: Network.Node, _ inputs: [[Double]], _ images: Int) -> [Double] {
        let shape = network.shape(of: node.inputs[0])
        let channels = node.output.channels
        switch node.operation {
        case .conv2d(let window, _, let activation, let batchNorm):
            let weight = weights(node.name, parameters[node.name + ".weight"]!)
            let z = slide(window, shape, node.output, images) { pixels, c in
                pixels.reduce(0.0) { sum, p in
                    let base = ((c * window.height + p.ky) * window.width + p.kx) * shape.channels
                    return (0..<shape.channels).reduce(sum) { $0 + inputs[0][p.offset + $1] * weight[base + $1] }
                }
            }
            return finish(node.name, z, channels, activation, batchNorm)
        case .depthwiseConv2d(let window, let activation, let batchNorm):
            let weight = weights(node.name, parameters[node.name + ".weight"]!)
            let z = slide(window, shape, node.output, images) { pixels, c in
                pixels.reduce(0.0) {
                    $0 + inputs[0][$1.offset + c] * weight[($1.ky * window.width + $1.kx) * channels + c]
                }
            }
            return finish(node.name, z, channels, activation, batchNorm)
        case .fullyConnected(let outputs, let activation):
            let weight = weights(node.name, parameters[node.name + ".weight"]!)
            var z: [Double] = []
            for image in 0..<images {
                for o in 0..<outputs {
                    z.append(
                        (0..<shape.count).reduce(0) {
                            $0 + inputs[0][image * shape.count + $1] * weight[o * shape.count + $1]
                        })
                }
            }
            return finish(node.name, z, outputs, activation, false)
        case .add(let activation):
            return zip(inputs[0], inputs[1]).map { clamp($0 + $1, activation) }
        case .concat:
            let widths = node.inputs.map { network.shape(of: $0).channels }
            return (0..<images * shape.height * shape.width).flatMap { pixel in
                zip(inputs, widths).flatMap { $0[(pixel * $1)..<((pixel + 1) * $1)] }
            }
        case .averagePool(let window):
            return slide(window, shape, node.output, images) { pixels, c in
                pixels.reduce(0) { $0 + inputs[0][$1.offset + c] } / Double(pixels.count)
            }
        case .maxPool(let window):
            return slide(window, shape, node.output, images) { pixels, c in
                pixels.map { inputs[0][$0.offset + c] }.max()!
            }
        case .reshape: return inputs[0]
        case .pad, .softmax, .argmax: preconditionFailure("not trained")
        }
    }

    private typealias Pixel = (ky: Int, kx: Int, offset: Int)

    /// Calls `body` for every output element with the pixels inside the image that its window covers.
    private func slide(
        _ window: Window, _ input: Shape, _ output: Shape, _ images: Int, _ body: ([Pixel], Int) -> Double
    ) -> [Double] {
        let lead = window.leading(input)
        var result: [Double] = []
        for image in 0..<images {
            for oy in 0..<output.height {
                for ox in 0..<output.width {
                    var pixels: [Pixel] = []
                    for ky in 0..<window.height {
                        for kx in 0..<window.width {
                            let (y, x) = (oy * window.stride - lead.top + ky, ox * window.stride - lead.left + kx)
                            guard 0..<input.height ~= y, 0..<input.width ~= x else { continue }
                            pixels.append((ky, kx, ((image * input.height + y) * input.width + x) * input.channels))
                        }
                    }
                    for c in 0..<output.channels { result.append(body(pixels, c)) }
                }
            }
        }
        return result
    }

    private func finish(
        _ name: String, _ z: [Double], _ channels: Int, _ activation: Activation, _ batchNorm: Bool
    ) -> [Double] {
        var scale = Array(repeating: 1.0, count: channels)
        var shift = scale
        for c in 0..<channels {
            guard batchNorm else {
                shift[c] = parameters[name + ".bias"]![c]
                continue
            }
            let (mean, variance) = inference ? moving(name, c) : Self.statistics(z, channels, c)
            scale[c] = parameters[name + ".bn.gamma"]![c] / (variance + Double(batchNormEpsilon)).squareRoot()
            shift[c] = parameters[name + ".bn.beta"]![c] - mean * scale[c]
        }
        return z.enumerated().map { clamp($1 * scale[$0 % channels] + shift[$0 % channels], activation) }
    }

    private func moving(_ name: String, _ c: Int) -> (Double, Double) {
        (parameters[name + ".bn.mean"]![c], parameters[name + ".bn.variance"]![c])
    }

    /// Mean and biased variance of channel c.
    static func statistics(_ z: [Double], _ channels: Int, _ c: Int) -> (mean: Double, variance: Double) {
        let values = stride(from: c, to: z.count, by: channels).map { z[$0] }
        let mean = values.reduce(0, +) / Double(values.count)
        return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
    }

    private func clamp(_ value: Double, _ activation: Activation) -> Double {
        min(max(value, Double(activation.bounds.lower)), Double(activation.bounds.upper))
    }
}
