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

    @Test func html() throws {
        try expectGolden(HTMLReport.render(Fixture.withPMU, templates: templates), "with-pmu.html")
    }

    /// Whether there is a PMU or not, a report has the same tables with the same heads, and a row for each number.
    @Test func headsAreTheSameWithAndWithoutPMU() throws {
        let markdown = try [Fixture.withPMU, Fixture.withoutPMU].map { file in
            let lines = try MarkdownReport.render(file, templates: templates).split(separator: "\n").map(String.init)
            return lines.indices.filter { lines[$0].hasPrefix("|---") }.map { lines[$0 - 1] }
        }
        #expect(markdown[0] == markdown[1] && markdown[0].contains { $0.contains(" PAPI_TOT_INS ") })
        #expect(markdown[0].contains { $0.contains(" IPC, instructions/cycle ") })
        let html = try [Fixture.withPMU, Fixture.withoutPMU].map { file in
            try HTMLReport.render(file, templates: templates).split(separator: "\n").filter { $0.contains("<th") }
        }
        #expect(html[0] == html[1] && html[0].contains { $0.contains(">IPC, instructions/cycle<") })
    }

    /// A number that some cells have and others do not has a row for each case.
    @Test func provenanceIsToldForEachCase() throws {
        var file = Fixture.withPMU
        file.benchmarks[0].counters?["PAPI_TOT_INS"] = .multiplexed(5, share: 0.25)
        file.benchmarks[1].counters?["PAPI_TOT_INS"] = .unavailable("PAPI: A System/C library call failed")
        file.benchmarks[1].metrics?["IPC"] = .unavailable("needs PAPI_TOT_INS: PAPI: A System/C library call failed")
        let lines = try MarkdownReport.render(file, templates: templates).split(separator: "\n")
        #expect(lines.contains("| PAPI_TOT_INS | multiplexed 25.0 % to 50.0 % |  | 6 of 7 |"))
        #expect(
            lines.contains("| PAPI_TOT_INS, IPC | unavailable | PAPI: A System/C library call failed | 1 of 7 |"))
        #expect(lines.contains("| IPC | derived 50.0 % | PAPI_TOT_INS / PAPI_TOT_CYC | 6 of 7 |"))
    }

    /// Nothing is fetched from elsewhere, and no text of a record becomes markup.
    @Test func thePageStandsAlone() throws {
        var file = Fixture.withoutPMU
        file.benchmarks[7].reason = "<script>\"x\" & 'y'</script>"
        let page = try HTMLReport.render(file, templates: templates)
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;"))
        #expect(!page.contains("http") && !page.contains("src=") && !page.contains("href="))
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
        #expect(throws: ReportError.debugBuild) { try HTMLReport.render(file, templates: templates) }
    }

    @Test func theJSONReportReadsBackAsTheSameResults() throws {
        let path = FileManager.default.temporaryDirectory.path + "/reports-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try JSONReport.render(Fixture.withPMU).write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try ResultsFile.read(path) == Fixture.withPMU)
    }
}
