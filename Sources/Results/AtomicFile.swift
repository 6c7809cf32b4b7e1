import Glibc

/// Writes exports so that a reader sees the old file or the new one, never a part.
public enum AtomicFile {
    /// Replaces the file at `path`: a temporary file beside it, fsync, rename. A path that is no regular file (a pipe,
    /// /dev/stdout) is written directly, because renaming would replace the device. A symbolic link is followed.
    /// - Throws: `ResultsError.cannotWrite`; the old file is then still there.
    public static func write(_ text: String, to path: String) throws(ResultsError) {
        let target = resolved(path)
        var status = stat()
        let exists = stat(target, &status) == 0
        let kind = status.st_mode & S_IFMT
        if exists && kind == S_IFDIR { throw .cannotWrite(file: path, action: "write", code: EISDIR) }
        if exists && kind != S_IFREG {
            var file = try DurableFile(path: target, exclusively: false)
            return try file.append(Array(text.utf8))
        }
        let temporary = "\(target).\(getpid()).tmp"
        do {
            try writeNew(text, to: temporary, mode: exists ? status.st_mode & 0o777 : 0o666)
        } catch {
            // Named after what the user asked for, not after the temporary file.
            guard case .cannotWrite(_, let action, let code) = error else { throw error }
            if code != EEXIST { unlink(temporary) }
            throw .cannotWrite(file: path, action: action, code: code)
        }
        guard rename(temporary, target) == 0 else {
            let code = errno
            unlink(temporary)
            throw .cannotWrite(file: path, action: "replace", code: code)
        }
        DurableFile.syncFolder(of: target)
    }

    private static func writeNew(_ text: String, to path: String, mode: mode_t) throws(ResultsError) {
        var file = try DurableFile(path: path, exclusively: true, mode: mode)
        try file.append(Array(text.utf8))
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
