import Foundation

/// What a detector's output means (SSD: Liu et al. 2015, arXiv:1512.02325). At every place of a feature map stand some *anchors*,
/// boxes of fixed size around the place's centre. The output holds for each a score (logit) per class, the background first,
/// and four numbers t that move the anchor (centre a_x, a_y, size a_w, a_h) onto an object:
///
///     x = a_x + 0.1·t_x·a_w     y = a_y + 0.1·t_y·a_h     w = a_w·exp(0.2·t_w)     h = a_h·exp(0.2·t_h)
///
/// The factors (SSD's "variances") bring offsets to the magnitude of scores. That serves quantization, too: all outputs are one
/// tensor and share its scale.
public struct DetectionHead: Sendable, Hashable {
    /// Width and height as shares of the image's.
    public struct Size: Sendable, Hashable {
        public let width: Float
        public let height: Float

        public init(_ width: Float, _ height: Float) { (self.width, self.height) = (width, height) }
    }

    /// A feature map with anchors of these sizes at every place.
    public struct Level: Sendable, Hashable {
        public let rows: Int
        public let columns: Int
        public let sizes: [Size]

        public init(rows: Int, columns: Int, sizes: [Size]) {
            (self.rows, self.columns, self.sizes) = (rows, columns, sizes)
        }
    }

    public struct Anchor: Sendable, Hashable {
        public let centreX: Float
        public let centreY: Float
        public let size: Size
        /// Index of its first score in the output: `classes` + 1 of them.
        public let scores: Int
        /// Index of t_x, behind which t_y, t_w and t_h stand.
        public let offsets: Int

        public var box: Box {
            Box(
                left: centreX - size.width / 2, top: centreY - size.height / 2, right: centreX + size.width / 2,
                bottom: centreY + size.height / 2)
        }
    }

    /// Without the background.
    public let classes: Int
    /// By level, row, column, size.
    public let anchors: [Anchor]
    /// Elements of the output.
    public let outputs: Int

    /// The output holds, level by level, the scores of all anchors (rows × columns × sizes × (classes + 1)), then their
    /// offsets (rows × columns × sizes × 4).
    public init(classes: Int, levels: [Level]) {
        var anchors: [Anchor] = []
        var start = 0
        for level in levels {
            let count = level.rows * level.columns * level.sizes.count
            for index in 0..<count {
                let (place, size) = index.quotientAndRemainder(dividingBy: level.sizes.count)
                let (row, column) = place.quotientAndRemainder(dividingBy: level.columns)
                anchors.append(
                    Anchor(
                        centreX: (Float(column) + 0.5) / Float(level.columns),
                        centreY: (Float(row) + 0.5) / Float(level.rows), size: level.sizes[size],
                        scores: start + index * (classes + 1), offsets: start + count * (classes + 1) + index * 4))
            }
            start += count * (classes + 5)
        }
        (self.classes, self.anchors, outputs) = (classes, anchors, start)
    }

    private static let centreFactor: Float = 0.1
    private static let sizeFactor: Float = 0.2

    /// The t that move the anchor onto a box, which must not be empty.
    public static func encode(_ box: Box, from anchor: Anchor) -> SIMD4<Float> {
        let (width, height) = (box.right - box.left, box.bottom - box.top)
        return SIMD4(
            ((box.left + box.right) / 2 - anchor.centreX) / (centreFactor * anchor.size.width),
            ((box.top + box.bottom) / 2 - anchor.centreY) / (centreFactor * anchor.size.height),
            log(width / anchor.size.width) / sizeFactor, log(height / anchor.size.height) / sizeFactor)
    }

    /// The box that t moves the anchor onto.
    public static func decode(_ t: SIMD4<Float>, from anchor: Anchor) -> Box {
        let (x, y) = (
            anchor.centreX + centreFactor * t.x * anchor.size.width,
            anchor.centreY + centreFactor * t.y * anchor.size.height
        )
        // e⁴ ≈ 55 times the anchor is beyond any image: what an untrained network says stays finite.
        let width = anchor.size.width * exp(min(sizeFactor * t.z, 4))
        let height = anchor.size.height * exp(min(sizeFactor * t.w, 4))
        return Box(left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2)
    }
}
