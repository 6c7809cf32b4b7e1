package import Networks

/// What chance does to the training images of one epoch: a function of seed, epoch and the image's place in the set alone,
/// so that a resumed training sees what the uninterrupted one would have seen.
package struct Augmentation: Sendable {
    package let shape: Shape
    package let options: TrainingOptions
    private let flips, shifts, erasures: Randomness

    package init(_ shape: Shape, options: TrainingOptions, epoch: Int) {
        (self.shape, self.options) = (shape, options)
        flips = Randomness(seed: options.seed, .flip, epoch)
        shifts = Randomness(seed: options.seed, .shift, epoch)
        erasures = Randomness(seed: options.seed, .erasure, epoch)
    }

    /// How image `index` is shown.
    package func view(of index: Int) -> ImageView {
        var view = ImageView(isMirrored: options.flips && flips.bits(index) & 1 == 1)
        if options.shift > 0 {
            let (range, drawn) = (UInt64(2 * options.shift + 1), shifts.bits(index))
            view.down = Int(drawn % range) - options.shift
            view.right = Int(drawn >> 32 % range) - options.shift
        }
        if options.erasing > 0 { view.erased = erasure(index) }
        return view
    }

    /// Random erasing (Zhong et al. 2017, arXiv:1708.04896, algorithm 1): with the given probability a rectangle of 2 to 40 % of the
    /// area, evenly distributed, whose height is 0.3 to 1/0.3 of its width. One that does not fit is drawn again, a hundred times at most.
    private func erasure(_ index: Int) -> ImageView.Erasure? {
        var drawn = index &* 512
        func next() -> Double {
            drawn &+= 1
            return erasures.uniform(drawn)
        }
        guard next() < options.erasing else { return nil }
        for _ in 0..<100 {
            let area = Double(shape.height * shape.width) * (0.02 + 0.38 * next())
            let aspect = 0.3 + (1 / 0.3 - 0.3) * next()
            let (height, width) = (Int((area * aspect).squareRoot()), Int((area / aspect).squareRoot()))
            let (top, left) = (Int(next() * Double(shape.height)), Int(next() * Double(shape.width)))
            if height > 0, width > 0, top + height <= shape.height, left + width <= shape.width {
                return .init(
                    rows: top..<top + height, columns: left..<left + width, noise: erasures.bits(drawn &+ 1))
            }
        }
        return nil
    }
}

/// How an image is shown to the network: mirrored, then moved, then erased in part.
package struct ImageView: Sendable, Equatable {
    package var isMirrored: Bool
    /// Pixels by which it is moved; what comes in from outside is 0.
    package var down, right: Int
    package var erased: Erasure?

    package init(isMirrored: Bool = false, down: Int = 0, right: Int = 0, erased: Erasure? = nil) {
        (self.isMirrored, self.down, self.right, self.erased) = (isMirrored, down, right, erased)
    }

    /// A rectangle that is filled with evenly distributed bytes.
    package struct Erasure: Sendable, Equatable {
        package var rows, columns: Range<Int>
        /// Seed of the bytes.
        package var noise: UInt64

        package init(rows: Range<Int>, columns: Range<Int>, noise: UInt64) {
            (self.rows, self.columns, self.noise) = (rows, columns, noise)
        }
    }

    /// Copies one image, byte/255 each.
    func copy(_ source: UnsafePointer<UInt8>, _ shape: Shape, to target: UnsafeMutablePointer<Float>) {
        let (width, channels) = (shape.width, shape.channels)
        let inside = max(0, min(width, right))..<max(0, min(width, width + right))
        for row in 0..<shape.height {
            let line = target + row * width * channels
            guard !inside.isEmpty, 0..<shape.height ~= row - down else {
                line.update(repeating: 0, count: width * channels)
                continue
            }
            let from = source + (row - down) * width * channels
            line.update(repeating: 0, count: inside.lowerBound * channels)
            (line + inside.upperBound * channels).update(repeating: 0, count: (width - inside.upperBound) * channels)
            if isMirrored {
                for column in inside {
                    let (pixel, to) = (from + (width - 1 - (column - right)) * channels, line + column * channels)
                    for channel in 0..<channels { to[channel] = Float(pixel[channel]) / 255 }
                }
            } else {
                let (pixels, to) = (from + (inside.lowerBound - right) * channels, line + inside.lowerBound * channels)
                for i in 0..<inside.count * channels { to[i] = Float(pixels[i]) / 255 }
            }
        }
        guard let erased else { return }
        let noise = Randomness(seed: erased.noise, .erasure)
        for row in erased.rows {
            for place in (row * width + erased.columns.lowerBound)
                * channels..<(row * width + erased.columns.upperBound) * channels
            {
                target[place] = Float(noise.bits(place) >> 56) / 255
            }
        }
    }
}
