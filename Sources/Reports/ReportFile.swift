public import Results

/// One of the files that a run leaves beside its results, or the results themselves.
public struct ReportFile: Sendable {
    /// The ending of its name: `json`, `csv`, `md`, `html` or `svg`.
    public let ending: String
    /// Without a folder.
    public let name: String
    public let text: String

    /// The results file of a run.
    /// - Throws: `ResultsError.notFinite`.
    public static func results(_ file: ResultsFile, name: String) throws(ResultsError) -> ReportFile {
        ReportFile(ending: "json", name: "\(name).json", text: try JSONReport.render(file))
    }

    /// The reports of a run, then their drawings.
    ///
    /// - Parameter name: that of the results file, without its ending.
    /// - Throws: `ReportError`: a template that is missing or wrong, or results of a debug build.
    public static func reports(
        on file: ResultsFile, name: String, templates: TemplateLibrary
    ) throws(ReportError) -> [ReportFile] {
        let texts = [
            ("csv", CSVReport.render(file)), ("md", try MarkdownReport.render(file, templates: templates)),
            ("html", try HTMLReport.render(file, templates: templates)),
        ]
        return texts.map { ReportFile(ending: $0, name: "\(name).\($0)", text: $1) }
            + ReportDrawings.all(of: file).map { ReportFile(ending: "svg", name: $0.file, text: $0.svg) }
    }
}
