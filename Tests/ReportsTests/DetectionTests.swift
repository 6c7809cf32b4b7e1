import Measurement
import Reports
import Results
import Testing

/// What reports make of a detector's records.
@Suite struct DetectionTests {
    private static func cell(_ numerics: String, milliseconds: Double, map: Double, delta: Double? = nil) -> Record {
        var record = Fixture.cell(width: 0.5, numerics, threads: 1, milliseconds: milliseconds, correct: 0)
        record.accuracy = nil
        record.detection = DetectionQuality(
            map: map, map50: 88.5, precision: 71.25, recall: 66.5, images: 2000, ci95: Interval(map - 1.5, map + 1),
            deltaF32: delta, provenance: .measured)
        return record
    }

    private static let file: ResultsFile = {
        var file = Fixture.withoutPMU
        file.benchmarks = [
            cell("f32", milliseconds: 1, map: 61.5), cell("w8c-a8-ptq", milliseconds: 0.4, map: 61.2, delta: -0.3),
            cell("w4c-a8-ptq", milliseconds: 0.5, map: 40, delta: -21.5),
        ]
        return file
    }()

    @Test func tablesShowWhatADetectorIsGoodFor() throws {
        let text = TerminalTable(width: 120, color: false).render(Self.file)
        let lines = text.split(separator: "\n").map(String.init)
        let head = try #require(lines.first { $0.contains("latency") })
        for title in ["mAP %", "Δ f32", "precision %", "recall %"] { #expect(head.contains(title), "\(head)") }
        #expect(!head.contains("top-1") && lines.allSatisfy { $0.count <= 120 })
        let integer = try #require(lines.first { $0.contains("w8c-a8-ptq") })
        #expect(integer.hasPrefix("*") && integer.contains("61.20") && integer.contains("−0.30"), "\(integer)")
        #expect(integer.contains("71.2") && integer.contains("66.5"))
        // Slower and worse than the integers above.
        #expect(try !#require(lines.first { $0.contains("w4c-a8-ptq") }).hasPrefix("*"))
        let markdown = try MarkdownReport.render(Self.file, templates: TemplateLibrary(directory: Fixture.templates))
        #expect(markdown.contains("61.20 [59.70, 62.20]"))
    }

    @Test func csvHasColumnsForIt() throws {
        let lines = CSVReport.render(Self.file).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let header = lines[0].map(String.init)
        // No field of these rows holds a comma behind these columns.
        func value(_ row: Int, _ name: String) throws -> String {
            String(lines[row][lines[row].count - (header.count - (try #require(header.firstIndex(of: name))))])
        }
        #expect(try value(2, "map_percent") == "61.2" && value(2, "map_delta_f32_points") == "-0.3")
        #expect(try value(2, "map_ci95_low_percent") == "59.7" && value(2, "map50_percent") == "88.5")
        #expect(try value(2, "precision_percent") == "71.25" && value(2, "recall_percent") == "66.5")
        #expect(try value(2, "map_images") == "2000" && value(2, "map_provenance") == "measured")
        #expect(try value(1, "map_delta_f32_points") == "")
        #expect(CSVReport.header.suffix(12).first == "map_percent")
        // The Pareto set goes by mAP.
        let pareto = try #require(header.firstIndex(of: "pareto"))
        #expect(lines[1...].map { $0[pareto] } == ["1", "1", "0"])
    }

    @Test func publishedOnesAreMarked() throws {
        var published = Self.file
        published.benchmarks[0].detection = DetectionQuality(
            map: 22.1, provenance: .published, source: "Jacob et al. 2017, table 4.4")
        let text = TerminalTable(width: 120, color: false).render(published)
        #expect(text.contains("22.10 published") && text.contains("published accuracies, not measured here: Jacob"))
    }
}
