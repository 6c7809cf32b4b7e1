import Foundation

extension DetectionHead {
    /// How a detector's output becomes detections; the defaults are those of the reports.
    public struct Decoding: Sendable, Hashable {
        /// Fainter boxes are dropped.
        public var lowestScore: Float = 0.01
        /// Of two boxes of one class that overlap more than this, the less sure one is dropped.
        public var mostOverlap: Float = 0.5
        /// Most boxes of an image.
        public var limit = 100

        public init() {}
    }

    /// What the network has found, the surest first. Scores are the softmax over the classes of an anchor; each anchor may
    /// name several classes; non-maximum suppression by class; boxes are cut at the image's edges. In floating point: this is
    /// no part of the network.
    ///
    /// - Parameter output: real values, `outputs` of them.
    public func detections(_ output: [Float], _ decoding: Decoding = Decoding()) -> [Detection] {
        precondition(output.count == outputs, "\(output.count) outputs; the head has \(outputs)")
        var candidates = [[Detection]](repeating: [], count: classes)
        for anchor in anchors {
            let logits = output[anchor.scores...anchor.scores + classes]
            let peak = logits.max()!
            let total = logits.reduce(0) { $0 + exp($1 - peak) }
            var box: Box?
            for label in 0..<classes {
                let score = exp(output[anchor.scores + 1 + label] - peak) / total
                guard score >= decoding.lowestScore else { continue }
                let found = box ?? Self.decode(offsets(of: anchor, output), from: anchor).cut
                box = found
                candidates[label].append(Detection(label: label, box: found, score: score))
            }
        }
        let kept = candidates.flatMap { Self.suppress($0, mostOverlap: decoding.mostOverlap) }
        return Array(kept.surestFirst.prefix(decoding.limit))
    }

    private func offsets(of anchor: Anchor, _ output: [Float]) -> SIMD4<Float> {
        let first = anchor.offsets
        return SIMD4(output[first], output[first + 1], output[first + 2], output[first + 3])
    }

    /// Non-maximum suppression among boxes of one class: the surest first, each is kept unless it overlaps one that is.
    public static func suppress(_ detections: [Detection], mostOverlap: Float) -> [Detection] {
        var kept: [Detection] = []
        for detection in detections.surestFirst
        where kept.allSatisfy({ $0.box.overlap(detection.box) <= mostOverlap }) {
            kept.append(detection)
        }
        return kept
    }
}

extension [Detection] {
    /// Equal scores keep their order.
    var surestFirst: [Detection] {
        enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
    }
}

extension Box {
    /// What of it lies inside the image.
    fileprivate var cut: Box {
        Box(left: max(0, left), top: max(0, top), right: min(1, right), bottom: min(1, bottom))
    }
}
