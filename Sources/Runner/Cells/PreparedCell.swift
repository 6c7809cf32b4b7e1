internal import Measurement
internal import Networks
internal import QuantKernels
internal import Results
internal import Suites

/// A cell that is ready to be timed: built, packed, calibrated and checked against the reference.
final class PreparedCell {
    let cell: Cell
    let workload: Measurement.Workload
    let pool: ThreadPool
    /// All that is known before timing.
    var record: Record
    /// The output of the timed buffers, as bytes.
    let output: () -> [UInt8]
    /// What `output` was when it was checked against the reference.
    let checkedOutput: [UInt8]
    /// Counts saturated outputs in a run of its own; nil where there are none to count.
    let countSaturation: (() -> Void)?
    /// Whether a percent of the integer or of the float ceiling is shown.
    let isInteger: Bool
    /// Of a network cell.
    var executor: Executor? { (workload as? ExecutorWorkload)?.executor }

    init(
        cell: Cell, workload: Measurement.Workload, pool: ThreadPool, record: Record, isInteger: Bool,
        output: @escaping () -> [UInt8], countSaturation: (() -> Void)? = nil
    ) {
        (self.cell, self.workload, self.pool, self.record) = (cell, workload, pool, record)
        (self.output, self.countSaturation, self.isInteger) = (output, countSaturation, isInteger)
        workload.run()
        checkedOutput = output()
    }
}

/// What becomes of a cell before it is timed.
enum Preparation {
    case ready(PreparedCell)
    /// Skipped or failed: the record says why.
    case settled(Record)
}

/// FNV-1a, 64 bits: a fingerprint of an output, not a protection against anyone.
func outputHash(_ bytes: [UInt8]) -> String {
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

extension Record {
    /// The fields that name a cell, status ok until something else is known.
    init(_ cell: Cell, status: Status = .ok, reason: String? = nil) {
        self.init(name: cell.name, status: status, reason: reason)
        numerics = cell.numerics.description
        (threads, batch) = (cell.threads, cell.batch)
        if case .quantized(let numerics) = cell.numerics { rounding = numerics.rounding.rawValue }
        backend = "quantkernels"
        switch cell.workload {
        case .network(let network):
            self.network = network.family
            (width, resolution) = (network.width, network.resolution)
        case .gemm(let gemm):
            op = "gemm"
            shape = ["m": gemm.m, "n": gemm.n, "k": gemm.k]
        case .layer(let layer):
            op = layer.operation.rawValue
            shape = [
                "h": layer.height, "c_in": layer.inputChannels, "k": layer.kernel, "s": layer.stride,
                "c_out": layer.outputChannels,
            ]
        }
    }
}
