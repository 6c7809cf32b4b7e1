import Foundation
import Results

/// A PMU that this machine does not have, in front of the unchanged `bench` (Tests/Support/ScriptedPMU).
struct PlayedPMU {
    /// Lines of the script: Tests/Support/ScriptedPMU/include/ScriptedPMU.h explains them.
    var script: String

    /// - Parameters:
    ///   - processor: lines of /proc/cpuinfo, so that tests mean the same on every machine.
    ///   - cycles: what perf_event_open's cycle counter does: it decides which reason missing counters have.
    init(processor: String = Self.zen4, cycles: String = "values 100000", _ script: String) {
        self.script = """
            file /proc/cpuinfo \(processor)
            file /proc/sys/kernel/perf_event_paranoid 2
            \(script)
            perf hardware 0 \(cycles)
            perf hardware * refuse ENOENT
            perf cache * refuse ENOENT
            perf raw * refuse ENOENT
            """
    }

    static let zen4 = cpuinfo("AuthenticAMD", 25, 17)
    static let virtual = cpuinfo("AuthenticAMD", 25, 17, flags: "hypervisor")
    static let zen5 = cpuinfo("AuthenticAMD", 26, 2)
    static let skylake = cpuinfo("GenuineIntel", 6, 85)
    static let sapphireRapids = cpuinfo("GenuineIntel", 6, 143)
    static let alderLake = cpuinfo("GenuineIntel", 6, 151)

    static func cpuinfo(_ vendor: String, _ family: Int, _ model: Int, flags: String = "fpu avx2") -> String {
        #"processor : 0\nvendor_id : \#(vendor)\ncpu family : \#(family)\nmodel : \#(model)\nmodel name : Played\nflags : \#(flags)"#
    }

    /// Four counters' worth of presets, each a multiple of the multiply-accumulates that the kernels really did.
    static let presets = """
        event PAPI_TOT_CYC per MACS 2 plus 50
        event PAPI_TOT_INS per MACS 3 plus 70
        event PAPI_BR_INS per MACS 0.5
        event PAPI_BR_MSP per MACS 0.125
        event PAPI_L1_DCM per MACS 0.25

        """

    static let healthy = PlayedPMU("counters 8\n" + presets)

    /// Whether this build asks libpapi at all.
    static var isPossible: Bool {
        #if PAPI
            true
        #else
            false
        #endif
    }

    /// Beside the executable, as SwiftPM builds all products into one folder.
    static let library = (BenchProcess.executable as NSString).deletingLastPathComponent + "/libScriptedPMU.so"

    func start(_ arguments: [String], in folder: Workspace, environment: [String: String] = [:]) throws -> BenchProcess
    {
        let path = folder.file("pmu-\(UUID().uuidString).txt")
        try script.write(toFile: path, atomically: false, encoding: .utf8)
        guard FileManager.default.fileExists(atPath: Self.library) else { throw NotBuilt(path: Self.library) }
        return try BenchProcess(
            arguments, in: folder,
            environment: environment.merging(["LD_PRELOAD": Self.library, "SCRIPTED_PMU": path]) { $1 })
    }

    struct NotBuilt: Error { var path: String }

    func run(_ arguments: String..., in folder: Workspace) throws -> BenchProcess.Outcome {
        try start(arguments, in: folder).wait()
    }

    /// Runs a suite of one integer product of 4096 multiply-accumulates, quietly.
    func measure(
        counters: String, threads: String = "1", _ flags: String...
    ) throws -> (run: BenchProcess.Outcome, records: [Record], csvHeader: String) {
        let folder = try Workspace()
        try folder.suite(#"{ "gemm": [16, 16, 16], "numerics": ["int8"] }"#, minTime: "2ms", maxTime: "4ms")
        let run = try start(
            ["run", "tiny.json", "--quiet", "--threads", threads, "--counters", counters] + flags, in: folder
        ).wait()
        guard folder.exists("results/local/tiny.json") else { return (run, [], "") }
        let header = try folder.text("results/local/tiny.csv").prefix { $0 != "\n" }
        return (run, try folder.results().benchmarks, String(header))
    }
}
