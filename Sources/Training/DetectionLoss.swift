import Foundation
import Networks

/// The loss of SSD (Liu et al. 2015, arXiv:1512.02325, §2.2), here normalised by image. An anchor is *positive* for the object
/// that it overlaps most, if that is at least ½; and each object has the anchor that overlaps it most, whatever that is (of two
/// objects with the same one the later). With P positive anchors:
///
///     L = 1/P·( Σ_positive CE(scores, class) + Σ_hardest CE(scores, background) + Σ_positive Σ smoothL1(t − t*) )
///
/// CE is softmax cross-entropy, hardest are the 3·P other anchors whose CE by the background is largest, t* what
/// `DetectionHead.encode` gives for the anchor's object, smoothL1(d) = d²/2 for |d| < 1, else |d| − ½. An image without objects
/// counts its three hardest anchors. A hit is an image in which every positive anchor names its class.
struct DetectionLoss: Objective {
    let head: DetectionHead
    /// By image of the set.
    let objects: [[LabelledBox]]

    private static let leastOverlap: Float = 0.5
    private static let negatives = 3

    func evaluate(
        _ samples: UnsafeBufferPointer<Sample>, outputs: UnsafePointer<Float>, batch: Int,
        gradient: UnsafeMutablePointer<Float>?
    ) -> (loss: Double, correct: Int) {
        var (loss, correct) = (0.0, 0)
        for (place, sample) in samples.enumerated() {
            var found = objects[sample.image]
            if sample.isMirrored { for index in found.indices { found[index].box = found[index].box.mirrored } }
            let own = gradient.map { $0 + place * head.outputs }
            own?.update(repeating: 0, count: head.outputs)
            let result = evaluate(found, outputs + place * head.outputs, batch: batch, own)
            loss += result.loss
            correct += result.isHit ? 1 : 0
        }
        return (loss, correct)
    }

    /// The object of each anchor, or nil for the background.
    func match(_ objects: [LabelledBox]) -> [Int?] {
        var matches = [Int?](repeating: nil, count: head.anchors.count)
        var closest = [(anchor: Int, overlap: Float)](repeating: (0, -1), count: objects.count)
        for (index, anchor) in head.anchors.enumerated() {
            let box = anchor.box
            var most = Self.leastOverlap
            for (object, found) in objects.enumerated() {
                let overlap = box.overlap(found.box)
                if overlap > closest[object].overlap { closest[object] = (index, overlap) }
                // The first of equals.
                if overlap > most || (overlap == most && matches[index] == nil) {
                    (most, matches[index]) = (overlap, object)
                }
            }
        }
        for (object, place) in closest.enumerated() { matches[place.anchor] = object }
        return matches
    }

    private func evaluate(
        _ objects: [LabelledBox], _ output: UnsafePointer<Float>, batch: Int, _ gradient: UnsafeMutablePointer<Float>?
    ) -> (loss: Double, isHit: Bool) {
        let matches = match(objects)
        let positives = matches.count { $0 != nil }
        let weight = 1 / Double(max(positives, 1))
        let share = Float(weight / Double(batch))
        var (loss, isHit) = (0.0, true)
        var others: [(anchor: Int, loss: Float)] = []
        for (index, anchor) in head.anchors.enumerated() {
            let scores = output + anchor.scores
            guard let object = matches[index] else {
                others.append((index, logTotal(scores) - scores[0]))
                continue
            }
            let named = objects[object].label + 1
            loss += Double(logTotal(scores) - scores[named])
            if (0...head.classes).contains(where: { scores[$0] > scores[named] }) { isHit = false }
            if let gradient { push(scores, towards: named, share, gradient + anchor.scores) }
            let wanted = DetectionHead.encode(objects[object].box, from: anchor)
            for i in 0..<4 {
                let distance = output[anchor.offsets + i] - wanted[i]
                loss += Double(abs(distance) < 1 ? distance * distance / 2 : abs(distance) - 0.5)
                gradient?[anchor.offsets + i] = min(max(distance, -1), 1) * share
            }
        }
        others.sort { ($1.loss, $0.anchor) < ($0.loss, $1.anchor) }
        for other in others.prefix(Self.negatives * max(positives, 1)) {
            loss += Double(other.loss)
            guard let gradient else { continue }
            let place = head.anchors[other.anchor].scores
            push(output + place, towards: 0, share, gradient + place)
        }
        return (loss * weight, isHit)
    }

    /// log Σ exp of an anchor's scores.
    private func logTotal(_ scores: UnsafePointer<Float>) -> Float {
        var peak = scores[0]
        for k in 1...head.classes { peak = max(peak, scores[k]) }
        var total: Float = 0
        for k in 0...head.classes { total += exp(scores[k] - peak) }
        return peak + log(total)
    }

    /// The gradient of the cross-entropy: softmax − [k = named], times `share`.
    private func push(
        _ scores: UnsafePointer<Float>, towards named: Int, _ share: Float, _ gradient: UnsafeMutablePointer<Float>
    ) {
        let total = logTotal(scores)
        for k in 0...head.classes { gradient[k] = share * (exp(scores[k] - total) - (k == named ? 1 : 0)) }
    }
}
