/// An upright rectangle. Edges are shares of the image's width and height: 0 is the left and the upper edge, 1 the right and
/// the lower one.
public struct Box: Sendable, Hashable {
    public var left: Float
    public var top: Float
    public var right: Float
    public var bottom: Float

    public init(left: Float, top: Float, right: Float, bottom: Float) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    /// 0 if an edge stands beyond its opposite.
    public var area: Float { max(0, right - left) * max(0, bottom - top) }

    /// Intersection over union, 0…1; 0 of two empty boxes.
    public func overlap(_ other: Box) -> Float {
        let width = max(0, min(right, other.right) - max(left, other.left))
        let height = max(0, min(bottom, other.bottom) - max(top, other.top))
        let (shared, whole) = (width * height, area + other.area - width * height)
        return whole > 0 ? shared / whole : 0
    }

    /// In the image mirrored left to right.
    public var mirrored: Box { Box(left: 1 - right, top: top, right: 1 - left, bottom: bottom) }
}

/// A box and the class of what is in it.
public struct LabelledBox: Sendable, Hashable {
    public var label: Int
    public var box: Box

    public init(label: Int, box: Box) { (self.label, self.box) = (label, box) }
}

/// What a detector says it has found.
public struct Detection: Sendable, Hashable {
    public var label: Int
    public var box: Box
    /// How sure it is, 0…1.
    public var score: Float

    public init(label: Int, box: Box, score: Float) { (self.label, self.box, self.score) = (label, box, score) }
}
