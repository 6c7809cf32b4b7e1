package import QuantKernels
package import Results

/// What follows from measured times and the ceilings of the run: rates and percents, what bounds each layer, and where it
/// stands under the roofline. Nothing is measured here, so it is done again when the ceilings are known better.
package struct Derivation {
    let context: Context
    let registry: KernelRegistry

    package init(context: Context, registry: KernelRegistry) { (self.context, self.registry) = (context, registry) }

    /// - Parameter others: of the same run; the f32 and single-threaded twins of the cell's layers are among them, if any.
    package func derive(_ record: inout Record, among others: [Record]) {
        rates(&record)
        if let whole = record.latency, let sum = record.layerSum?.sumNs {
            record.layerSum?.residualNs = whole.median - sum
        }
        guard var layers = record.layers else { return }
        let float = others.first { !$0.isInteger && $0.threads == record.threads && $0.isSameNetwork(as: record) }
        let single = others.first {
            $0.threads == 1 && $0.isSameNetwork(as: record)
                && ($0.numerics, $0.rounding) == (record.numerics, record.rounding)
        }
        let ceiling = ceiling(record)
        for index in layers.indices {
            rates(&layers[index])
            guard
                let evidence = LayerEvidence(layers[index], of: record, ceiling, registry, float: float, single: single)
            else { continue }
            let diagnosis = LayerDiagnosis(evidence)
            let point = ceiling.flatMap { RooflinePoint(layers[index], of: record, $0) }
            layers[index].layer?.roofline = point
            layers[index].layer?.bound = diagnosis.summary
            layers[index].layer?.why = sentence(diagnosis, point)
        }
        record.layers = layers
    }

    /// What fewer bits could gain is said where bytes are what counts.
    private func sentence(_ diagnosis: LayerDiagnosis, _ point: RooflinePoint?) -> String {
        guard let point, diagnosis.bound == .memory || diagnosis.bound == .coldData, !point.outlook.isEmpty else {
            return diagnosis.sentence
        }
        return "\(diagnosis.sentence); \(point.outlook)"
    }

    private func rates(_ record: inout Record) {
        guard let latency = record.latency, let macs = record.macs, latency.median > 0 else { return }
        let rate = Double(macs) / latency.median
        record.gmacsPerSecond = rate
        if let limit = ceiling(record)?.gmacsPerSecond(isInteger: record.isInteger), limit > 0 {
            let share = rate / limit
            record.ceilingGmacsPerSecond = limit
            record.percentOfCeiling = share <= Ceiling.mostTrusted ? 100 * share : nil
            record.ceilingDoubt =
                share <= Ceiling.mostTrusted
                ? nil
                : "faster than the ceiling that was measured: something else had the processors then; run again when the "
                    + "machine is quiet"
        }
        if let clock = context.clock, clock.hz > 0 {
            record.macsPerCycle = .derived(rate * 1e9 / clock.hz, formula: "MACs / (latency * core clock)")
        }
    }

    private func ceiling(_ record: Record) -> Ceiling? {
        context.ceilings?.first { $0.threads == record.threads }
    }
}

extension Record {
    fileprivate func isSameNetwork(as other: Record) -> Bool {
        network != nil
            && (network, width, resolution, batch) == (other.network, other.width, other.resolution, other.batch)
    }
}
