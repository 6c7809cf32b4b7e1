import Foundation
import Mustache
public import Results

/// The report templates, `<name>.mustache`, of one or more folders.
public struct TemplateLibrary: Sendable {
    private let folders: [String]

    /// - Parameter folders: where to look, best first; the first folder that has a template wins. The caller knows the
    ///   order: what the user names, the current checkout, what is installed beside the program.
    public init(searching folders: [String]) {
        self.folders = folders
        MustacheContentTypes.register(MarkdownContentType(), named: "MARKDOWN")
    }

    public init(directory: String) {
        self.init(searching: [directory])
    }

    /// Renders a template with results.
    /// - Parameters:
    ///   - name: the file's name without `.mustache`, such as `run.md`.
    ///   - links: what stands before the names of drawings, for a text that does not lie beside them.
    /// - Throws: `ReportError`: a template that is missing or wrong, or results of a debug build.
    public func render(_ name: String, _ file: ResultsFile, links: String = "") throws(ReportError) -> String {
        if file.context.buildConfiguration == "debug" { throw .debugBuild }
        return try render(name, ReportModel.values(of: file, links: links))
    }

    /// Renders a template with its partials.
    /// - Parameters:
    ///   - name: the file's name without `.mustache`, such as `run.md`.
    ///   - model: values by name. Every name that the template uses must be there: a misspelt one is an error, not a gap.
    /// - Throws: `ReportError` naming the file.
    private func render(_ name: String, _ model: [String: Any]) throws(ReportError) -> String {
        var templates: [String: MustacheTemplate] = [:]
        let file = try load(name, usedBy: nil, into: &templates)
        let root = Model(values: model)
        let text = MustacheLibrary(templates: templates).render(root, withTemplate: name) ?? ""
        guard root.unknown.isEmpty else {
            throw .templateUnknownNames(file: file, names: root.unknown.sorted(), known: model.keys.sorted())
        }
        return text
    }

    /// Loads a template and the partials it names, each once.
    /// - Returns: the template's file.
    @discardableResult
    private func load(
        _ name: String, usedBy: String?, into templates: inout [String: MustacheTemplate]
    ) throws(ReportError) -> String {
        let files = folders.map { "\($0)/\(name).mustache" }
        guard let file = files.first(where: FileManager.default.fileExists) else {
            throw .templateMissing(name: name, usedBy: usedBy, searched: folders)
        }
        guard let data = FileManager.default.contents(atPath: file), let text = String(data: data, encoding: .utf8)
        else {
            throw .templateUnreadable(file: file)
        }
        do {
            templates[name] = try MustacheTemplate(string: text)
        } catch let error as MustacheTemplate.ParserError {
            throw .templateSyntax(
                file: file, line: error.context.lineNumber, column: error.context.columnNumber,
                problem: "\(error.error)")
        } catch {
            throw .templateSyntax(file: file, line: 1, column: 1, problem: "\(error)")
        }
        for partial in Self.partials(in: text) where templates[partial] == nil {
            try load(partial, usedBy: file, into: &templates)
        }
        return file
    }

    /// Names in `{{> name}}`.
    private static func partials(in text: String) -> [String] {
        text.matches(of: /\{\{>\s*([^\s}]+)\s*\}\}/).map { String($0.1) }
    }

    /// The outermost values. Mustache asks inner values first, so what arrives here and is not known is nowhere.
    private final class Model: MustacheParent {
        private let values: [String: Any]
        private(set) var unknown: Set<String> = []

        init(values: [String: Any]) {
            self.values = values
        }

        func child(named name: String) -> Any? {
            if let value = values[name] { return value }
            unknown.insert(name)
            return nil
        }
    }
}

/// Escapes text for a cell of a Markdown table: `{{% CONTENT_TYPE:MARKDOWN}}` at the top of a template switches it on.
private struct MarkdownContentType: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "|", "*", "`", "<", ">": result.append(contentsOf: ["\\", scalar])
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "\n", "\r": result.append(" ")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
