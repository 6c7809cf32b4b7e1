internal import CPlatform
internal import Foundation

/// The memory of this process.
package enum ProcessMemory {
    /// Most bytes that were resident at a time since the program was started: VmHWM of /proc/self/status, which, unlike
    /// getrusage's, does not begin with the size of the process that started it. Nil where there is no such file.
    package static var peakResidentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        return peakResidentBytes(status: text)
    }

    /// `VmHWM:     97704 kB`
    package static func peakResidentBytes(status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    /// Lets memory of a megabyte and more go back to the system when it is freed. By default the C library raises this limit
    /// up to 32 MB with the blocks that are freed, and what was used to prepare a cell would stay beside what it runs on.
    static func returnLargeBlocks() {
        _ = cp_return_blocks(1 << 20)
    }
}
