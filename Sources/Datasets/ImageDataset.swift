/// Annotated images of one size, in memory.
public struct ImageDataset: Sendable, Equatable {
    /// What is known of the images.
    public enum Annotations: Sendable, Equatable {
        /// A class for each image.
        case labels([UInt8])
        /// For each image the objects that it shows.
        case objects([[PlacedObject]])
    }

    /// Registered name, such as `fashion-mnist`.
    public let name: String
    /// Which part of the dataset it is, such as `train`.
    public let split: String
    /// Pixels.
    public let height: Int
    /// Pixels.
    public let width: Int
    public let channels: Int
    /// Names of the classes; a label is an index into it.
    public let classes: [String]
    /// NHWC, row-major: the value of image n, row y, column x, channel c is at ((n·height + y)·width + x)·channels + c.
    public let pixels: [UInt8]
    /// One per image.
    public let annotations: Annotations
    /// Number of images.
    public let count: Int

    /// One per image; empty for images whose objects are annotated.
    public var labels: [UInt8] { if case .labels(let labels) = annotations { labels } else { [] } }
    /// The objects of each image; nil for images that have a class as a whole.
    public var objects: [[PlacedObject]]? { if case .objects(let objects) = annotations { objects } else { nil } }
    /// Values of one image.
    public var imageSize: Int { height * width * channels }

    /// The pixels must fill the images and every label must name a class: readers check files before they come here.
    public init(
        name: String, split: String, height: Int, width: Int, channels: Int, classes: [String], pixels: [UInt8],
        annotations: Annotations
    ) {
        let labels: [UInt8]
        switch annotations {
        case .labels(let all): (labels, count) = (all, all.count)
        case .objects(let all): (labels, count) = (all.flatMap { $0.map(\.label) }, all.count)
        }
        precondition(height > 0 && width > 0 && channels > 0, "an image has at least one pixel")
        precondition(pixels.count == count * height * width * channels, "pixels and annotations differ in count")
        precondition(labels.allSatisfy { $0 < classes.count }, "a label names no class")
        (self.name, self.split, self.classes) = (name, split, classes)
        (self.height, self.width, self.channels) = (height, width, channels)
        (self.pixels, self.annotations) = (pixels, annotations)
    }

    /// Images with a class each.
    public init(
        name: String, split: String, height: Int, width: Int, channels: Int, classes: [String], pixels: [UInt8],
        labels: [UInt8]
    ) {
        self.init(
            name: name, split: split, height: height, width: width, channels: channels, classes: classes,
            pixels: pixels, annotations: .labels(labels))
    }

    /// The first `count` images, or all of them if there are fewer.
    public func prefix(_ count: Int) -> ImageDataset {
        let annotations: Annotations =
            switch annotations {
            case .labels(let labels): .labels(Array(labels.prefix(count)))
            case .objects(let objects): .objects(Array(objects.prefix(count)))
            }
        return with(
            height: height, width: width, pixels: Array(pixels.prefix(count * imageSize)), annotations: annotations)
    }

    /// A dataset of the same name, split and classes.
    func with(height: Int, width: Int, pixels: [UInt8], annotations: Annotations) -> ImageDataset {
        ImageDataset(
            name: name, split: split, height: height, width: width, channels: channels, classes: classes,
            pixels: pixels, annotations: annotations)
    }
}

/// An object in an image and the smallest upright rectangle around it. Edges are shares of the image's width and height,
/// from 0 at the left and the top to 1: resizing does not change them.
public struct PlacedObject: Sendable, Equatable {
    /// Index of its class.
    public let label: UInt8
    public let left: Float
    public let top: Float
    public let right: Float
    public let bottom: Float

    public init(label: UInt8, left: Float, top: Float, right: Float, bottom: Float) {
        (self.label, self.left, self.top, self.right, self.bottom) = (label, left, top, right, bottom)
    }
}
