public import QuantKernels
public import Quantization

/// The ranges that the tensors of a network take on calibration images, observed on the float executor.
public struct Calibration: Sendable {
    /// Smallest and largest value, one per tensor; 0 is the input.
    public let ranges: [(minimum: Double, maximum: Double)]
    /// How often which values occurred, one per tensor; empty unless asked for.
    public let histograms: [Histogram]
    /// How many images were seen.
    public let images: Int

    /// Ranges that are known already, one per tensor.
    init(ranges: [(minimum: Double, maximum: Double)], images: Int) {
        (self.ranges, self.images, histograms) = (ranges, images, [])
    }

    /// Runs `executor` on `images` images and observes every tensor.
    ///
    /// - Parameters:
    ///   - histograms: whether to keep them, for the methods that clip.
    ///   - load: writes images `range` to the executor's input; the range is never longer than its batch.
    /// - Throws: `NetworkError.notFinite` if a layer yields NaN or infinity; `QuantizationError.nothingObserved` without
    ///   images.
    public init(
        _ executor: FloatExecutor, images: Int, histograms: Bool = false,
        load: (_ range: Range<Int>, _ input: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws {
        guard images > 0 else { throw QuantizationError.nothingObserved }
        var observers = Observers(executor.network, histograms: histograms)
        try executor.watch(images: images, load: load) { tensor, values, _ in try observers.observe(tensor, values) }
        self.init(observers, images: images)
    }

    /// Runs `images` images with the weights of one layer in memory at a time: each is made once for every two images, whose
    /// activations are in memory together.
    ///
    /// - Parameter load: writes images `range` to the input, which is as long as they are.
    /// - Throws: as above; `NetworkError.missingLayer`, `KernelError.shape`.
    public init(
        _ network: Network, _ parameters: any FoldedLayers, images: Int, histograms: Bool = false,
        registry: KernelRegistry, pool: ThreadPool,
        load: (_ range: Range<Int>, _ input: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws {
        guard images > 0 else { throw QuantizationError.nothingObserved }
        var observers = Observers(network, histograms: histograms)
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
        histograms = observers.all.compactMap { $0 as? Histogram }
        self.images = images
    }

    /// The range of a tensor by this method, for an affine mapping onto `range`.
    ///
    /// - Throws: `NetworkError.unsupported` for a method that clips, without histograms; what `Histogram.range` refuses.
    func range(
        of tensor: Int, _ method: RangeMethod, onto range: IntegerRange
    ) throws -> (minimum: Double, maximum: Double) {
        guard method != .minMax else { return ranges[tensor] }
        guard histograms.indices.contains(tensor) else {
            throw NetworkError.unsupported("this calibration kept no histograms, which ranges by \(method) go by")
        }
        // An argmax is not observed.
        return histograms[tensor].observed == nil ? (0, 0) : try histograms[tensor].range(method, onto: range)
    }

    /// One per tensor.
    private struct Observers {
        let network: Network
        var all: [any RangeObserver]

        init(_ network: Network, histograms: Bool) {
            self.network = network
            all = Array(repeating: histograms ? Histogram() : MinMaxObserver(), count: network.last + 1)
        }

        mutating func observe(_ tensor: Int, _ values: UnsafeBufferPointer<Float>) throws(NetworkError) {
            do { try all[tensor].observe(values) } catch {
                throw .notFinite(layer: tensor == 0 ? "input" : network.nodes[tensor - 1].name)
            }
        }
    }
}
