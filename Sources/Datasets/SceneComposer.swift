/// Composes scenes of the images of a labelled dataset, its *articles*: the material of a detector. Whole numbers only, so
/// that every machine composes the same scenes.
///
/// A scene has one to four articles, each number equally likely, on black. An article is any image of the dataset, scaled to
/// a side of 16 to 40 pixels (bilinear, as `resized(to:)`), at any place where it lies inside. Where articles overlap the
/// brighter pixel stands. The box is the smallest that holds the article's pixels of at least 32. A place is refused if the box
/// would share more than a tenth of its area, or of the other's, with another; after 20 refused places another size is drawn, after
/// the fifth size the article is left out.
/// Scene n of a split is a function of the split's name, n, and the articles.
struct SceneComposer {
    /// Pixels of a scene's side.
    static let side = 64
    private static let mostArticles = 4
    private static let articleSides = 16...40
    /// Fainter pixels are margin.
    private static let visible: UInt8 = 32
    private static let (sizesTried, placesTried) = (5, 20)

    private let articles: ImageDataset

    /// - Parameter articles: labelled grey images.
    init(_ articles: ImageDataset) {
        precondition(articles.channels == 1 && !articles.labels.isEmpty, "articles are labelled grey images")
        self.articles = articles
    }

    func compose(_ count: Int, named name: String) -> ImageDataset {
        let taps = Self.articleSides.map { side in
            (
                rows: BilinearTap.all(from: articles.height, to: side),
                columns: BilinearTap.all(from: articles.width, to: side)
            )
        }
        // FNV-1a of the split's name: train and test scenes differ in more than their articles.
        let seed = articles.split.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let labels = articles.labels
        var pixels = [UInt8](repeating: 0, count: count * Self.side * Self.side)
        var objects: [[PlacedObject]] = []
        objects.reserveCapacity(count)
        for scene in 0..<count {
            var random = SplitMix64(state: seed &+ UInt64(scene) &* 0xd134_2543_de82_ef95)
            var boxes: [PixelBox] = []
            var found: [PlacedObject] = []
            for _ in 0..<1 + random.below(Self.mostArticles) {
                let article = random.below(articles.count)
                for _ in 0..<Self.sizesTried {
                    let tap = taps[random.below(taps.count)]
                    let patch = scaled(article, tap.rows, tap.columns)
                    guard let visible = Self.box(patch, side: tap.rows.count),
                        let place = Self.place(visible, side: tap.rows.count, beside: boxes, &random)
                    else { continue }
                    Self.paint(patch, side: tap.rows.count, at: place, scene, &pixels)
                    let box = visible.moved(by: place)
                    boxes.append(box)
                    found.append(box.object(label: labels[article]))
                    break
                }
            }
            objects.append(found)
        }
        return ImageDataset(
            name: name, split: articles.split, height: Self.side, width: Self.side, channels: 1,
            classes: articles.classes, pixels: pixels, annotations: .objects(objects))
    }

    /// An article at another size, row by row.
    private func scaled(_ article: Int, _ rows: [BilinearTap], _ columns: [BilinearTap]) -> [UInt8] {
        let base = article * articles.imageSize
        let denominator = 4 * rows.count * columns.count
        return articles.pixels.withUnsafeBufferPointer { pixels in
            var patch: [UInt8] = []
            patch.reserveCapacity(rows.count * columns.count)
            for row in rows {
                let (upper, lower) = (base + row.first * articles.width, base + row.second * articles.width)
                for column in columns {
                    let top = column.blend(pixels[upper + column.first], pixels[upper + column.second])
                    let bottom = column.blend(pixels[lower + column.first], pixels[lower + column.second])
                    let sum = row.firstWeight * top + row.secondWeight * bottom
                    patch.append(UInt8((sum + denominator / 2) / denominator))
                }
            }
            return patch
        }
    }

    /// Around the visible pixels; nil if there are none.
    private static func box(_ patch: [UInt8], side: Int) -> PixelBox? {
        var box: PixelBox?
        for (index, value) in patch.enumerated() where value >= visible {
            let pixel = PixelBox(
                left: index % side, top: index / side, right: index % side + 1, bottom: index / side + 1)
            box = box?.joined(pixel) ?? pixel
        }
        return box
    }

    /// Where the patch's upper left corner goes.
    private static func place(
        _ box: PixelBox, side: Int, beside others: [PixelBox], _ random: inout SplitMix64
    ) -> (left: Int, top: Int)? {
        for _ in 0..<placesTried {
            let place = (left: random.below(Self.side - side + 1), top: random.below(Self.side - side + 1))
            let moved = box.moved(by: place)
            if others.allSatisfy({ 10 * $0.overlap(moved) <= min($0.area, moved.area) }) { return place }
        }
        return nil
    }

    private static func paint(
        _ patch: [UInt8], side: Int, at place: (left: Int, top: Int), _ scene: Int, _ pixels: inout [UInt8]
    ) {
        for row in 0..<side {
            let target = (scene * Self.side + place.top + row) * Self.side + place.left
            for column in 0..<side {
                pixels[target + column] = max(pixels[target + column], patch[row * side + column])
            }
        }
    }
}

/// Right and bottom edges lie behind the last pixel.
private struct PixelBox {
    var left: Int
    var top: Int
    var right: Int
    var bottom: Int

    var area: Int { (right - left) * (bottom - top) }

    func joined(_ other: PixelBox) -> PixelBox {
        PixelBox(
            left: min(left, other.left), top: min(top, other.top), right: max(right, other.right),
            bottom: max(bottom, other.bottom))
    }

    func moved(by place: (left: Int, top: Int)) -> PixelBox {
        PixelBox(
            left: left + place.left, top: top + place.top, right: right + place.left, bottom: bottom + place.top)
    }

    /// Shared pixels.
    func overlap(_ other: PixelBox) -> Int {
        max(0, min(right, other.right) - max(left, other.left))
            * max(0, min(bottom, other.bottom) - max(top, other.top))
    }

    func object(label: UInt8) -> PlacedObject {
        // The side is a power of two: exact.
        let share = { (edge: Int) in Float(edge) / Float(SceneComposer.side) }
        return PlacedObject(
            label: label, left: share(left), top: share(top), right: share(right), bottom: share(bottom))
    }
}

/// Steele, Lea, Flood 2014. Of our own, so that scenes do not depend on the standard library's way to draw from a range.
private struct SplitMix64 {
    var state: UInt64

    /// Evenly distributed in 0..<limit, but for 2⁻⁶⁴·limit.
    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return Int((z ^ z >> 31).multipliedFullWidth(by: UInt64(limit)).high)
    }
}
