extension ImageDataset {
    /// The images at `size`×`size` pixels, by bilinear interpolation with half-pixel centres (align-corners false) and
    /// no anti-aliasing filter. Output pixel i takes its value at the source coordinate
    ///
    ///     s = (i + ½)·n_in/n_out − ½, clamped to [0, n_in − 1]
    ///
    /// from the pixels ⌊s⌋ and ⌊s⌋ + 1, weighted 1 − (s − ⌊s⌋) and s − ⌊s⌋, in both directions. The value is rounded to
    /// the nearest integer, halves up. Everything is computed in whole numbers, so it is exact and the same on every
    /// machine, and the pixels stay what the quantized network reads. At the dataset's own size it is the identity.
    public func resized(to size: Int) -> ImageDataset {
        precondition(size > 0, "an image has at least one pixel")
        guard size != height || size != width else { return self }
        let (rows, columns) = (BilinearTap.all(from: height, to: size), BilinearTap.all(from: width, to: size))
        let imageSize = imageSize
        // Each weight is a numerator over 2·size.
        let denominator = 4 * size * size
        var result: [UInt8] = []
        result.reserveCapacity(count * size * size * channels)
        for image in 0..<count {
            for row in rows {
                let upper = image * imageSize + row.first * width * channels
                let lower = image * imageSize + row.second * width * channels
                for column in columns {
                    for channel in 0..<channels {
                        let (left, right) = (column.first * channels + channel, column.second * channels + channel)
                        let top = column.blend(pixels[upper + left], pixels[upper + right])
                        let bottom = column.blend(pixels[lower + left], pixels[lower + right])
                        let sum = row.firstWeight * top + row.secondWeight * bottom
                        result.append(UInt8((sum + denominator / 2) / denominator))
                    }
                }
            }
        }
        return with(height: size, width: size, pixels: result, annotations: annotations)
    }
}

/// The two source pixels of an output pixel; the weights add up to 2·n_out.
struct BilinearTap {
    var first: Int
    var second: Int
    var firstWeight: Int
    var secondWeight: Int

    func blend(_ a: UInt8, _ b: UInt8) -> Int { firstWeight * Int(a) + secondWeight * Int(b) }

    /// Of every output pixel, in one direction. s = ((2·i + 1)·n_in − n_out)/(2·n_out): quotient and remainder of whole
    /// numbers.
    static func all(from source: Int, to size: Int) -> [BilinearTap] {
        (0..<size).map { index in
            let numerator = min(max((2 * index + 1) * source - size, 0), (source - 1) * 2 * size)
            let (first, rest) = numerator.quotientAndRemainder(dividingBy: 2 * size)
            return BilinearTap(
                first: first, second: min(first + 1, source - 1), firstWeight: 2 * size - rest, secondWeight: rest)
        }
    }
}
