import Glibc
import Measurement
import Results

/// A folder of its own for one test, removed with all it holds when the value goes away.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/results-tests-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit { remove(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and the folders above it.
    @discardableResult
    func write(_ name: String, _ text: String) -> String {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o777)
        }
        let stream = fopen(file(name), "w")
        fputs(text, stream)
        fclose(stream)
        return file(name)
    }

    private func remove(_ path: String) {
        for name in SystemFile.entries(path) { remove("\(path)/\(name)") }
        if rmdir(path) != 0 { unlink(path) }
    }
}

func contents(_ path: String) throws -> String {
    String(decoding: try SystemFile.read(path), as: UTF8.self)
}

/// A record in which every field is set but those of layers.
func fullRecord(_ name: String = "net_0.25_28/w8c-a8-ptq/t1") -> Record {
    var record = Record(name: name, status: .ok)
    record.network = "net"
    record.width = 0.25
    record.resolution = 28
    record.op = "gemm"
    record.shape = ["m": 3, "n": 4, "k": 5]
    record.numerics = "w8c-a8-ptq"
    record.rounding = "gemmlowp"
    record.batch = 1
    record.threads = 1
    record.backend = "quantkernels"
    record.path = "avx512vnni"
    record.latency = Latency(
        CellMeasurement(
            name: name, samples: [5, 1, 2, 3, 4, 6], iterationsPerSample: 3, stopReason: .time, sampledNanoseconds: 63,
            disturbed: [0, 5]))
    record.macs = 60
    record.gmacsPerSecond = 17.5
    record.ceilingGmacsPerSecond = 35
    record.percentOfCeiling = 50
    record.ceilingDoubt = "none"
    record.macsPerCycle = .derived(4.5)
    record.speedupOverF32 = Estimate(value: 2.5, ci95: Interval(2.25, 2.75))
    record.counters = [
        "quantkernels::MACS": .measured(60), "PAPI_TOT_CYC": .unavailable("no PMU in this virtual machine"),
        "PAPI_BR_INS": .multiplexed(7, share: 0.5),
    ]
    record.metrics = ["instructions per cycle": .derived(1.5, formula: "I / C", share: 0.75, unit: "1")]
    record.counting = Counting(passes: 2, iterations: 50, costNs: 1250, emptyCounts: ["quantkernels::MACS": 0])
    record.accuracy = .measured(correct: 9284, of: 10000, deltaF32: -0.25)
    record.error = NumericalError(againstF32SqnrDb: 30.5, againstReferenceMaxLsb: 0)
    record.modelBytes = 100
    record.arenaBytes = 200
    record.packedBytes = 300
    record.peakResidentBytes = 400
    record.setup = Setup(building: 1, packing: 2, calibration: 3)
    record.trainedBy = "bench train fashion_mobilenet_v1 --width 0.25"
    record.outputHash = "ab12"
    record.rerun = "bench run suites/x.json --filter '^net_0.25_28/w8c-a8-ptq/t1$'"
    return record
}

/// A record of a cell that was profiled, with one layer.
func profiledRecord() -> Record {
    var record = fullRecord()
    var layer = fullRecord(record.name + "/pw_1+add_1")
    layer.layer = LayerFacts(
        nodes: ["pw_1", "add_1"], warmNs: 2, inputBytes: 10, outputBytes: 20, weightBytes: 30, macsPerByte: 1,
        weights: 28, sums: 20, kernels: ["gemm"], bound: "compute 91 %", why: "compute-bound at 91 % of the ceiling")
    layer.layer?.roofline = RooflinePoint(
        bound: .memory, level: "L3", gbPerSecond: 80, attainableGmacsPerSecond: 90, percentOfRoof: 45,
        atMost: ["w4": 1.8], measuredMacsPerByte: .derived(2))
    record.layers = [layer]
    record.layerSum = LayerSum(rounds: 6, clockNs: 0.5, sumNs: 3, chainNs: 3.125, besideNs: 3.25, residualNs: 0.5)
    return record
}

func fullContext() -> Context {
    var context = Context()
    context.processor = Processor(name: "A processor", logicalCores: 2, physicalCores: 1)
    context.instructionSets = ["avx2"]
    context.caches = [Cache(level: 1, type: "data", bytes: 49152, sharedBy: "0-1")]
    context.kernel = "6.1"
    context.governor = .unknown("this system shows no frequency governor")
    context.virtualMachine = .known("KVM")
    context.perfEventParanoid = 4
    context.load = [0, 0.5, 1]
    context.ceilings = [
        Ceiling(threads: 1, int8GmacsPerSecond: 35, f32GmacsPerSecond: 9, bandwidthGbPerSecond: 12)
    ]
    context.ceilings?[0].layers = LayerLimits(
        caches: [LayerLimits.CacheRate(level: 2, bytes: 1 << 20, gbPerSecond: 100)], int8GoutputsPerSecond: 5,
        f32GoutputsPerSecond: 15, dispatchNs: 7)
    context.clock = ClockRate(hz: 3e9, provenance: .derived)
    context.buildConfiguration = "release"
    context.compiler = "Swift 6"
    context.revision = Revision(commit: "abc", dirty: true)
    context.suite = SuiteIdentity(name: "x", hash: "12")
    context.seed = .max
    context.startTime = "2026-01-02T03:04:05Z"
    context.papiVersion = .known("7.0.1.0")
    return context
}
