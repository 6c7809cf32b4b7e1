extension ImageDataset {
    /// The network's input is r = pixel/255, in [0, 1]: quantized to unsigned bytes with this scale and zero point 0, it
    /// is the pixel itself. An integer network therefore reads the raw pixels, without an error of quantization.
    public static let inputScale: Float = 1 / 255
    /// The zero point that belongs to `inputScale`.
    public static let inputZeroPoint = 0

    /// Writes the images at `indices`, one after the other in NHWC, as real values pixel/255. `buffer` holds exactly
    /// `indices.count`·`imageSize` values.
    public func writeBatch(_ indices: some Collection<Int>, into buffer: UnsafeMutableBufferPointer<Float>) {
        gather(indices, into: buffer) { Float($0) / 255 }
    }

    /// Writes the images at `indices`, one after the other in NHWC, as raw pixels: the input of an integer network.
    public func writeBatch(_ indices: some Collection<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
        gather(indices, into: buffer) { $0 }
    }

    /// The real values of the images at `indices`: see `writeBatch`.
    public func batch(_ indices: some Collection<Int>) -> [Float] {
        let size = indices.count * imageSize
        return Array(unsafeUninitializedCapacity: size) { buffer, count in
            writeBatch(indices, into: UnsafeMutableBufferPointer(rebasing: buffer.prefix(size)))
            count = size
        }
    }

    @inline(__always)
    private func gather<Value: BitwiseCopyable>(
        _ indices: some Collection<Int>, into buffer: UnsafeMutableBufferPointer<Value>, _ convert: (UInt8) -> Value
    ) {
        precondition(buffer.count == indices.count * imageSize, "the buffer does not fit the batch")
        let (size, images) = (imageSize, count)
        pixels.withUnsafeBufferPointer { pixels in
            var target = 0
            for index in indices {
                precondition((0..<images).contains(index), "image \(index) of \(images)")
                for source in index * size..<(index + 1) * size {
                    // Same extents as `pixels` and `buffer`, checked above.
                    buffer.initializeElement(at: target, to: convert(pixels[source]))
                    target &+= 1
                }
            }
        }
    }
}
