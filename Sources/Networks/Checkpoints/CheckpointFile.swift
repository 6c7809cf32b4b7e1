import Foundation

/// Files as a whole: reading, and replacing in one step.
enum CheckpointFile {
    static func read(_ path: String) throws(CheckpointError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed(path, reading: true) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failed(path, reading: true) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Writes a temporary file beside `path`, flushes it to the disk and renames it: whoever opens `path`, at any time,
    /// finds the old bytes or the new ones. The temporary file is removed if a step fails.
    static func replace(_ path: String, with bytes: [UInt8]) throws(CheckpointError) {
        // Not NSString's deletingLastPathComponent, which traps on a path of one letter.
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        do {
            try FileManager.default.createDirectory(
                atPath: directory.isEmpty ? "." : directory, withIntermediateDirectories: true)
        } catch {
            throw CheckpointError(file: path, problem: .unwritable(reason: error.localizedDescription))
        }
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failed(path, reading: false) }
        var written = write(bytes, to: descriptor) && fsync(descriptor) == 0
        // The reason must outlive the cleaning up.
        var reason = errno
        if close(descriptor) != 0 && written { (written, reason) = (false, errno) }
        if written && rename(temporary, path) != 0 { (written, reason) = (false, errno) }
        guard written else {
            unlink(temporary)
            errno = reason
            throw failed(path, reading: false)
        }
        flush(directory: directory.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : directory)
    }

    /// False with `errno` set if something was not written.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { return false }
                done += count
            }
            return true
        }
    }

    /// Makes the new name survive a power cut. Some file systems cannot flush a directory: the file itself is safe.
    private static func flush(directory: String) {
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failed(_ path: String, reading: Bool) -> CheckpointError {
        let reason = String(cString: strerror(errno))
        return CheckpointError(
            file: path, problem: reading ? .unreadable(reason: reason) : .unwritable(reason: reason))
    }
}
