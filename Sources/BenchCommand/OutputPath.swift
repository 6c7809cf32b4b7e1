internal import Foundation
internal import Results

/// Looks whether results can be written before anything is measured or trained for them.
enum OutputPath {
    /// Makes the folder if need be and checks that files can be made in it.
    /// - Throws: `Failure` with status usage.
    static func makeFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure(.usage, "folder '\(folder)' cannot be made: name another one")
        }
        try probe(folder, for: folder)
    }

    /// Checks that a file of this path can be written: it is no folder, and its own folder takes files. A device or a pipe
    /// is written directly.
    /// - Throws: `Failure` with status usage.
    static func checkFile(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0 {
            let kind = status.st_mode & S_IFMT
            if kind == S_IFDIR { throw Failure(.usage, "'\(path)' is a folder: name a file") }
            if kind != S_IFREG { return }
        }
        try probe(DurableFile.folder(of: path), for: path)
    }

    /// Makes an empty file in the folder and removes it again.
    private static func probe(_ folder: String, for path: String) throws {
        let file = "\(folder)/.bench-\(getpid())"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw Failure(.usage, "'\(path)' cannot be written (\(reason)): name a place that takes files")
        }
        close(descriptor)
        unlink(file)
    }
}
