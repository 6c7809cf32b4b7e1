import Foundation
import QuantKernels

/// Golden/work-counters.txt: what the kernel library's counters say of one inference, a line for each network, numerics and
/// instruction set. `make golden` writes the lines of the instruction sets of the machine at hand anew.
struct GoldenWork {
    /// What a line is found by.
    struct Key: Hashable {
        var network: String
        var numerics: String
        var set: String
    }

    private(set) var lines: [Key: String]

    static let url = repository.appendingPathComponent("Tests/NetworksTests/Golden/work-counters.txt")
    /// Whether this is `make golden`.
    static let isBeingWritten = ProcessInfo.processInfo.environment["BENCH_GOLDEN"] == "write"

    private static let header = """
        # Work of one inference: batch 1, one thread. `make golden` writes the lines of this machine's instruction sets anew;
        # read the difference before you commit it. Calls are micro-kernel calls by the path that counted them.
        # Network, numerics, widest instruction set allowed: bytes packed; kernel calls by path.

        """

    init() throws {
        let text = (try? String(contentsOf: Self.url, encoding: .utf8)) ?? ""
        lines = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count > 3 else { throw Malformed(line: String(line)) }
            lines[Key(network: "\(words[0])", numerics: "\(words[1])", set: "\(words[2])")] = String(line)
        }
    }

    struct Malformed: Error { var line: String }

    /// Whether any line is of this set: false until `make golden` has run on a processor that has it.
    func knows(_ set: InstructionSet) -> Bool { lines.keys.contains { $0.set == set.description } }

    mutating func replace(_ line: String, for key: Key) { lines[key] = line }

    /// Writes the table, ordered by the networks, then f32 before integers, then the instruction sets.
    func write(networks: [String]) throws {
        let sets = InstructionSet.allCases.map(\.description)
        let rank = { (key: Key) in
            (networks.firstIndex(of: key.network) ?? .max, key.numerics, sets.firstIndex(of: key.set) ?? .max)
        }
        let body = lines.sorted { rank($0.key) < rank($1.key) }.map { $0.value + "\n" }
        try (Self.header + body.joined()).write(to: Self.url, atomically: true, encoding: .utf8)
    }
}

/// What an inference did, counted, and how.
struct CountedWork {
    var bytesPacked: Int
    /// By path; paths without calls are left out.
    var calls: [InstructionSet: Int]

    func line(_ key: GoldenWork.Key) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        let calls = calls.sorted { $0.key.rawValue > $1.key.rawValue }.map { "\($0.key) \($0.value)" }
        return padded(key.network, 29) + padded(key.numerics, 11) + padded(key.set, 11)
            + padded("\(bytesPacked) bytes;", 18) + calls.joined(separator: ", ")
    }
}
