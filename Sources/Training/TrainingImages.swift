public import Networks

/// Labelled images in memory: `height·width·channels` bytes each, NHWC, and a class each. A pixel enters the network as
/// byte/255.
public struct TrainingImages: Sendable {
    public let pixels: [UInt8]
    public let labels: [UInt8]
    public let shape: Shape

    /// - Throws: ``TrainingError/images(reason:)`` if there are no images, or not as many pixels as the labels call for.
    public init(
        pixels: [UInt8], labels: [UInt8], height: Int, width: Int, channels: Int = 1
    ) throws(TrainingError) {
        shape = Shape(height, width, channels)
        guard !labels.isEmpty else { throw .images(reason: "there are none") }
        guard pixels.count == labels.count * shape.count else {
            throw .images(
                reason: "\(pixels.count) bytes of pixels; \(labels.count) labels of \(shape) need "
                    + "\(labels.count * shape.count)")
        }
        (self.pixels, self.labels) = (pixels, labels)
    }

    public var count: Int { labels.count }

    /// Throws unless the network takes these images and has a class for every label.
    func check(_ network: Network) throws(TrainingError) {
        guard shape == network.input else {
            throw .images(reason: "they are \(shape); \(network.name) takes \(network.input): resize them first")
        }
        if let label = labels.max(), Int(label) >= network.classes {
            throw .images(reason: "label \(label) in a network of \(network.classes) classes")
        }
    }

    /// Copies image `index` as floats, mirrored if `flipped`.
    func copy(_ index: Int, flipped: Bool, to target: UnsafeMutablePointer<Float>) {
        let (width, channels) = (shape.width, shape.channels)
        pixels.withUnsafeBufferPointer { pixels in
            let source = pixels.baseAddress! + index * shape.count
            if !flipped {
                for i in 0..<shape.count { target[i] = Float(source[i]) / 255 }
                return
            }
            for row in 0..<shape.height {
                let base = row * width * channels
                for column in 0..<width {
                    let (from, to) = (base + (width - 1 - column) * channels, base + column * channels)
                    for channel in 0..<channels { target[to + channel] = Float(source[from + channel]) / 255 }
                }
            }
        }
    }
}
