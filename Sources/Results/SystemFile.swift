import Glibc

/// Reading and listing files by system calls.
package enum SystemFile {
    package static func read(_ path: String) throws(ResultsError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotRead(file: path, code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes += chunk[..<count]
            } else if count == 0 {
                return bytes
            } else if errno != EINTR {
                throw .cannotRead(file: path, code: errno)
            }
        }
    }

    /// Names in a folder, sorted; empty if it cannot be read.
    package static func entries(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// A file being written whose content is on the disk, not only in memory, when a call returns.
package struct DurableFile: ~Copyable {
    package let path: String
    private let descriptor: Int32
    /// Bytes that are complete; a failed append goes back to here.
    private var length: off_t = 0

    /// - Parameter exclusively: refuse a file that exists; otherwise it is opened as it is.
    package init(path: String, exclusively: Bool, mode: UInt32 = 0o666) throws(ResultsError) {
        let flags = O_WRONLY | O_CLOEXEC | (exclusively ? O_CREAT | O_EXCL : 0)
        descriptor = open(path, flags, mode)
        self.path = path
        guard descriptor >= 0 else {
            throw .cannotWrite(file: path, action: exclusively ? "create" : "open", code: errno)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends all bytes and waits until they are stored. If that fails, what was complete before stays complete: a part
    /// that was written is cut off again.
    package mutating func append(_ bytes: [UInt8]) throws(ResultsError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if count < 0 {
                if errno == EINTR { continue }
                throw undo("write", code: errno)
            }
            done += count
        }
        // Pipes, terminals and devices have nothing to synchronise and say EINVAL or ENOTSUP.
        if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP { throw undo("store", code: errno) }
        length += off_t(bytes.count)
    }

    private func undo(_ action: String, code: Int32) -> ResultsError {
        if ftruncate(descriptor, length) == 0 { lseek(descriptor, length, SEEK_SET) }
        return .cannotWrite(file: path, action: action, code: code)
    }

    /// Makes the names in the folder of `path` durable: a new file's name is not stored by the file's own fsync.
    package static func syncFolder(of path: String) {
        let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
