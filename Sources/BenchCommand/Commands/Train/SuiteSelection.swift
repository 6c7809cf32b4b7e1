internal import ArgumentParser
internal import Suites

/// Which suite's checkpoints `train` makes.
struct SuiteSelection: ParsableArguments {
    @Option(help: ArgumentHelp("Train what this suite needs and what is missing.", valueName: "file"))
    var suite: String?
    @Option(help: ArgumentHelp("Only what cells need whose name matches this regular expression.", valueName: "regex"))
    var filter: String?
    @Flag(help: "Show what would be trained, train nothing.") var dryRun = false

    /// - Parameter others: what else the command line says of what is trained: a suite says all that itself.
    /// - Returns: nil if no suite is asked for.
    /// - Throws: `Failure` with status usage.
    func load(instead others: [String]) throws -> (suite: Suite, cells: [Cell])? {
        guard let suite else {
            for (name, isGiven) in [("--filter", filter != nil), ("--dry-run", dryRun)] where isGiven {
                throw Failure(.usage, "\(name) belongs to --suite, such as --suite suites/qat.json")
            }
            return nil
        }
        if others.contains("--resume") {
            throw Failure(.usage, "--resume: with --suite, interrupted trainings go on by themselves; leave it out")
        }
        if let other = others.first {
            throw Failure(
                .usage,
                "\(other) and --suite exclude each other: the suite's cells say what is trained, its key 'training' how"
            )
        }
        return try Failure.wrap(.usage) {
            let suite = try Suite.load(path: Resources.suite(suite), catalogue: SuiteOptions.catalogue)
            var expansion = suite.expand()
            if let filter { expansion = try expansion.filtered(by: filter) }
            return (suite, expansion.cells)
        }
    }
}
