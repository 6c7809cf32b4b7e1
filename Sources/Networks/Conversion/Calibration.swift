public import QuantKernels
internal import Quantization

/// The ranges that the tensors of a network take on calibration images: min-max, observed on the float executor.
public struct Calibration: Sendable {
    /// One per tensor; 0 is the input.
    public let ranges: [(minimum: Double, maximum: Double)]
    /// How many images were seen.
    public let images: Int

    /// Ranges that are known already, one per tensor.
    init(ranges: [(minimum: Double, maximum: Double)], images: Int) {
        (self.ranges, self.images) = (ranges, images)
    }

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
        var observers = Observers(executor.network)
        var next = 0
        while next < images {
            let range = next..<min(next + executor.batch, images)
            load(range, executor.input)
            func observe(_ tensor: Int) throws {
                let values = executor.tensor(tensor)
                // A last, shorter batch leaves old images behind it: they are not looked at.
                let present = values.count / executor.batch * range.count
                try observers.observe(tensor, UnsafeBufferPointer(rebasing: values[..<present]))
            }
            try observe(0)
            try executor.run { tensor in
                if !executor.network.holdsIndices(tensor) { try observe(tensor) }
            }
            next = range.upperBound
        }
        self.init(observers, images: images)
    }

    /// Runs `images` images with the weights of one layer in memory at a time: each is made once for every two images, whose
    /// activations are in memory together.
    ///
    /// - Parameter load: writes images `range` to the input, which is as long as they are.
    /// - Throws: as above; `NetworkError.missingLayer`, `KernelError.shape`.
    public init(
        _ network: Network, _ parameters: any FoldedLayers, images: Int, registry: KernelRegistry, pool: ThreadPool,
        load: (_ range: Range<Int>, _ input: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws {
        guard images > 0 else { throw QuantizationError.nothingObserved }
        var observers = Observers(network)
        for first in stride(from: 0, to: images, by: 2) {
            let range = first..<min(first + 2, images)
            try FloatExecutor.pass(
                network, parameters, batch: range.count, registry: registry, pool: pool,
                load: { load(range, $0) },
                observe: { tensor, values in
                    if !network.holdsIndices(tensor) { try observers.observe(tensor, values) }
                })
        }
        self.init(observers, images: images)
    }

    private init(_ observers: Observers, images: Int) {
        ranges = observers.all.map { $0.observed ?? (0, 0) }
        self.images = images
    }

    /// One per tensor.
    private struct Observers {
        let network: Network
        var all: [MinMaxObserver]

        init(_ network: Network) {
            self.network = network
            all = Array(repeating: MinMaxObserver(), count: network.last + 1)
        }

        mutating func observe(_ tensor: Int, _ values: UnsafeBufferPointer<Float>) throws(NetworkError) {
            do { try all[tensor].observe(values) } catch {
                throw .notFinite(layer: tensor == 0 ? "input" : network.nodes[tensor - 1].name)
            }
        }
    }
}
