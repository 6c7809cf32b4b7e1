internal import Foundation
public import Results

/// What is known of the program itself: how it was built, and from which revision.
public enum BuildFacts {
    public static var configuration: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    /// The compiler as far as the sources can tell.
    public static var compiler: String {
        #if compiler(>=6.4)
            "Swift 6.4 or later"
        #elseif compiler(>=6.3)
            "Swift 6.3"
        #else
            "Swift 6.2"
        #endif
    }

    /// The revision of the checkout that the executable lies in (`.build/…`); nil for an installed one, or without git.
    public static func revision(executable: String) -> Revision? {
        guard executable.contains("/.build/") else { return nil }
        let folder = (executable as NSString).deletingLastPathComponent
        guard let commit = git(["rev-parse", "--short=12", "HEAD"], in: folder),
            let changes = git(["status", "--porcelain", "--untracked-files=no"], in: folder)
        else { return nil }
        return Revision(commit: commit, dirty: !changes.isEmpty)
    }

    private static func git(_ arguments: [String], in folder: String) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
