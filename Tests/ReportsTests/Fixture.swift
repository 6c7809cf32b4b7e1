import Foundation
import Measurement
import Results

/// Hand-made results: one network at two widths and two thread counts, a matrix product, a failure, a skipped cell.
enum Fixture {
    static let withoutPMU = results(pmu: false)
    static let withPMU = results(pmu: true)

    static let templates = root + "/report-templates"
    static let golden = root + "/Tests/ReportsTests/Golden"

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func results(pmu: Bool) -> ResultsFile {
        var records = [
            cell(width: 0.5, "f32", threads: 1, milliseconds: 1.25, correct: 9330, pmu: pmu),
            cell(width: 0.25, "f32", threads: 1, milliseconds: 0.5, correct: 9284, pmu: pmu),
            cell(width: 0.5, "w8c-a8-ptq", threads: 1, milliseconds: 0.5, correct: 9325, speedup: 2.5, pmu: pmu),
            cell(width: 0.25, "w8t-a8-ptq", threads: 1, milliseconds: 0.2, correct: 9100, speedup: 2.5, pmu: pmu),
            cell(width: 0.25, "w8c-a8-ptq", threads: 1, milliseconds: 0.2, correct: 9279, speedup: 2.5, pmu: pmu),
            cell(width: 0.25, "f32", threads: 2, milliseconds: 0.3, correct: 9284, pmu: pmu),
            cell(width: 0.25, "w8c-a8-ptq", threads: 2, milliseconds: 0.12, correct: 9279, speedup: 2.5, pmu: pmu),
        ]
        records[0].latency?.stopReason = .time
        // A ninth is worth a note below the table.
        records[0].latency?.disturbed = [4]
        var failed = Record(name: "net_0.25_28/w4c-a8-ptq/t1", status: .failed, reason: "differs | from the reference")
        failed.network = "net"
        failed.threads = 1
        records.append(failed)
        records.append(
            Record(name: "net_0.25_28/w8c-a8-qat/t1", status: .skipped, reason: "no checkpoint \"qat\", yet"))
        records.append(product())
        records.append(published())
        return ResultsFile(
            context: context(), benchmarks: records, verdict: RunVerdict(exitCode: 4, message: "1 cell is wrong"))
    }

    static func cell(
        width: Double, _ numerics: String, threads: Int, milliseconds: Double, correct: Int, speedup: Double? = nil,
        pmu: Bool = false
    ) -> Record {
        var record = Record(name: "net_\(width)_28/\(numerics)/t\(threads)", status: .ok)
        record.network = "net"
        record.width = width
        record.resolution = 28
        record.numerics = numerics
        record.batch = 1
        record.threads = threads
        record.backend = "quantkernels"
        record.path = numerics == "f32" ? "avx512" : "avx512vnni"
        let center = milliseconds * 1e6
        record.latency = latency(center)
        record.macs = 3_030_000
        record.gmacsPerSecond = 3_030_000 / center
        record.ceilingGmacsPerSecond = 64 * Double(threads)
        record.percentOfCeiling = 100 * 3_030_000 / center / (64 * Double(threads))
        record.macsPerCycle = .derived(3_030_000 / center / 4)
        record.speedupOverF32 = speedup.map { Estimate(value: $0, ci95: Interval($0 - 0.02, $0 + 0.03)) }
        record.counters = [
            "quantkernels::MACS": .measured(3_030_000), "quantkernels::TASKS": .measured(28),
            "quantkernels::BYTES_PACKED": .measured(0),
            "PAPI_TOT_CYC": pmu ? .measured(center * 4) : .unavailable("no PMU in this virtual machine"),
            "PAPI_TOT_INS": pmu ? .multiplexed(center * 8, share: 0.5) : .unavailable("no PMU in this virtual machine"),
        ]
        record.metrics = [
            "MACs per task": .derived(108_215, formula: "quantkernels::MACS / quantkernels::TASKS", unit: "MAC/task"),
            "IPC": pmu
                ? .derived(2, formula: "PAPI_TOT_INS / PAPI_TOT_CYC", share: 0.5, unit: "instructions/cycle")
                : .unavailable("needs PAPI_TOT_INS: no PMU in this virtual machine", unit: "instructions/cycle"),
        ]
        record.counting = Counting(passes: 2, iterations: 20, costNs: 12_500, emptyCounts: ["PAPI_TOT_INS": 310])
        record.accuracy = .measured(correct: correct, of: 10_000, deltaF32: numerics == "f32" ? nil : -0.05)
        record.error = NumericalError(againstF32SqnrDb: numerics == "f32" ? nil : 31.25, againstReferenceMaxLsb: 0)
        record.modelBytes = numerics == "f32" ? 588_000 : 151_000
        record.arenaBytes = 50_176
        record.packedBytes = 160_000
        record.setup = Setup(building: 1e6, packing: 2e5, calibration: numerics == "f32" ? nil : 3e9)
        record.trainedBy = "bench train fashion_mobilenet_v1 --width \(width) --epochs 15"
        record.outputHash = "00ff"
        record.rerun = "bench run suites/x.json --filter '^\(record.name)$'"
        return record
    }

    /// Two cells that were profiled: three layers each, of which one does the work of two nodes and one multiplies nothing.
    static let profiled: ResultsFile = {
        var float = cell(width: 0.25, "f32", threads: 1, milliseconds: 0.5, correct: 9284)
        var integer = cell(width: 0.25, "w8c-a8-ptq", threads: 1, milliseconds: 0.2, correct: 9279, speedup: 2.5)
        float.layers = layers(of: float, microseconds: [330, 150, 12.5])
        integer.layers = layers(of: integer, microseconds: [90, 95, 12.5])
        float.layerSum = LayerSum(
            rounds: 100, clockNs: 23, sumNs: 492_500, chainNs: 494_000, besideNs: 501_000, residualNs: 7500)
        integer.layerSum = LayerSum(
            rounds: 250, clockNs: 23, sumNs: 197_500, chainNs: 197_600, besideNs: 198_000, residualNs: 2500)
        var context = Fixture.context()
        context.ceilings?[0].layers = LayerLimits(
            caches: [LayerLimits.CacheRate(level: 2, bytes: 2 << 20, gbPerSecond: 100)], int8GoutputsPerSecond: 4.5,
            f32GoutputsPerSecond: 14, dispatchNs: 7)
        return ResultsFile(context: context, benchmarks: [float, integer])
    }()

    private static func layers(of cell: Record, microseconds: [Double]) -> [Record] {
        let isFloat = cell.numerics == "f32"
        let names = [["conv_0"], ["pw_1", "add_1"], ["pool"]]
        return names.indices.map { index in
            var layer = Record(name: "\(cell.name)/\(names[index].joined(separator: "+"))", status: .ok)
            (layer.network, layer.width, layer.resolution) = (cell.network, cell.width, cell.resolution)
            (layer.numerics, layer.threads, layer.batch, layer.backend) = (cell.numerics, 1, 1, cell.backend)
            layer.op = ["conv2d", "conv2d+add", "average_pool"][index]
            layer.shape = ["h": 28, "c_in": 8, "c_out": 16, "k": 3, "s": 1]
            layer.path = index == 2 ? "scalar" : cell.path
            layer.latency = latency(1000 * microseconds[index])
            if index < 2 {
                layer.macs = 1_500_000
                layer.gmacsPerSecond = 1500 / microseconds[index]
                layer.percentOfCeiling = 150_000 / microseconds[index] / (isFloat ? 64 : 512)
                layer.counters = ["quantkernels::MACS": .measured(1_500_000)]
            }
            if !isFloat, index < 2 { layer.speedupOverF32 = Estimate(value: 1.58, ci95: Interval(1.56, 1.61)) }
            layer.layer = LayerFacts(
                nodes: names[index], warmNs: 900 * microseconds[index], inputBytes: 6272, outputBytes: 12_544,
                weightBytes: index < 2 ? 1152 : 0, macsPerByte: index < 2 ? 75.125 : nil,
                weights: index < 2 ? 1152 : 0, sums: index < 2 ? 12_544 : 0,
                kernels: index < 2 ? ["f32_gemm_6x16__avx512", "output"] : [],
                bound: ["products 40 %", "cold data 31 %", "portable code"][index],
                why: [
                    "no single bound: products 40 %, requantization 25 %, with 72 products per output; the rest is loads, "
                        + "gathering and loops",
                    "memory-bound in the chain: 20.0 kB", "portable code without vectors",
                ][index])
            if index < 2 {
                layer.layer?.roofline = RooflinePoint(
                    bound: index == 0 ? .compute : .memory, level: index == 0 ? "L2" : "memory",
                    gbPerSecond: index == 0 ? 100 : 12.5, attainableGmacsPerSecond: index == 0 ? 64 : 20,
                    percentOfRoof: isFloat || index == 0 ? 50 : nil,
                    atMost: isFloat ? ["int8": 3.96] : ["w4": 1.84, "w2": 2.5],
                    measuredMacsPerByte: .unavailable("no PMU in this virtual machine"))
            }
            return layer
        }
    }

    private static func product() -> Record {
        var record = Record(name: "gemm_64x64x64/int8/t1", status: .ok)
        record.op = "gemm"
        record.shape = ["m": 64, "n": 64, "k": 64]
        record.numerics = "int8"
        record.threads = 1
        record.path = "avx512vnni"
        record.latency = latency(4000)
        record.macs = 262_144
        record.gmacsPerSecond = 65.536
        record.macsPerCycle = .unavailable("the core clock was not measured")
        return record
    }

    private static func published() -> Record {
        var record = Record(name: "mobilenet_v1_1.0_224/w8c-a8-ptq/t1", status: .ok)
        record.network = "mobilenet_v1"
        record.threads = 1
        record.latency = latency(12e6)
        record.accuracy = .published(top1: 70.7, source: "arXiv:1806.08342, table 5")
        return record
    }

    /// Nine samples around the center: its interval is [0.99, 1.01] of it.
    private static func latency(_ center: Double) -> Latency? {
        let samples = [0.98, 0.99, 0.995, 0.998, 1, 1.001, 1.002, 1.01, 1.5].map { $0 * center }
        return Latency(
            CellMeasurement(
                name: "", samples: samples, iterationsPerSample: 1, stopReason: .interval, sampledNanoseconds: 1,
                disturbed: []))
    }

    private static func context() -> Context {
        var context = Context()
        context.processor = Processor(name: "A processor", logicalCores: 2, physicalCores: 1)
        context.instructionSets = ["avx2", "avx512_vnni"]
        context.caches = [
            Cache(level: 1, type: "data", bytes: 49152), Cache(level: 2, type: "unified", bytes: 2 << 20),
        ]
        context.kernel = "6.1"
        context.governor = .unknown("this system shows no frequency governor")
        context.virtualMachine = .known("KVM")
        context.perfEventParanoid = 4
        context.load = [0, 0.5, 1]
        context.ceilings = [
            Ceiling(threads: 1, int8GmacsPerSecond: 512, f32GmacsPerSecond: 64, bandwidthGbPerSecond: 12.5),
            Ceiling(threads: 2, int8GmacsPerSecond: 1000, f32GmacsPerSecond: 128),
        ]
        context.clock = ClockRate(hz: 4e9, provenance: .derived)
        context.buildConfiguration = "release"
        context.compiler = "Swift 6.3"
        context.revision = Revision(commit: "abc123", dirty: true)
        context.suite = SuiteIdentity(name: "mobilenet", hash: "12ab")
        context.seed = 7
        context.startTime = "2026-01-02T03:04:05Z"
        return context
    }
}
