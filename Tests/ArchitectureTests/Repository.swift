import Foundation

/// The files of this repository.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct SourceFile {
        /// From the root, such as `Sources/Suites/SuiteError.swift`.
        var path: String
        /// The folder in Sources.
        var target: String
        var text: String
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The names of the folders in Sources.
    static func targetFolders() throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            at: root.appendingPathComponent("Sources"), includingPropertiesForKeys: [.isDirectoryKey],
            options: .skipsHiddenFiles
        ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }.map(\.lastPathComponent)
    }

    /// Every file in Sources with one of these extensions.
    static func sources(_ extensions: Set<String>) throws -> [SourceFile] {
        try targetFolders().sorted().flatMap { target in
            let folder = "Sources/\(target)"
            let paths = try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
            return try paths.sorted().filter { extensions.contains(($0 as NSString).pathExtension) }.map {
                SourceFile(path: "\(folder)/\($0)", target: target, text: try text("\(folder)/\($0)"))
            }
        }
    }
}
