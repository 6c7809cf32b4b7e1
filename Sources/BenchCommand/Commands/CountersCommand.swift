internal import ArgumentParser
internal import Counters
internal import Runner

struct CountersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counters",
        abstract: "List the counters that this machine offers, and why the others are missing.",
        discussion: """
            First the groups that bench run --counters takes, with their quantities and metrics, then every single event.
            """)

    func run() throws {
        let groups = try Failure.wrap(.usage) {
            try GroupLibrary(directory: Resources.folder("suites/counter-groups"))
        }
        try Failure.wrap(.internalError) { try KernelCounters.register() }
        print(CounterInventory(groups: groups, source: CounterSources.all).describe(), terminator: "")
    }
}
