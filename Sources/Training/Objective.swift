/// One image of a batch.
struct Sample: BitwiseCopyable, Sendable {
    /// Its place in the set.
    var image: Int
    /// Whether the network sees it left to right.
    var isMirrored = false
}

/// A loss: what a network's outputs are held against. It knows what each image of the set should yield.
protocol Objective: Sendable {
    /// Sum of the samples' losses, and the number of hits, at most one for each. With `gradient`, writes there the gradient of
    /// the batch's mean loss by each output.
    ///
    /// - Parameters:
    ///   - outputs: of the samples, one after the other.
    ///   - batch: images of the whole batch, of which the samples are a part.
    func evaluate(
        _ samples: UnsafeBufferPointer<Sample>, outputs: UnsafePointer<Float>, batch: Int,
        gradient: UnsafeMutablePointer<Float>?
    ) -> (loss: Double, correct: Int)
}
