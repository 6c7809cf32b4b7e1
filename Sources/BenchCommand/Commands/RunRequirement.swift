internal import Foundation
internal import Measurement
internal import QuantKernels
internal import Results
internal import Suites

/// What `bench run` requires of its results: the flag over the environment over the suite.
struct RunRequirement {
    private let speedup: SpeedupRequirement

    /// Nil if nothing is required.
    ///
    /// A suite travels from machine to machine, so its requirement is asked only where integers have a head start. A flag or
    /// variable is meant for the machine at hand.
    /// - Parameter flag: of `--min-speedup`.
    /// - Throws: `Failure` with status usage for a bound that is none, and where a flag or variable asks for what no cell of
    ///   the run could be held to.
    init?(flag: String?, suite: Suite, cells: [Cell], registry: KernelRegistry) throws {
        guard let text = flag ?? Environment.value("BENCH_MIN_SPEEDUP") else {
            guard let minimum = suite.requirements?.minSpeedup else { return nil }
            speedup = SpeedupRequirement(minimum: minimum, exemption: Self.exemption(registry))
            return
        }
        let range = Suites.Requirements.speedupRange
        guard let minimum = Double(text), range.contains(minimum) else {
            throw Failure(
                .usage, "min-speedup '\(text)': must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        let floats = Set(cells.filter { $0.numerics == .f32 }.map(Neighbours.init))
        guard cells.contains(where: { $0.numerics != .f32 && floats.contains(Neighbours($0)) }) else {
            throw Failure(
                .usage,
                "min-speedup: no quantized cell of this run has its f32 cell beside it; add f32 to the suite's numerics, "
                    + "or let --filter keep it")
        }
        speedup = SpeedupRequirement(minimum: minimum)
    }

    /// What cells share that are compared with each other.
    private struct Neighbours: Hashable {
        let workload: Suites.Workload
        let threads: Int
        let batch: Int

        init(_ cell: Cell) { (workload, threads, batch) = (cell.workload, cell.threads, cell.batch) }
    }

    /// Why integers cannot be expected to be faster than floats with these kernels: an instruction does no more of their
    /// products. Nil where it does.
    static func exemption(_ registry: KernelRegistry) -> String? {
        let (integer, float) = (registry.integerPath, registry.floatPath)
        if integer == .scalar { return "there is no integer vector path: integer products run on scalar" }
        guard integer.integerProducts <= float.floatProducts else { return nil }
        return "an instruction does \(integer.integerProducts) integer products on \(integer) and "
            + "\(float.floatProducts) float products on \(float)"
    }

    func judge(_ file: ResultsFile) -> [Judgement] { speedup.judge(file.benchmarks) }

    /// The verdict's words behind the number of cells; begins with a separator.
    func sentence(_ judgements: [Judgement]) -> String {
        func all(_ outcome: Judgement.Outcome) -> [Judgement] { judgements.filter { $0.outcome == outcome } }
        let (met, violated, skipped) = (all(.met), all(.violated), all(.skipped))
        let required = "\(SpeedupRequirement.name) \(speedup.minimum)"
        if judgements.isEmpty { return ", \(required) had no quantized cell to judge" }
        var text = ""
        if let first = violated.first {
            text += ", \(violated.count) of \(met.count + violated.count) VIOLATED \(required) (\(first.cell): "
            if let estimate = first.estimate, let interval = estimate.ci95 {
                text += String(
                    format: "%.4g× f32, interval %.4g to %.4g: ", estimate.value, interval.low, interval.high)
            }
            text += "\(first.reason ?? ""))"
        } else if !met.isEmpty {
            text += ", \(required) met by \(met.count == 1 ? "1 cell" : "all \(met.count) cells") that it was asked of"
        }
        if let first = skipped.first {
            text += ", \(required) not asked of \(plural(skipped.count, "cell")) (\(first.cell): \(first.reason ?? ""))"
        }
        return text
    }
}

extension InstructionSet {
    /// Multiply-accumulates of 8-bit activations per instruction in this library's exact integer products: `vpmaddwd` has two
    /// in each 32-bit lane, `vpdpbusd` four. AVX-512 without VNNI has none of its own.
    fileprivate var integerProducts: Int {
        switch self {
        case .scalar: 1
        case .avx2: 8 * 2
        case .avxvnni: 8 * 4
        case .avx512: 16 * 2
        case .avx512vnni: 16 * 4
        }
    }

    /// Float multiply-accumulates per instruction: one in each 32-bit lane.
    fileprivate var floatProducts: Int {
        switch self {
        case .scalar: 1
        case .avx2, .avxvnni: 8
        case .avx512, .avx512vnni: 16
        }
    }
}
