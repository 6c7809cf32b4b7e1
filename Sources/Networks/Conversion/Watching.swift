extension FloatExecutor {
    /// Runs `images` images in batches and shows every tensor of each as it comes, the input as tensor 0; of a last, shorter
    /// batch only what its images have, not what the images before left behind.
    ///
    /// - Parameters:
    ///   - load: writes images `range` to the input; the range is never longer than the batch.
    ///   - body: sees a tensor's values, of `count` images. An argmax's indices are not shown.
    func watch(
        images: Int, load: (_ range: Range<Int>, _ input: UnsafeMutableBufferPointer<Float>) -> Void,
        body: (_ tensor: Int, _ values: UnsafeBufferPointer<Float>, _ count: Int) throws -> Void
    ) rethrows {
        for first in stride(from: 0, to: images, by: batch) {
            let range = first..<min(first + batch, images)
            load(range, input)
            func show(_ tensor: Int) throws {
                let values = self.tensor(tensor)
                let present = values.count / batch * range.count
                try body(tensor, UnsafeBufferPointer(rebasing: values[..<present]), range.count)
            }
            try show(0)
            try run { tensor in
                if !network.holdsIndices(tensor) { try show(tensor) }
            }
        }
    }
}
