import Foundation
import Results

/// A folder of its own that a test runs `bench` in; removed with its owner.
final class Workspace {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "bench-command-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let url = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: url, atomically: false, encoding: .utf8)
        return name
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

    func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file(name))) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    /// Names in a folder; empty if there is none.
    func entries(_ name: String = ".") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: file(name))) ?? []).filter { !$0.hasPrefix(".") }
            .sorted()
    }

    func results(_ name: String = "results/local/tiny.json") throws -> ResultsFile {
        try ResultsFile.read(file(name))
    }

    /// A suite of these cases that takes next to no time.
    @discardableResult
    func suite(
        _ cases: String..., counters: String = "[]", accuracy: String? = nil, minTime: String = "10ms",
        maxTime: String = "20ms", as name: String = "tiny"
    ) throws -> String {
        let accuracy = accuracy.map { ", \"accuracy\": \($0)" } ?? ""
        return try write(
            """
            { "schema_version": 1, "name": "\(name)", "cases": [\(cases.joined(separator: ", "))],
              "measure": { "warmup": "1ms", "min_time": "\(minTime)", "max_time": "\(maxTime)" },
              "counters": \(counters)\(accuracy) }
            """, to: "\(name).json")
    }

    /// The program as `make install` lays it out, in this folder: no checkout is above the executable, so that what it
    /// reads is what stands in here.
    func install(checkpoints: Bool = false) throws -> String {
        let manager = FileManager.default
        try manager.createDirectory(atPath: file("prefix/bin"), withIntermediateDirectories: true)
        try manager.createDirectory(atPath: file("prefix/share/bench"), withIntermediateDirectories: true)
        // By another process: were the copy open for writing here while another test starts a process, that one would
        // inherit the open file, and a file that is open for writing cannot be executed.
        _ = try BenchProcess([BenchProcess.executable, "prefix/bin/bench"], in: self, executable: "cp").wait()
        for folder in ["report-templates", "suites"] + (checkpoints ? ["checkpoints"] : []) {
            try manager.copyItem(
                atPath: BenchProcess.checkout + "/" + folder, toPath: file("prefix/share/bench/" + folder))
        }
        return file("prefix/bin/bench")
    }
}

/// Cases that take next to no time.
enum Case {
    static let gemm = #"{ "gemm": [16, 16, 16], "numerics": ["f32", "int8"] }"#
    /// A network with random weights: it needs neither dataset nor checkpoint.
    static let random =
        #"{ "network": "mobilenet_v1", "width": 0.25, "resolution": 32, "numerics": ["f32", "w8c-a8+cal1"] }"#
    /// The trained network: it needs both.
    static let trained = #"{ "network": "fashion_mobilenet_v1", "width": 0.25, "resolution": 28, "numerics": ["f32"] }"#
}
