internal import Results

/// A layer's record under the roofline of its run.
extension RooflinePoint {
    /// Nil where nothing is multiplied, or no ceiling or bandwidth is known.
    init?(_ layer: Record, of cell: Record, _ ceiling: Ceiling) {
        guard let macs = layer.macs, let facts = layer.layer, let time = layer.latency?.median, time > 0,
            let measured = ceiling.roofline(isInteger: cell.isInteger)
        else { return nil }
        let work = Roofline.Work(layer, facts, of: cell)
        let model = measured.fitted(to: time, of: work)
        let level = model.transfer(work).level
        let share = model.least(work) / time
        self.init(
            bound: model.isMemoryBound(work) ? .memory : .compute, level: level.name, gbPerSecond: level.gbPerSecond,
            attainableGmacsPerSecond: Double(macs) / model.least(work),
            percentOfRoof: share <= Ceiling.mostTrusted ? 100 * share : nil, atMost: [:])
        if cell.isInteger {
            for bits in [4, 2] {
                atMost["w\(bits)"] = model.gain(from: work, to: work.with(weightBits: bits, facts, cell))
            }
        } else if let ceiling = ceiling.gmacsPerSecond(isInteger: true) {
            atMost["int8"] = model.gain(from: work, to: work.inBytes(facts, cell), ceiling: ceiling)
        }
        measuredMacsPerByte = layer.counters?[LayerTraffic.misses].map { Self.intensity(macs, misses: $0) }
    }

    /// Lines of 64 bytes that came from beyond the last cache: what had to come from memory, at least.
    private static func intensity(_ macs: Int, misses: Quantity) -> Quantity {
        guard let lines = misses.value else { return .unavailable(misses.reason ?? "not counted") }
        guard lines > 0 else { return .unavailable("nothing was counted that came from memory") }
        return .derived(
            Double(macs) / (64 * lines), formula: "MACs / (64 * \(LayerTraffic.misses))", share: misses.share)
    }

    /// What fewer bits could gain, in words.
    var outlook: String {
        let gains = [("w4", "4-bit weights"), ("w2", "2-bit weights"), ("int8", "8 bits")].compactMap { key, name in
            atMost[key].map { (name: name, value: $0) }
        }
        guard let first = gains.first else { return "" }
        if gains.allSatisfy({ $0.value < 1.05 }) { return "fewer weight bits gain nothing" }
        let rest = gains.dropFirst().map { ", \($0.name) \(text($0.value))" }.joined()
        return "\(first.name) at most \(text(first.value))\(rest)"
    }

    private func text(_ gain: Double) -> String {
        let tenths = Int((10 * gain).rounded())
        return "\(tenths / 10).\(tenths % 10) ×"
    }
}

extension Roofline.Work {
    init(_ layer: Record, _ facts: LayerFacts, of cell: Record) {
        self.init(
            macs: layer.macs ?? 0, tensorBytes: Double(facts.inputBytes + facts.outputBytes),
            weightBytes: Double(facts.weightBytes),
            networkBytes: Double((cell.packedBytes ?? 0) + (cell.arenaBytes ?? 0)))
    }

    /// The same products with weights of so many bits instead of 8; per-channel constants and padding stay.
    fileprivate func with(weightBits bits: Int, _ facts: LayerFacts, _ cell: Record) -> Roofline.Work {
        var work = self
        let saved = Double(8 - bits) / 8
        work.weightBytes = max(0, weightBytes - saved * Double(facts.weights))
        work.networkBytes = max(0, networkBytes - saved * Double(cell.weightCount))
        return work
    }

    /// A float layer with a byte instead of four for each weight and activation.
    fileprivate func inBytes(_ facts: LayerFacts, _ cell: Record) -> Roofline.Work {
        Roofline.Work(
            macs: macs, tensorBytes: tensorBytes / 4, weightBytes: max(0, weightBytes - 3 * Double(facts.weights)),
            networkBytes: max(0, networkBytes - 3 * Double(cell.weightCount) - 0.75 * Double(cell.arenaBytes ?? 0)))
    }
}

extension Record {
    fileprivate var weightCount: Int { (layers ?? []).reduce(0) { $0 + ($1.layer?.weights ?? 0) } }
}

extension Ceiling {
    /// From this share on a ceiling is not believed: it was measured while something else had the processors.
    static let mostTrusted = 1.05

    func gmacsPerSecond(isInteger: Bool) -> Double? { isInteger ? int8GmacsPerSecond : f32GmacsPerSecond }
}
