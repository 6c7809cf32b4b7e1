import Foundation
import Reports
import Results
import Testing

@Suite struct TemplateTests {
    /// A folder with these templates, removed at the end.
    private func withTemplates(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/templates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in files {
            try text.write(toFile: "\(folder)/\(name).mustache", atomically: true, encoding: .utf8)
        }
        try body(folder)
    }

    private func render(_ folders: [String]) throws(ReportError) -> String {
        try MarkdownReport.render(Fixture.withoutPMU, templates: TemplateLibrary(searching: folders))
    }

    @Test func aMissingTemplateNamesEveryFolder() {
        let error = #expect(throws: ReportError.self) { try render(["/nowhere/a", "/nowhere/b"]) }
        #expect(error == .templateMissing(name: "run.md", usedBy: nil, searched: ["/nowhere/a", "/nowhere/b"]))
        #expect(
            error?.description.hasPrefix("run.md.mustache: no such template; looked in /nowhere/a, /nowhere/b.") == true
        )
    }

    @Test func theFirstFolderWins() throws {
        try withTemplates(["run.md": "first {{title}}"]) { (first) throws in
            #expect(try render([first, Fixture.templates]) == "first mobilenet")
            #expect(try render(["/nowhere", Fixture.templates]).contains("# mobilenet"))
        }
    }

    @Test(arguments: ["{{#tables}}{{title}}", "line one\n{{#tables}}{{/other}}", "{{title"])
    func aTemplateThatDoesNotParseIsNamedWithItsLine(text: String) throws {
        try withTemplates(["run.md": text]) { folder in
            let error = #expect(throws: ReportError.self) { try render([folder]) }
            guard case .templateSyntax(let file, let line, _, _) = error else {
                Issue.record("not a syntax error: \(String(describing: error))")
                return
            }
            #expect(file == "\(folder)/run.md.mustache")
            #expect(line >= 1 && line <= 2)
            #expect(error?.description.hasPrefix("\(file): line \(line), column ") == true)
        }
    }

    @Test func aMisspeltNameIsAnErrorNotAGap() throws {
        try withTemplates(["run.md": "{{titel}} {{#tables}}{{#rows}}{{lable}}{{/rows}}{{/tables}}"]) { folder in
            let error = #expect(throws: ReportError.self) { try render([folder]) }
            guard case .templateUnknownNames(let file, let names, let known) = error else {
                Issue.record("not an unknown name: \(String(describing: error))")
                return
            }
            #expect(file == "\(folder)/run.md.mustache" && names == ["lable", "titel"] && known.contains("title"))
        }
    }

    @Test func partialsAreFoundAndMissingOnesNamed() throws {
        try withTemplates(["run.md": "<{{> head}}>", "head": "{{title}}"]) { (folder) throws in
            #expect(try render([folder]) == "<mobilenet>")
        }
        try withTemplates(["run.md": "{{> head}}"]) { folder in
            #expect(
                throws: ReportError.templateMissing(
                    name: "head", usedBy: "\(folder)/run.md.mustache", searched: [folder])
            ) {
                try render([folder])
            }
        }
    }

    @Test func aTemplateThatIsNotTextIsNamed() throws {
        try withTemplates([:]) { folder in
            let path = "\(folder)/run.md.mustache"
            try Data([0xFF, 0xFE, 0xC0]).write(to: URL(filePath: path))
            #expect(throws: ReportError.templateUnreadable(file: path)) { try render([folder]) }
        }
    }
}
