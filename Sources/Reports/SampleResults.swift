import Measurement
import Results

extension ResultsFile {
    /// Made-up results in which every section of a report has something to show; nobody reads them.
    static var sample: ResultsFile {
        var context = Context()
        context.processor = Processor(name: "sample", logicalCores: 1)
        context.ceilings = [Ceiling(threads: 1, int8GmacsPerSecond: 2, f32GmacsPerSecond: 1, bandwidthGbPerSecond: 1)]
        var cell = Record(name: "sample_1.0_28/f32/t1", status: .ok)
        (cell.network, cell.width, cell.resolution) = ("sample", 1, 28)
        (cell.numerics, cell.threads, cell.batch) = ("f32", 1, 1)
        cell.latency = Latency(
            CellMeasurement(
                name: cell.name, samples: [1, 2, 3, 4, 5, 6], iterationsPerSample: 1, stopReason: .time,
                sampledNanoseconds: 21))
        cell.accuracy = .measured(correct: 1, of: 2)
        cell.arenaBytes = 1
        cell.counters = ["counted": .measured(1), "missing": .unavailable("sample")]
        cell.rerun = "sample"
        var layer = Record(name: "\(cell.name)/layer", status: .ok)
        (layer.latency, layer.macs, layer.gmacsPerSecond) = (cell.latency, 1, 1)
        layer.layer = LayerFacts(
            nodes: ["layer"], warmNs: 1, inputBytes: 1, outputBytes: 1, weightBytes: 1, macsPerByte: 1, weights: 1,
            sums: 1, kernels: [], bound: "sample", why: "sample")
        layer.layer?.roofline = RooflinePoint(
            bound: .compute, level: "memory", gbPerSecond: 1, attainableGmacsPerSecond: 1, percentOfRoof: 100,
            atMost: ["int8": 1])
        cell.layers = [layer]
        cell.layerSum = LayerSum(rounds: 1, clockNs: 1, sumNs: 1, chainNs: 1, besideNs: 1, residualNs: 1)
        var skipped = Record(name: "sample_1.0_28/w8c-a8-qat/t1", status: .skipped, reason: "sample")
        (skipped.network, skipped.width, skipped.resolution) = ("sample", 1, 28)
        (skipped.numerics, skipped.threads, skipped.batch) = ("w8c-a8-qat", 1, 1)
        // What tables of publications need: another size, and a network trained for integers.
        context.suite = SuiteIdentity(name: "sample", hash: "", paper: ["jacob-4.2", "jacob-figure-4.1"])
        let papers = [(0.5, "f32"), (1, "w8ta-a8-qat")].map { width, numerics in
            var other = cell
            (other.name, other.layers, other.layerSum) = ("sample_\(width)_28/\(numerics)/t1", nil, nil)
            (other.width, other.numerics) = (width, numerics)
            return other
        }
        return ResultsFile(
            context: context, benchmarks: [cell, skipped] + papers, verdict: RunVerdict(exitCode: 0, message: "sample"))
    }
}
