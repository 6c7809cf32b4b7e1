import Foundation

/// Softmax cross-entropy with label smoothing α: the target of class k is (1 − α)·[k = label] + α/K, the loss of an
/// image −Σ target·log p, its gradient by the logits p − target. A hit is an image whose largest logit (the first of equals)
/// is the label's.
struct CrossEntropy: Objective {
    /// By image of the set.
    let labels: [UInt8]
    let classes: Int
    let smoothing: Double

    func evaluate(
        _ samples: UnsafeBufferPointer<Sample>, outputs: UnsafePointer<Float>, batch: Int,
        gradient: UnsafeMutablePointer<Float>?
    ) -> (loss: Double, correct: Int) {
        var (loss, correct) = (0.0, 0)
        let even = smoothing / Double(classes)
        for (place, sample) in samples.enumerated() {
            let row = outputs + place * classes
            let label = Int(labels[sample.image])
            var best = 0
            for k in 1..<max(classes, 1) where row[k] > row[best] { best = k }
            if best == label { correct += 1 }
            let peak = Double(row[best])
            var total = 0.0
            for k in 0..<classes { total += exp(Double(row[k]) - peak) }
            let logTotal = log(total)
            for k in 0..<classes {
                let logP = Double(row[k]) - peak - logTotal
                let target = even + (k == label ? 1 - smoothing : 0)
                if target > 0 { loss -= target * logP }
                if let gradient { gradient[place * classes + k] = Float((exp(logP) - target) / Double(batch)) }
            }
        }
        return (loss, correct)
    }
}
