internal import Foundation
internal import Networks
internal import QuantKernels
internal import Quantization

/// What is timed is checked: outputs of the executors against the reference operators, each model once per run.
final class ReferenceChecks {
    private var integers: [String: (output: [Int32], ratio: Double?)] = [:]
    private var floats: [String: [Float]] = [:]

    /// Runs the references of an integer model, unless they have been run: best before the model is packed, since both
    /// together take more memory.
    func prepare(_ model: QuantizedModel, float: ModelStore.FloatModel, key: String, image: [Float]) throws {
        guard integers[key] == nil else { return }
        let signal = try reference32(float, image: image)
        let quantized = image.map { model.activations[0].quantize($0) }
        let reference = try ReferenceExecutor.output(model, input: quantized)
        let parameters = model.activations[model.network.last]
        integers[key] = (reference, decibels(signal, reference.map { parameters.dequantize($0) }))
    }

    /// Largest difference to the reference in levels (0: equal bit for bit), and the signal-to-noise ratio of the
    /// dequantized output against the float reference in dB (nil: equal). The key was prepared.
    func integer(key: String, output: [Int32]) -> (largest: Int, ratio: Double?) {
        let (reference, ratio) = integers[key]!
        let largest = zip(reference, output).map { abs(Int($0) - Int($1)) }.max() ?? 0
        return (largest, ratio)
    }

    /// Tolerance of float kernels: they sum in another order and with fused multiply-adds, so that a layer of depth K is
    /// off by about √K·2⁻²⁴ relative to its size; 30 layers of depth up to 10⁴ stay far below 10⁻³.
    static let floatTolerance = 1e-3

    /// What is wrong with the output of a float executor, or nil.
    func float(_ model: ModelStore.FloatModel, image: [Float], output: [Float]) throws -> String? {
        let reference = try reference32(model, image: image)
        let scale = reference.map { abs(Double($0)) }.max() ?? 0
        let largest = zip(reference, output).map { abs(Double($0) - Double($1)) }.max() ?? 0
        guard largest <= Self.floatTolerance * max(scale, 1e-6) else {
            return "the output differs from the reference operators' by \(largest), the largest output being \(scale)"
        }
        return nil
    }

    private func reference32(_ model: ModelStore.FloatModel, image: [Float]) throws -> [Float] {
        if let known = floats[model.key] { return known }
        let output = try ReferenceExecutor.run(model.network, model.parameters, input: image)
        floats[model.key] = output
        return output
    }

    /// 10·log₁₀(Σx² / Σ(x − x̂)²).
    private func decibels(_ signal: [Float], _ approximation: [Float]) -> Double? {
        let power = signal.reduce(0.0) { $0 + Double($1) * Double($1) }
        let noise = zip(signal, approximation).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        return noise > 0 && power > 0 ? 10 * log10(power / noise) : nil
    }
}
