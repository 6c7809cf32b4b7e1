public import Results

/// Results as Markdown, from the template `run.md`.
public enum MarkdownReport {
    /// - Throws: `ReportError`: a template that is missing or wrong, or results of a debug build.
    public static func render(_ file: ResultsFile, templates: TemplateLibrary) throws(ReportError) -> String {
        try templates.render("run.md", file)
    }

    /// Renders made-up results that fill every section, so that a wrong template is found before a run is spent on it.
    /// - Throws: `ReportError` as `render` does.
    public static func check(_ templates: TemplateLibrary) throws(ReportError) {
        _ = try render(.sample, templates: templates)
    }
}
