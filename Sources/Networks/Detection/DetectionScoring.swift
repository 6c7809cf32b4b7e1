/// How good detections are, by the measures of COCO (Lin et al. 2014, arXiv:1405.0312) and of Jacob et al. 2017, table 4.5.
///
/// At an overlap threshold, a class's detections of an image claim objects of that class in order of their scores: each the
/// unclaimed one that it overlaps most, if that is at least the threshold (it is *right*), else none (it is *wrong*).
///
/// - **mAP**: over the whole set and from the surest detection down, precision = right/(right + wrong) and recall =
///   right/objects. Precision is made to fall (at each recall the highest that is reached there or beyond), and averaged over
///   the 101 recalls 0, 0.01, …, 1; where a recall is not reached it is 0. Mean over the classes that have objects, then over
///   the thresholds 0.50, 0.55, …, 0.95.
/// - **precision** and **recall** of all classes together, of detections with a score of at least 0.5, averaged over the same
///   thresholds.
public struct DetectionScoring: Sendable {
    public static let thresholds: [Float] = (0..<10).map { 0.5 + 0.05 * Float($0) }
    /// Of the detections that count for precision and recall.
    public static let leastScore: Float = 0.5

    public struct Quality: Sendable, Equatable {
        /// 0…1.
        public var map: Double
        /// At the overlap 0.5 alone.
        public var map50: Double
        /// nil if nothing was detected.
        public var precision: Double?
        public var recall: Double

        public init(map: Double, map50: Double, precision: Double?, recall: Double) {
            (self.map, self.map50, self.precision, self.recall) = (map, map50, precision, recall)
        }
    }

    private struct Claim: Sendable {
        let score: Float
        let image: Int
        /// Bit i: right at threshold i.
        let right: UInt16
    }

    public let classes: Int
    /// By class, in the order of the images.
    private var claims: [[Claim]]
    /// By image and class: image·classes + class.
    private var objects: [Int] = []
    public var images: Int { objects.count / max(classes, 1) }

    public init(classes: Int) {
        self.classes = classes
        claims = Array(repeating: [], count: classes)
    }

    /// Adds an image.
    public mutating func add(_ detections: [Detection], objects: [LabelledBox]) {
        let image = images
        for label in 0..<classes {
            let present = objects.filter { $0.label == label }.map(\.box)
            self.objects.append(present.count)
            let own = detections.filter { $0.label == label }.surestFirst
            var right = [UInt16](repeating: 0, count: own.count)
            for (bit, threshold) in Self.thresholds.enumerated() {
                var free = Array(present.indices)
                for (index, detection) in own.enumerated() {
                    let overlaps = free.map { present[$0].overlap(detection.box) }
                    guard let best = overlaps.indices.max(by: { overlaps[$0] < overlaps[$1] }),
                        overlaps[best] >= threshold
                    else { continue }
                    free.remove(at: best)
                    right[index] |= 1 << UInt16(bit)
                }
            }
            for (detection, right) in zip(own, right) {
                claims[label].append(Claim(score: detection.score, image: image, right: right))
            }
        }
    }

    /// nil without an object.
    public var quality: Quality? { ranked.quality(Array(repeating: 1, count: images)) }

    /// mAP of sets drawn from the images with replacement, each as large as the set itself: how far mAP varies with the choice
    /// of images. Unsorted.
    ///
    /// - Parameter below: a number evenly distributed in 0..<limit.
    public func resampled(_ times: Int, below: (_ limit: Int) -> Int) -> [Double] {
        let ranked = ranked
        return (0..<times).compactMap { _ in
            var weights = [Int](repeating: 0, count: images)
            for _ in 0..<images { weights[below(images)] += 1 }
            return ranked.quality(weights)?.map
        }
    }

    private var ranked: Ranked {
        Ranked(
            classes: classes,
            claims: claims.map { claims in
                claims.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
                    .map(\.element)
            }, objects: objects)
    }

    /// Claims of each class, the surest first.
    private struct Ranked {
        let classes: Int
        let claims: [[Claim]]
        let objects: [Int]

        /// - Parameter weights: how often each image counts.
        func quality(_ weights: [Int]) -> Quality? {
            let present = (0..<classes).map { label in
                weights.indices.reduce(0) { $0 + weights[$1] * objects[$1 * classes + label] }
            }
            let counted = (0..<classes).filter { present[$0] > 0 }
            guard !counted.isEmpty else { return nil }
            let total = present.reduce(0, +)
            var (maps, precisions, recalls): ([Double], [Double], [Double]) = ([], [], [])
            for bit in thresholds.indices {
                let sum = counted.reduce(0) { $0 + averagePrecision($1, bit, weights, objects: present[$1]) }
                maps.append(sum / Double(counted.count))
                let (right, all) = sure(bit, weights)
                if all > 0 { precisions.append(Double(right) / Double(all)) }
                recalls.append(Double(right) / Double(total))
            }
            return Quality(
                map: Self.mean(maps), map50: maps[0], precision: precisions.isEmpty ? nil : Self.mean(precisions),
                recall: Self.mean(recalls))
        }

        private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

        /// Detections that are sure enough: the right ones, and all.
        private func sure(_ bit: Int, _ weights: [Int]) -> (right: Int, all: Int) {
            var (right, all) = (0, 0)
            for claim in claims.joined() where claim.score >= leastScore {
                all += weights[claim.image]
                if claim.right >> UInt16(bit) & 1 == 1 { right += weights[claim.image] }
            }
            return (right, all)
        }

        private func averagePrecision(_ label: Int, _ bit: Int, _ weights: [Int], objects: Int) -> Double {
            // Highest precision at each of the 101 recalls, where it is first reached; then made to fall.
            var highest = [Double](repeating: 0, count: 101)
            var (right, all, reached) = (0, 0, -1)
            for claim in claims[label] {
                let weight = weights[claim.image]
                guard weight > 0 else { continue }
                all += weight
                guard claim.right >> UInt16(bit) & 1 == 1 else { continue }
                right += weight
                // The precision here counts for every recall up to this one; 100·right/objects rounded down is exact.
                reached = 100 * right / objects
                highest[reached] = max(highest[reached], Double(right) / Double(all))
            }
            guard reached >= 0 else { return 0 }
            for index in stride(from: 99, through: 0, by: -1) {
                highest[index] = max(highest[index], highest[index + 1])
            }
            return highest.reduce(0, +) / 101
        }
    }
}
