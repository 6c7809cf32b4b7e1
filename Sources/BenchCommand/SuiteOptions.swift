internal import ArgumentParser
internal import Datasets
internal import Foundation
internal import Networks
internal import QuantKernels
internal import Reports
internal import Suites

/// What `run` and `list` share: which suite, which of its cells.
struct SuiteOptions: ParsableArguments {
    @Argument(help: "The suite's file, such as suites/mobilenet.json.")
    var suite: String
    @Option(help: ArgumentHelp("Keep the cells whose name matches this regular expression.", valueName: "regex"))
    var filter: String?
    @Option(help: ArgumentHelp("Thread counts instead of the suite's, such as 1,2.", valueName: "list"))
    var threads: String?
    @Option(help: "Seed of random weights and inputs, and of the order of measuring (BENCH_SEED).")
    var seed: UInt64?

    /// - Throws: `Failure` with status usage.
    func load() throws -> (suite: Suite, expansion: Expansion, seed: UInt64) {
        let seed = try seed ?? Environment.number("BENCH_SEED") ?? 0
        return try Failure.wrap(.usage) {
            let suite = try Suite.load(path: Resources.suite(suite), catalogue: Self.catalogue)
            var expansion = suite.expand(threads: try threadCounts(), seed: seed)
            if let filter { expansion = try expansion.filtered(by: filter) }
            return (suite, expansion, seed)
        }
    }

    /// The thread counts of `--threads` or BENCH_THREADS, or nil.
    func threadCounts() throws -> [Int]? {
        guard let text = threads ?? Environment.value("BENCH_THREADS") else { return nil }
        let counts = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let count = Int(part.trimmingCharacters(in: .whitespaces)), (1...1024).contains(count) else {
                throw Failure(.usage, "threads '\(text)': thread counts go from 1 to 1024, separated by commas")
            }
            return count
        }
        return counts
    }

    static var catalogue: Catalogue {
        Catalogue(
            networks: Dictionary(
                uniqueKeysWithValues: NetworkFamily.all.map {
                    (
                        $0.name,
                        Catalogue.Network(
                            hasWidth: $0.hasWidth, defaultResolution: $0.defaultResolution,
                            minimumResolution: $0.minimumResolution)
                    )
                }),
            datasets: Set(DatasetCatalogue.all.map(\.name)), papers: PaperTable.ids)
    }
}

/// Environment twins of flags; a flag wins over them.
enum Environment {
    static func value(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    static func number(_ name: String) throws -> UInt64? {
        guard let text = value(name) else { return nil }
        guard let number = UInt64(text) else { throw Failure(.usage, "\(name)='\(text)' is not a whole number") }
        return number
    }

    /// The kernel registry of `--isa` or BENCH_ISA.
    static func registry(isa flag: String?) throws -> KernelRegistry {
        guard let name = flag ?? value("BENCH_ISA") else { return KernelRegistry() }
        guard let set = InstructionSet(name: name) else {
            let known = InstructionSet.allCases.map(\.description).joined(separator: ", ")
            throw Failure(.usage, "isa '\(name)': choose one of \(known)")
        }
        return try Failure.wrap(.usage) { try KernelRegistry(forcing: set) }
    }
}
