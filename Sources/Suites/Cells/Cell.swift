/// One point of a suite's expanded axes: what becomes one record.
public struct Cell: Hashable, Sendable {
    /// Unique in the suite, stable from run to run: `mobilenet_v1_1.0_224/w8c-a8-ptq/t1`, and `…/t1/b4` for a batch other
    /// than 1.
    public let name: String
    public let workload: Workload
    public let numerics: Numerics
    /// The numerics as the suite spells them, such as `int8`.
    public let spelledNumerics: String
    public let threads: Int
    public let batch: Int
    /// For random weights and inputs. Cells of one workload and batch share it, so that they compute the same thing.
    public let seed: UInt64

    /// - Parameter suiteSeed: the seed of the whole run.
    public init(workload: Workload, numerics: SpelledNumerics, threads: Int, batch: Int, suiteSeed: UInt64) {
        (self.workload, self.numerics, self.spelledNumerics) = (workload, numerics.numerics, numerics.spelled)
        (self.threads, self.batch) = (threads, batch)
        let batchSuffix = batch == 1 ? "" : "/b\(batch)"
        name = "\(workload.name)/\(numerics.numerics)/t\(threads)\(batchSuffix)"
        seed = fnv1a(Array("\(suiteSeed)/\(workload.name)\(batchSuffix)".utf8))
    }

    /// A filter that matches this cell and no other: the name with its special characters escaped.
    public var exactPattern: String {
        let escaped = name.map { #".+*?()[]{}|^$\"#.contains($0) ? "\\\($0)" : "\($0)" }
        return "^\(escaped.joined())$"
    }
}

/// 64-bit FNV-1a: h ← (h ⊕ byte) · 1099511628211, starting with 14695981039346656037.
func fnv1a(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
}
