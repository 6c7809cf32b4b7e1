internal import QuantKernels
internal import Quantization

/// The ranges that the tensors of a network take on calibration images: min-max, observed on the float executor.
public struct Calibration: Sendable {
    /// One per tensor; 0 is the input.
    public let ranges: [(minimum: Double, maximum: Double)]
    /// How many images were seen.
    public let images: Int

    /// Runs `executor` on `images` images and observes every tensor.
    ///
    /// - Parameter load: writes images `range` to the executor's input; the range is never longer than its batch.
    /// - Throws: `NetworkError.notFinite` if a layer yields NaN or infinity; `QuantizationError.nothingObserved` without
    ///   images.
    public init(
        _ executor: FloatExecutor, images: Int,
        load: (_ range: Range<Int>, _ input: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws {
        guard images > 0 else { throw QuantizationError.nothingObserved }
        let network = executor.network
        var observers = [MinMaxObserver](repeating: MinMaxObserver(), count: network.last + 1)
        var next = 0
        while next < images {
            let range = next..<min(next + executor.batch, images)
            load(range, executor.input)
            func observe(_ tensor: Int) throws {
                let values = executor.tensor(tensor)
                // A last, shorter batch leaves old images behind it: they are not looked at.
                let present = values.count / executor.batch * range.count
                do { try observers[tensor].observe(UnsafeBufferPointer(rebasing: values[..<present])) } catch {
                    throw NetworkError.notFinite(layer: tensor == 0 ? "input" : network.nodes[tensor - 1].name)
                }
            }
            try observe(0)
            try executor.run { tensor in
                if !network.holdsIndices(tensor) { try observe(tensor) }
            }
            next = range.upperBound
        }
        ranges = observers.map { $0.observed ?? (0, 0) }
        self.images = images
    }
}
