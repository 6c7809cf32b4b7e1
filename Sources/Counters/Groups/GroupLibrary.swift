internal import Foundation

/// The counter groups of a folder, by name.
public struct GroupLibrary: Sendable {
    /// In the order of their names.
    public let groups: [CounterGroup]

    public init(groups: [CounterGroup]) { self.groups = groups.sorted { $0.name < $1.name } }

    /// Reads every *.txt file of `directory`; the group's name is the file's, without ".txt".
    public init(directory: String) throws(CounterError) {
        let files: [String]
        do { files = try FileManager.default.contentsOfDirectory(atPath: directory) } catch {
            throw .unreadable(path: directory, problem: "the folder of counter groups cannot be listed")
        }
        var groups: [CounterGroup] = []
        for file in files.sorted() where file.hasSuffix(".txt") {
            groups.append(try Self.group(file: directory + "/" + file))
        }
        try Self.checkAgreement(groups, directory: directory)
        self.init(groups: groups)
    }

    /// A name means one thing, in whatever group it stands: records know quantities and metrics by their names only.
    private static func checkAgreement(_ groups: [CounterGroup], directory: String) throws(CounterError) {
        var quantities: [String: (definition: CounterGroup.Definition, group: String)] = [:]
        var metrics: [String: String] = [:]
        for group in groups {
            for definition in group.definitions {
                if let known = quantities[definition.name], known.definition != definition {
                    throw .unreadable(
                        path: directory,
                        problem: "groups \(known.group) and \(group.name) define '\(definition.name)' differently")
                }
                quantities[definition.name] = (definition, group.name)
            }
            for metric in group.metrics {
                if let known = metrics[metric.name] {
                    throw .unreadable(
                        path: directory,
                        problem: "groups \(known) and \(group.name) both have a metric '\(metric.name)'")
                }
                metrics[metric.name] = group.name
            }
        }
    }

    /// Reads one file.
    public static func group(file path: String) throws(CounterError) -> CounterGroup {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, problem: "the counter group cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw .unreadable(path: path, problem: "the counter group is not UTF-8 text")
        }
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let name = file.hasSuffix(".txt") ? String(file.dropLast(4)) : file
        return try GroupParser.parse(text, name: name, file: path)
    }

    /// Parses a group's text; `file` is named in errors.
    public static func group(text: String, name: String, file: String) throws(CounterError) -> CounterGroup {
        try GroupParser.parse(text, name: name, file: file)
    }

    public func group(_ name: String) throws(CounterError) -> CounterGroup {
        guard let found = groups.first(where: { $0.name == name }) else {
            throw .unknownGroup(name: name, known: groups.map(\.name))
        }
        return found
    }
}
