internal import QuantKernels
internal import Results

/// What was measured of a layer, beside what the machine's limits allow. Times are nanoseconds.
package struct LayerEvidence: Sendable {
    package var isInteger: Bool
    package var threads = 1
    /// In the chain of the network, and alone on warm tensors.
    package var chain: Double
    package var warm: Double
    package var macs = 0
    /// Outputs that are sums of products.
    package var sums = 0
    package var outputChannels = 1
    /// Sums that fit a vector of the path.
    package var lanes = 1
    /// All that is read and written.
    package var bytes = 0
    /// No vectors are used although the machine has them.
    package var isPortable = false

    // The least that each kind of work could take, by limits measured in the same run; nil where the limit is not known.

    /// The products, at the ceiling.
    package var products: Double?
    /// The output stages of all sums.
    package var outputs: Double?
    /// The bytes, from the caches that should hold them; the name is that of where most of the time goes.
    package var memory: (level: String, time: Double)?
    /// The bytes, from the farthest level that is fast enough for the time in the chain.
    package var farthest: (level: String, time: Double)?
    /// Starting and finishing an operator on these threads.
    package var dispatch: Double?

    // The same layer elsewhere in the run, in the chain.

    package var float: Double?
    package var oneThread: Double?

    package init(isInteger: Bool, chain: Double, warm: Double) {
        (self.isInteger, self.chain, self.warm) = (isInteger, chain, warm)
    }

    /// From the record of a layer of a cell; nil for one that was not timed.
    init?(
        _ layer: Record, of cell: Record, _ ceiling: Ceiling?, _ registry: KernelRegistry, float: Record?,
        single: Record?
    ) {
        guard let facts = layer.layer, let latency = layer.latency else { return nil }
        // A clock that shows nothing must not be divided by.
        self.init(isInteger: cell.isInteger, chain: max(1, latency.median), warm: facts.warmNs)
        threads = cell.threads ?? 1
        (macs, sums, bytes) = (layer.macs ?? 0, facts.sums, facts.bytes)
        outputChannels = layer.shape?["c_out"] ?? 1
        let path = layer.path.flatMap { InstructionSet(name: $0) } ?? .scalar
        lanes = path.lanes
        isPortable = path == .scalar && (isInteger ? registry.integerPath : registry.floatPath) != .scalar
        let stage = isInteger ? ceiling?.layers?.int8GoutputsPerSecond : ceiling?.layers?.f32GoutputsPerSecond
        if macs > 0 { products = ceiling?.gmacsPerSecond(isInteger: isInteger).map { Double(macs) / $0 } }
        if sums > 0 { outputs = stage.map { Double(sums) / $0 } }
        if let ceiling, let model = ceiling.roofline(isInteger: isInteger) {
            let work = Roofline.Work(layer, facts, of: cell)
            let transfer = model.fitted(to: chain, of: work).transfer(work)
            // Faster than even the nearest level: then the bytes say nothing.
            if transfer.nanoseconds <= Ceiling.mostTrusted * chain {
                memory = (transfer.level.name, transfer.nanoseconds)
            }
            farthest = ceiling.levels.reversed().map { ($0.name, Double(bytes) / $0.gbPerSecond) }
                .first { $0.1 <= chain }
        }
        dispatch = ceiling?.layers?.dispatchNs
        self.float = float?.time(ofNodes: facts.nodes)
        oneThread = single?.time(ofNodes: facts.nodes)
    }
}

extension Record {
    /// Whether integers are multiplied, and the integer ceiling is the one to compare with.
    var isInteger: Bool { numerics != "f32" }

    /// Nanoseconds of the layers that do the work of these nodes: one layer, or several that are one in another executor. Nil
    /// if the layers do not match.
    fileprivate func time(ofNodes names: [String]) -> Double? {
        let wanted = Set(names)
        let parts = (layers ?? []).filter { !wanted.isDisjoint(with: $0.layer?.nodes ?? []) }
        guard !parts.isEmpty, Set(parts.flatMap { $0.layer?.nodes ?? [] }) == wanted else { return nil }
        let times = parts.compactMap { $0.latency?.median }
        return times.count == parts.count ? times.reduce(0, +) : nil
    }
}

extension InstructionSet {
    /// int32 or float32 sums in a vector.
    fileprivate var lanes: Int {
        switch self {
        case .scalar: 1
        case .avx2, .avxvnni: 8
        case .avx512, .avx512vnni: 16
        }
    }
}
