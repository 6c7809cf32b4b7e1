internal import Results

/// Why a layer is not faster: what bounds it, from measured times and the layer's own arithmetic.
package struct LayerDiagnosis: Sendable, Equatable {
    package enum Bound: String, Sendable {
        /// The products are done nearly as fast as the machine does any.
        case compute
        /// The bytes come nearly as fast as from where they are.
        case memory
        /// The layer waits for data that it would have, were it alone.
        case coldData = "cold data"
        /// No vectors.
        case portable = "portable code"
        /// More threads do not help.
        case threads
        /// Few output channels leave parts of the vectors empty.
        case lanes
        /// Shallow sums: the output stage takes as long as the products.
        case outputs
        /// Mostly neither products nor output stages: loads, gathering, loops, arithmetic on elements.
        case overhead
        /// Something of everything.
        case mixed
    }

    package let bound: Bound
    /// A few words, for a table.
    package let summary: String
    /// A sentence without its full stop.
    package let sentence: String

    package init(_ evidence: LayerEvidence) {
        let found = Self.find(evidence)
        (bound, summary) = (found.bound, found.summary)
        sentence = found.sentence + Self.comparison(evidence)
    }

    /// From where on a limit explains a layer: shares of its time.
    private static let near = (products: 0.7, memory: 0.6, outputs: 0.3, dispatch: 0.25, cold: 0.3, lanes: 0.8)
    /// Threads count as of no use below this share of linear speed-up.
    private static let leastEfficiency = 0.6

    private static func find(_ e: LayerEvidence) -> (bound: Bound, summary: String, sentence: String) {
        func share(_ time: Double?) -> Double { (time ?? 0) / e.chain }
        let products = share(e.products)
        let outputs = share(e.outputs)
        let depth = e.sums > 0 ? e.macs / e.sums : 0
        let stage = e.isInteger ? "requantization" : "the output stage"
        if products > Ceiling.mostTrusted {
            return (
                .compute, "compute, ceiling ?",
                "compute-bound, faster than the ceiling that was measured: something else had the processors then"
            )
        }
        if products >= near.products {
            return (
                .compute, "compute \(percent(products))", "compute-bound at \(percent(products)) of the ceiling"
            )
        }
        if let memory = e.memory, share(memory.time) >= near.memory {
            let part = percent(share(memory.time))
            return (
                .memory, "memory \(part) (\(memory.level))",
                "memory-bound: \(size(e.bytes)) at \(part) of the bandwidth of \(memory.level)"
            )
        }
        if e.isPortable {
            let reached =
                e.products != nil
                ? ": \(percent(products)) of the ceiling"
                : e.memory.map { ": \(percent(share($0.time))) of the bandwidth of \($0.level)" } ?? ""
            return (.portable, "portable code", "portable code without vectors\(reached)")
        }
        if e.threads > 1 {
            if share(e.dispatch) >= near.dispatch {
                let part = percent(share(e.dispatch))
                return (
                    .threads, "threads \(part)",
                    "too small for \(e.threads) threads: starting and joining them is \(part) of the time"
                )
            }
            if let one = e.oneThread, one / e.chain < leastEfficiency * Double(e.threads) {
                let gain = "\(ratio(one / e.chain)) ×"
                return (
                    .threads, "threads: \(gain)",
                    "too small for \(e.threads) threads: only \(gain) as fast as on one"
                )
            }
        }
        let waiting = 1 - e.warm / e.chain
        if waiting >= near.cold {
            return (
                .coldData, "cold data \(percent(waiting))",
                "memory-bound in the chain: \(size(e.bytes))"
                    + (e.farthest.map { " at \(percent(share($0.time))) of the bandwidth of \($0.level)" } ?? "")
                    + ", \(ratio(e.chain / e.warm)) × as fast where they are warm"
            )
        }
        let vectors = (e.outputChannels + e.lanes - 1) / e.lanes
        let filled = Double(e.outputChannels) / Double(vectors * e.lanes)
        if e.macs > 0, filled < near.lanes {
            return (
                .lanes, "lanes \(percent(filled))",
                "\(e.outputChannels) output channels fill \(percent(filled)) of the vectors' \(vectors * e.lanes) lanes"
            )
        }
        if outputs >= near.outputs {
            let part = percent(min(outputs, 1))
            return (
                .outputs, "\(stage) \(part)", "\(stage) is \(part) of the time, with \(depth) products per output"
            )
        }
        if e.macs == 0 {
            let reached = e.memory.map { ": \(percent(share($0.time))) of the bandwidth of \($0.level)" } ?? ""
            return (.overhead, "elementwise", "arithmetic on each element, no products\(reached)")
        }
        let rest = max(0, 1 - products - outputs)
        let shares = "products \(percent(products)), \(stage) \(percent(outputs)), with \(depth) products per output"
        if rest >= max(products, outputs) {
            let part = percent(rest)
            return (.overhead, "overhead \(part)", "loads, gathering and loops are \(part) of the time, \(shares)")
        }
        return (
            .mixed, "products \(percent(products))",
            "no single bound: \(shares); the rest is loads, gathering and loops"
        )
    }

    private static func comparison(_ e: LayerEvidence) -> String {
        guard e.isInteger, let float = e.float else { return "" }
        let gain = ratio(float / e.chain)
        if gain == "1.0" { return "; as fast as in f32" }
        return float < e.chain ? "; slower than in f32 (\(gain) ×)" : "; \(gain) × as fast as in f32"
    }

    private static func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }

    /// One digit behind the point.
    private static func ratio(_ value: Double) -> String {
        let tenths = Int((10 * value).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 1000
            ? "\(bytes) B" : bytes < 1_000_000 ? "\(ratio(Double(bytes) / 1e3)) kB" : "\(ratio(Double(bytes) / 1e6)) MB"
    }
}
