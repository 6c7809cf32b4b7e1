internal import ArgumentParser
internal import Foundation

/// The command line. `bench` itself is only this one call.
public enum BenchTool {
    /// Parses and runs; never returns. Exit codes: `ExitStatus`.
    public static func run(_ arguments: [String]) -> Never {
        let status = status(of: Array(arguments.dropFirst()))
        fflush(nil)
        exit(status.rawValue)
    }

    /// Runs the command of these arguments (without the program's name) and tells the exit status.
    package static func status(of arguments: [String]) -> ExitStatus {
        do {
            var command = try BenchRoot.parseAsRoot(arguments)
            try command.run()
            return .clean
        } catch let failure as Failure {
            Console.error(failure.message)
            return failure.status
        } catch {
            let code = BenchRoot.exitCode(for: error)
            let text = BenchRoot.fullMessage(for: error)
            // Help and version are asked for: they go to stdout and are no failure.
            if code == .success {
                print(text)
                return .clean
            }
            Console.error(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)
            return .usage
        }
    }
}

struct BenchRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "What fewer bits buy in time on this processor, and what they cost in accuracy.",
        discussion: """
            bench run suites/mobilenet.json measures every cell of a suite: latency, hardware and software counters, accuracy \
            on a test set. Data go to stdout, progress and warnings to stderr.

            Exit codes: 0 clean; 1 internal error; 2 usage or invalid input; 3 slower than required; 4 wrong numbers; \
            6 required counters unavailable; 130 interrupted.
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, ReportCommand.self, ListCommand.self, TrainCommand.self, DiffCommand.self,
            CountersCommand.self,
            MachineCommand.self,
            DoctorCommand.self,
        ])
}
