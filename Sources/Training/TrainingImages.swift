public import Networks

/// Images in memory, `height·width·channels` bytes each, NHWC, and what each should yield. A pixel enters the network as
/// byte/255.
public struct TrainingImages: Sendable {
    public let pixels: [UInt8]
    public let targets: TrainingTargets
    public let shape: Shape

    /// - Throws: ``TrainingError/images(reason:)`` if there are no images, or not as many pixels as the targets call for.
    public init(
        pixels: [UInt8], targets: TrainingTargets, height: Int, width: Int, channels: Int = 1
    ) throws(TrainingError) {
        shape = Shape(height, width, channels)
        guard targets.count > 0 else { throw .images(reason: "there are none") }
        guard pixels.count == targets.count * shape.count else {
            throw .images(
                reason: "\(pixels.count) bytes of pixels; \(targets.count) images of \(shape) need "
                    + "\(targets.count * shape.count)")
        }
        (self.pixels, self.targets) = (pixels, targets)
    }

    /// Images with a class each.
    public init(
        pixels: [UInt8], labels: [UInt8], height: Int, width: Int, channels: Int = 1
    ) throws(TrainingError) {
        try self.init(pixels: pixels, targets: .classes(labels), height: height, width: width, channels: channels)
    }

    public var count: Int { targets.count }
    /// Empty for images without classes.
    public var labels: [UInt8] { if case .classes(let labels) = targets { labels } else { [] } }

    /// Throws unless the network takes these images and can yield their targets.
    func check(_ network: Network) throws(TrainingError) {
        guard shape == network.input else {
            throw .images(reason: "they are \(shape); \(network.name) takes \(network.input): resize them first")
        }
        try targets.check(network)
    }

    /// Copies image `index` as floats, in the given view.
    package func copy(_ index: Int, _ view: ImageView = ImageView(), to target: UnsafeMutablePointer<Float>) {
        pixels.withUnsafeBufferPointer { view.copy($0.baseAddress! + index * shape.count, shape, to: target) }
    }
}
