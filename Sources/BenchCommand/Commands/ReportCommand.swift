internal import ArgumentParser
internal import Foundation
internal import Reports
internal import Results

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Draw the reports of a run again, from its results file.",
        discussion: """
            Nothing is measured. Writes .csv, .md, .html and the drawings beside the file, or prints one template's text alone: run.md, \
            run.html, or paper.md, the tables that stand beside published ones.
            """)

    @Argument(help: "A file of results, such as results/local/mobilenet.json.") var results: String
    @Option(help: ArgumentHelp("Folder of the reports, instead of the file's own.", valueName: "folder"))
    var output: String?
    @Option(help: ArgumentHelp("Print what this template makes, and write nothing.", valueName: "name"))
    var template: String?
    @Option(help: ArgumentHelp("What stands before the names of drawings in that text.", valueName: "prefix"))
    var links: String?
    @Option(
        help: ArgumentHelp(
            "Show these published tables instead of those of the run's suite, such as jacob-4.7,equal-bytes.",
            valueName: "list"))
    var paper: String?

    func run() throws {
        guard template != nil || links == nil else {
            throw Failure(.usage, "--links is for --template: written reports lie beside their drawings")
        }
        guard template == nil || output == nil else {
            throw Failure(.usage, "--template prints, --output writes: choose one")
        }
        var file = try Failure.wrap(.usage) { try ResultsFile.read(results) }
        if let paper { file.context.suite = try suite(of: file, showing: paper) }
        let templates = TemplateLibrary(searching: Resources.folders("report-templates"))
        if let template {
            print(try Failure.wrap(.usage) { try templates.render(template, file, links: links ?? "") }, terminator: "")
            return
        }
        let folder = output ?? DurableFile.folder(of: results)
        try OutputPath.makeFolder(folder)
        let name = ((results as NSString).lastPathComponent as NSString).deletingPathExtension
        let files = try Failure.wrap(.usage) { try ReportFile.reports(on: file, name: name, templates: templates) }
        try Failure.wrap(.internalError) {
            for file in files { try AtomicFile.write(file.text, to: "\(folder)/\(file.name)") }
        }
        Console.note("wrote \(files.map { "\(folder)/\($0.name)" }.joined(separator: ", "))")
    }

    private func suite(of file: ResultsFile, showing list: String) throws -> SuiteIdentity {
        let ids = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        for id in ids where !PaperTable.ids.contains(id) {
            throw Failure(
                .usage, "--paper \(id): no such published table; known: \(PaperTable.ids.joined(separator: ", "))")
        }
        return SuiteIdentity(
            name: file.context.suite?.name ?? "results", hash: file.context.suite?.hash ?? "", paper: ids)
    }
}
