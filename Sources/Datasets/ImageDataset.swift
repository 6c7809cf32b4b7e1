/// Labelled images of one size, in memory.
public struct ImageDataset: Sendable, Equatable {
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
    public let labels: [UInt8]

    /// Number of images.
    public var count: Int { labels.count }
    /// Values of one image.
    public var imageSize: Int { height * width * channels }

    /// The pixels must fill the images and every label must name a class: readers check files before they come here.
    public init(
        name: String, split: String, height: Int, width: Int, channels: Int, classes: [String], pixels: [UInt8],
        labels: [UInt8]
    ) {
        precondition(height > 0 && width > 0 && channels > 0, "an image has at least one pixel")
        precondition(pixels.count == labels.count * height * width * channels, "pixels and labels differ in count")
        precondition(labels.allSatisfy { $0 < classes.count }, "a label names no class")
        (self.name, self.split, self.classes) = (name, split, classes)
        (self.height, self.width, self.channels) = (height, width, channels)
        (self.pixels, self.labels) = (pixels, labels)
    }

    /// The first `count` images, or all of them if there are fewer.
    public func prefix(_ count: Int) -> ImageDataset {
        with(
            height: height, width: width, pixels: Array(pixels.prefix(count * imageSize)),
            labels: Array(labels.prefix(count)))
    }

    /// A dataset of the same name, split and classes.
    func with(height: Int, width: Int, pixels: [UInt8], labels: [UInt8]) -> ImageDataset {
        ImageDataset(
            name: name, split: split, height: height, width: width, channels: channels, classes: classes,
            pixels: pixels, labels: labels)
    }
}
