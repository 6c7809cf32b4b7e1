internal import ArgumentParser
internal import Suites

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the names of a suite's cells, one a line.")

    @OptionGroup var options: SuiteOptions

    func run() throws {
        let (_, expansion, _) = try options.load()
        for warning in expansion.warnings { Console.warning(warning) }
        for cell in expansion.cells { print(cell.name) }
    }
}
