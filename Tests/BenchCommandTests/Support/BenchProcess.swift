import Foundation

/// A running `bench`: the executable that users call, not its library, so that exit codes, streams and signals are
/// those of a process.
final class BenchProcess {
    /// What a finished process left. A process that a signal killed has the status 128 + signal, as shells say it.
    struct Outcome {
        var status: Int32
        var stdout: String
        var stderr: String

        var lines: [String] { stdout.split(separator: "\n").map(String.init) }
    }

    /// The executable beside the bundle of tests. `swift build` and `swift test` put both into one folder.
    static let executable: String = {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (own as NSString).deletingLastPathComponent + "/bench"
    }()

    /// The checkout of these sources.
    static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Kept, because it removes itself with its last owner.
    private let folder: Workspace
    private let process: pid_t
    private let streams: (out: String, error: String)
    private var status: Int32?

    /// Starts the executable.
    /// - Parameters:
    ///   - environment: added to the test's own, less every `BENCH_…` variable and PAPI_EVENTS of it.
    ///   - wrapper: a command that calls the executable, such as `unshare`; its last argument is followed by the executable.
    init(
        _ arguments: [String], in folder: Workspace, environment: [String: String] = [:],
        executable: String = BenchProcess.executable, wrapper: [String] = []
    ) throws {
        self.folder = folder
        let stem = folder.path + "/.stream-" + UUID().uuidString
        streams = (stem + "-out", stem + "-err")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, streams.out, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, streams.error, O_WRONLY | O_CREAT, 0o600)
        // The threads of a test block signals, and a child would inherit that: Ctrl-C would not reach it.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("BENCH_") && $0.key != "PAPI_EVENTS" }
        let variables = own.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        let words = ["env", "-C", folder.path] + wrapper + [executable] + arguments
        var argv = words.map { strdup($0) } + [nil]
        var envp = variables.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, words[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw LaunchError(program: words[0], reason: String(cString: strerror(code))) }
        process = child
    }

    struct LaunchError: Error { var program, reason: String }

    func send(_ signal: Int32) { kill(process, signal) }

    /// Whether it has ended, without waiting for it.
    var hasEnded: Bool { collect(WNOHANG) }

    /// Waits for the end and collects the streams.
    func wait() -> Outcome {
        _ = collect(0)
        defer {
            unlink(streams.out)
            unlink(streams.error)
        }
        return Outcome(status: status ?? -1, stdout: text(streams.out), stderr: text(streams.error))
    }

    private func collect(_ options: Int32) -> Bool {
        if status != nil { return true }
        var word: Int32 = 0
        var ended: pid_t
        repeat { ended = waitpid(process, &word, options) } while ended < 0 && errno == EINTR
        guard ended == process else { return false }
        let signal = word & 0x7f
        status = signal == 0 ? word >> 8 & 0xff : 128 + signal
        return true
    }

    private func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Runs the executable to its end.
    static func run(
        _ arguments: String..., in folder: Workspace, environment: [String: String] = [:],
        executable: String = BenchProcess.executable
    ) throws -> Outcome {
        try BenchProcess(arguments, in: folder, environment: environment, executable: executable).wait()
    }
}
