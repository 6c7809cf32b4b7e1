internal import Foundation

/// The files that the program reads at run time: suites, counter groups, report templates, checkpoints. They lie in the
/// working directory of a checkout, beside a built executable's checkout, or in share/bench of an installation.
enum Resources {
    /// The running executable, links resolved.
    static var executable: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// In the order of the search: the working directory, the installation, the checkout that the executable was built in.
    static var roots: [String] {
        let folder = (executable as NSString).deletingLastPathComponent
        let installed = ((folder as NSString).deletingLastPathComponent as NSString).appendingPathComponent(
            "share/bench")
        var roots = ["."]
        roots.append(installed)
        if let build = executable.range(of: "/.build/") { roots.append(String(executable[..<build.lowerBound])) }
        return roots
    }

    /// The folders of this name in all roots.
    static func folders(_ name: String) -> [String] { roots.map { $0 == "." ? name : $0 + "/" + name } }

    /// The first folder of this name that exists, or the first that was looked for.
    static func folder(_ name: String) -> String {
        folders(name).first { FileManager.default.fileExists(atPath: $0) } ?? folders(name)[0]
    }

    /// Where checkpoints lie beside an executable; the working directory is searched first anyway.
    static var shareDirectory: String? {
        roots.dropFirst().first { FileManager.default.fileExists(atPath: $0 + "/checkpoints") }
    }

    /// A suite by path; a path that does not exist here may exist in another root (`suites/smoke.json` after `make install`).
    static func suite(_ path: String) -> String {
        guard !FileManager.default.fileExists(atPath: path), !path.hasPrefix("/") else { return path }
        return folders(path).first { FileManager.default.fileExists(atPath: $0) } ?? path
    }
}
