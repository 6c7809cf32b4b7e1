import Foundation
import Results
import Testing

/// `bench report`, and the page of docs that is made by it.
@Suite struct ReportTests {
    private static let suite = #"""
        { "schema_version": 1, "name": "tiny", "paper": ["mobilenet-v1"],
          "cases": [ { "network": "mobilenet_v1", "width": 0.25, "resolution": 32, "numerics": ["f32", "w8c-a8+cal1"] } ],
          "measure": { "warmup": "1ms", "min_time": "10ms", "max_time": "20ms" } }
        """#

    /// What a run wrote is written again, byte for byte, from its records alone; the published table is part of it.
    @Test func reportsAreDrawnAgain() throws {
        let folder = try Workspace()
        try folder.write(Self.suite, to: "tiny.json")
        let run = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        #expect(try folder.results().context.suite?.paper == ["mobilenet-v1"])
        let again = try BenchProcess.run("report", "results/local/tiny.json", "--output", "again", in: folder)
        #expect(again.status == 0, "\(again.stderr)")
        for ending in ["csv", "md", "html"] {
            #expect(try folder.text("again/tiny.\(ending)") == folder.text("results/local/tiny.\(ending)"))
        }
        #expect(try folder.text("again/tiny.md").contains("| 0.25 | 49.8 | 47.7 | 45.5 | 41.5 |"))
        #expect(
            try folder.text("again/tiny.md").contains(
                "mobilenet_v1, float: latency on one thread\n\n| width \\\\ resolution | 32 |"))

        let text = try BenchProcess.run(
            "report", "results/local/tiny.json", "--template", "paper.md", "--paper", "jacob-4.1", in: folder)
        #expect(text.status == 0 && text.stdout.contains("## Jacob et al., table 4.1: depth"))
        #expect(!text.stdout.contains("mobilenet_v1"))
    }

    @Test(arguments: [
        (["report", "missing.json"], "missing.json: cannot read: No such file or directory"),
        (["report", "broken.json"], "broken.json: line 1, column "),
        (
            ["report", "empty.json", "--paper", "jacob-9"],
            "--paper jacob-9: no such published table; known: jacob-4.1, "
        ),
        (["report", "empty.json", "--links", "x/"], "--links is for --template"),
        (["report", "empty.json", "--template", "paper.md", "--output", "x"], "--template prints, --output writes"),
        (["report", "empty.json", "--template", "none"], "none.mustache: no such template; looked in "),
    ])
    func whatCannotBeReported(arguments: [String], message: String) throws {
        let folder = try Workspace()
        try folder.write("broken", to: "broken.json")
        try folder.write(#"{"schema_version": 1, "context": {}, "benchmarks": []}"#, to: "empty.json")
        let run = try BenchProcess(arguments, in: folder).wait()
        #expect(run.status == 2)
        #expect(run.stderr.hasPrefix("bench: \(message)"), "\(run.stderr)")
    }

    /// The published tables that they name are known, too.
    @Test func everyShippedSuiteIsUnderstood() throws {
        let suites = try FileManager.default.contentsOfDirectory(atPath: BenchProcess.checkout + "/suites")
        for suite in suites where suite.hasSuffix(".json") {
            let list = try BenchProcess.run("list", BenchProcess.checkout + "/suites/" + suite, in: Workspace())
            #expect(list.status == 0, "\(list.stderr)")
        }
    }

    /// In docs/paper.md stands what the commands in it print today, as far as there are the records, and every reference run that has published tables stands there.
    @Test func thePageOfThePapersTablesIsMadeFromTheRecords() throws {
        let page = try String(contentsOfFile: BenchProcess.checkout + "/docs/paper.md", encoding: .utf8)
        let blocks = page.matches(of: /<!-- bench (report [^\n]*) -->\n((?s:.*?))<!-- end -->/)
        #expect(blocks.count >= 13)
        let folder = try Workspace()
        for block in blocks {
            let words = block.1.split(separator: " ").map(String.init)
            #expect(words.count > 1 && words[1].hasPrefix("results/reference/"))
            guard FileManager.default.fileExists(atPath: BenchProcess.checkout + "/" + words[1]) else {
                #expect(block.2.isEmpty, "docs/paper.md shows \(words[1]), which is not there")
                continue
            }
            let run = try BenchProcess(
                [words[0], BenchProcess.checkout + "/" + words[1]] + words.dropFirst(2), in: folder
            ).wait()
            #expect(run.status == 0, "\(run.stderr)")
            #expect(
                "\n" + run.stdout == String(block.2), "make paper: docs/paper.md is not what `bench \(block.1)` prints")
        }
        let reference = BenchProcess.checkout + "/results/reference"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: reference)) ?? []
        where name.hasSuffix(".json") {
            for id in try ResultsFile.read(reference + "/" + name).context.suite?.paper ?? [] {
                #expect(
                    blocks.contains {
                        $0.1.hasPrefix("report results/reference/\(name) ") && $0.1.hasSuffix("--paper \(id)")
                    },
                    "docs/paper.md has no block for \(id) of \(name)")
            }
        }
    }
}
