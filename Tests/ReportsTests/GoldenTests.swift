import Foundation
import Reports
import Results
import Testing

/// Compares with a kept file. `BENCH_UPDATE_GOLDEN=1` writes it anew, and the test fails so that nobody forgets to look.
private func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let path = "\(Fixture.golden)/\(name)"
    if ProcessInfo.processInfo.environment["BENCH_UPDATE_GOLDEN"] == "1" {
        try FileManager.default.createDirectory(atPath: Fixture.golden, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        Issue.record("wrote \(name): look at the difference and run again", sourceLocation: sourceLocation)
        return
    }
    let expected = try String(contentsOfFile: path, encoding: .utf8)
    guard text != expected else { return }
    let pair = zip(
        text.split(separator: "\n", omittingEmptySubsequences: false),
        expected.split(separator: "\n", omittingEmptySubsequences: false))
    let first = pair.enumerated().first { $1.0 != $1.1 }
    Issue.record(
        "\(name) differs at line \((first?.offset ?? -1) + 1):\n got: \(first?.element.0 ?? "another length")\nkept: \(first?.element.1 ?? "")",
        sourceLocation: sourceLocation)
}

@Suite struct GoldenTests {
    private let templates = TemplateLibrary(directory: Fixture.templates)

    @Test func markdownWithoutPMU() throws {
        try expectGolden(MarkdownReport.render(Fixture.withoutPMU, templates: templates), "without-pmu.md")
    }

    @Test func markdownWithPMU() throws {
        try expectGolden(MarkdownReport.render(Fixture.withPMU, templates: templates), "with-pmu.md")
    }

    @Test func csvWithoutPMU() throws {
        try expectGolden(CSVReport.render(Fixture.withoutPMU), "without-pmu.csv")
    }

    @Test func csvWithPMU() throws {
        try expectGolden(CSVReport.render(Fixture.withPMU), "with-pmu.csv")
    }

    @Test func terminal() throws {
        try expectGolden(TerminalTable(color: false).render(Fixture.withoutPMU), "without-pmu.txt")
    }

    @Test func profiled() throws {
        try expectGolden(TerminalTable(color: false).render(Fixture.profiled), "profiled.txt")
        try expectGolden(MarkdownReport.render(Fixture.profiled, templates: templates), "profiled.md")
        try expectGolden(CSVReport.render(Fixture.profiled), "profiled.csv")
    }

    @Test func emptyRun() throws {
        let empty = ResultsFile(context: Context(), benchmarks: [])
        try expectGolden(MarkdownReport.render(empty, templates: templates), "empty.md")
        #expect(CSVReport.render(empty) == CSVReport.header.joined(separator: ",") + "\n")
        #expect(TerminalTable(color: false).render(empty) == "")
    }

    @Test func debugBuildsAreRefused() {
        var file = Fixture.withoutPMU
        file.context.buildConfiguration = "debug"
        #expect(throws: ReportError.debugBuild) { try MarkdownReport.render(file, templates: templates) }
    }

    @Test func theJSONReportReadsBackAsTheSameResults() throws {
        let path = FileManager.default.temporaryDirectory.path + "/reports-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try JSONReport.render(Fixture.withPMU).write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try ResultsFile.read(path) == Fixture.withPMU)
    }
}
