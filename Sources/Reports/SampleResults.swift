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
        cell.layers = []
        cell.layerSum = LayerSum(rounds: 1, clockNs: 1, sumNs: 1, besideNs: 1, residualNs: 1)
        let skipped = Record(name: "sample_1.0_28/w8c-a8-qat/t1", status: .skipped, reason: "sample")
        return ResultsFile(
            context: context, benchmarks: [cell, skipped], verdict: RunVerdict(exitCode: 0, message: "sample"))
    }
}
