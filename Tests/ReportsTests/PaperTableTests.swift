import Foundation
import Measurement
import Reports
import Results
import Testing

/// Published tables beside ours, as the Markdown report shows them.
@Suite struct PaperTableTests {
    private let templates = TemplateLibrary(directory: Fixture.templates)

    /// The text of the template `paper.md` for records of `net`, 10,000 test images each.
    private func paper(_ ids: [String], _ records: [Record], processors: Int = 2) throws -> String {
        var context = Context()
        context.processor = Processor(name: "A processor", logicalCores: processors)
        context.suite = SuiteIdentity(name: "tiny", hash: "", paper: ids)
        return try templates.render("paper.md", ResultsFile(context: context, benchmarks: records))
    }

    private func lines(_ ids: [String], _ records: [Record]) throws -> [String] {
        try paper(ids, records).split(separator: "\n").map(String.init)
    }

    private func cell(
        _ numerics: String, _ correct: Int, width: Double = 0.25, threads: Int = 1, milliseconds: Double = 1,
        bytes: Int? = nil
    ) -> Record {
        var cell = Fixture.cell(
            width: width, numerics, threads: threads, milliseconds: milliseconds, correct: correct)
        cell.modelBytes = bytes
        return cell
    }

    private func skipped(_ numerics: String) -> Record {
        var record = cell(numerics, 0)
        (record.status, record.reason, record.accuracy, record.latency) = (.skipped, "no checkpoint", nil, nil)
        return record
    }

    // MARK: The published numbers

    @Test func everyTableHasItsNumbersAndItsSource() throws {
        #expect(Set(PaperTable.ids).count == PaperTable.ids.count && PaperTable.ids.count >= 11)
        let text = try paper(PaperTable.ids, [])
        for number in [
            " 76.4 | 74.9 |", "| FGQ | 2 | 8 | 70.8 |", "| ReLU | 78.3 / 94.2 | 74.2 / 92.2 | 73.7 / 92.0 |",
        ] {
            #expect(text.contains(number))
        }
        #expect(text.contains("| 4 | −11.4 | −13.6 | −10.8 | −13.1 | −14.0 |"))
        #expect(text.contains("| 4 | −10.6 | −20.8 | −17.9 | −19.0 | −19.5 |"))
        #expect(text.contains("| MobileNet v1 1.0 224 | 0.709 | 0.001 | 0.591 | 0.703 | 0.70 | 0.707 |"))
        #expect(text.contains("(Jacob et al. 2017, arXiv:1712.05877v1, table 4.7)"))
        #expect(JacobTables.categories.number(row: "4", column: "6") == -10.8)
        #expect(JacobTables.threads.number(row: "100 %, float", column: "big, 2") == nil)
    }

    @Test func theFormatsPageListsEveryTable() throws {
        let page = try String(contentsOfFile: Fixture.root + "/docs/suites.md", encoding: .utf8)
        for id in PaperTable.ids { #expect(page.contains("`\(id)`"), "docs/suites.md does not name \(id)") }
    }

    @Test func resultsOfAnotherVersionMayNameTablesThatAreUnknownHere() throws {
        #expect(
            try paper(["smith-1"], []).contains(
                "## smith-1\n\nWhat theirs shows: This version of bench knows no "))
    }

    // MARK: Ours

    /// Weight bits down, activation bits across; what chance explains is marked; what is missing has its reason.
    @Test func bitsAgainstFloat() throws {
        var records = [cell("f32", 9300)]
        for weights in [8, 6, 4] {
            for activations in [8, 6, 4] {
                records.append(cell("w\(weights)c-a\(activations)-ptq", weights == 4 ? 8000 : 9290))
            }
        }
        records[5] = skipped("w6c-a6-ptq")
        // Of methods of their own, and too few for a grid.
        records += [cell("w8c-a8-ptq+mse", 100), cell("w8c-a8-qat", 9300)]
        let lines = try lines(["jacob-4.7"], records)
        let head = try #require(lines.firstIndex(of: "| weight bits \\\\ activation bits | 8 | 7 | 6 | 5 | 4 |"))
        #expect(
            lines[head - 1]
                == "**Here.** net 0.25@28, quantized after training, weights symmetric per channel: points of top-1 against float, "
                + "93.00 ±0.52 %")
        #expect(lines[head + 2] == "| 8 | ≈ −0.10 ±0.71 |  | ≈ −0.10 ±0.71 |  | ≈ −0.10 ±0.71 |")
        #expect(lines[head + 3] == "| 7 |  |  |  |  |  |")
        #expect(lines[head + 4] == "| 6 | ≈ −0.10 ±0.71 |  |  |  | ≈ −0.10 ±0.71 |")
        #expect(lines[head + 6] == "| 4 | −13.00 ±0.93 |  | −13.00 ±0.93 |  | −13.00 ±0.93 |")
        #expect(lines.contains("- No number of net 0.25@28 w6c-a6-ptq: no checkpoint"))
        #expect(
            lines.contains {
                $0.hasPrefix("- No number of net 0.25@28 w8c-a7-ptq, ") && $0.hasSuffix(": the suite does not name it")
            })
        #expect(lines.count { $0.hasPrefix("**Here.**") } == 1)
    }

    /// Records that differ in the seed only are one number: their mean, with its range.
    @Test func seeds() throws {
        let records = [
            cell("f32", 9300), cell("w4c-a8-ptq", 8000), cell("w4c-a8-qat", 9100), cell("w4c-a8-qat+seed2", 9200),
            cell("w4c-a8-qat+seed3", 9150), cell("w8c-a4-qat", 9295),
        ]
        let text = try lines(["krishnamoorthi-4"], records)
        #expect(text.contains("| net 0.25@28 | 93.00 ±0.52 | 80.00 ±0.80 | 91.50 ±0.56 (91.00 to 92.00) |"))
        #expect(
            text.contains(
                "Trained for integers, each time from the one float checkpoint. Mean of 3 seeds, their range in brackets."
            ))
        #expect(text.contains("| net 0.25@28 | 93.00 ±0.52 |  | ≈ 92.95 ±0.52 |"))
        #expect(text.contains("Trained for integers with one seed."))
        #expect(text.contains("- No number of net 0.25@28 w8c-a4-ptq: the suite does not name it"))
    }

    /// A table of several networks names those whose scheme has fewer seeds than others'.
    @Test func networksWithOneSeed() throws {
        var records = [
            cell("f32", 9300), cell("w8ta-a8-qat", 9310), cell("w8ta-a8-qat+seed2", 9320), cell("f32", 9100),
            cell("w8ta-a8-qat", 9110),
        ]
        for index in 3...4 { records[index].network = "larger" }
        let text = try lines(["krishnamoorthi-8"], records)
        #expect(
            text.contains { $0.hasSuffix("2 seeds, their range in brackets; one seed: w8ta-a8-qat (larger 0.25@28).") },
            "\(text)")
    }

    /// The only published table with recall at 5; records of earlier versions have none.
    @Test func recallAtFive() throws {
        var records = [cell("f32", 9200), cell("w8ta-a8-qat", 9210), cell("w7ta-a7-qat", 9220)]
        for index in records.indices { records[index].network = "fashion_inception_relu" }
        records[0].accuracy?.top5 = 99.8
        records[1].accuracy?.top5 = 99.75
        let text = try lines(["jacob-4.3"], records)
        #expect(
            text.contains { $0.hasSuffix("92.00 ±0.55 / 99.80 | ≈ 92.10 ±0.54 / 99.75 | ≈ 92.20 ±0.54 |") }, "\(text)")
    }

    /// A difference whose sign depends on the seed is none.
    @Test func seedsThatDisagree() throws {
        let records = [cell("f32", 9000), cell("w4c-a8-qat", 8990), cell("w4c-a8-qat+seed2", 9300)]
        #expect(try lines(["krishnamoorthi-4"], records).contains { $0.contains("| ≈ 91.45 ±0.56 (89.90 to 93.00) |") })
    }

    /// mAP with its own interval, precision and recall as they are.
    @Test func detectors() throws {
        let records = [("f32", 40.0), ("w8c-a8-ptq", 39.5), ("w8ta-a8-qat", 35.0)].map { numerics, map in
            var record = cell(numerics, 0)
            (record.network, record.accuracy) = ("fashion_detector", nil)
            record.detection = DetectionQuality(
                map: map, precision: 61, recall: numerics == "f32" ? 52.5 : nil, ci95: Interval(map - 1, map + 1),
                provenance: .measured)
            return record
        }
        let text = try lines(["jacob-4.4", "jacob-4.5"], records)
        #expect(text.contains("| fashion_detector 0.25@28, float | 40.00 ±1.00 | 1.00 ms |"))
        #expect(text.contains("| fashion_detector 0.25@28, w8c-a8-ptq | ≈ 39.50 ±1.00 | 1.00 ms |"))
        #expect(text.contains("| fashion_detector 0.25@28, w8ta-a8-qat | 35.00 ±1.00 | 1.00 ms |"))
        #expect(text.contains("| fashion_detector 0.25@28, float | 61.00 | 52.50 |"))
        #expect(text.contains("| 50 %, 8 bits | 16.6 | 146 | 61 |") && text.contains("| 25 %, 8 bits | 54 | 63 |"))
    }

    @Test func threadsBeyondTheProcessors() throws {
        let records = [(1, 4.0), (2, 2.0), (4, 2.5)].map {
            cell("f32", 9300, threads: $0, milliseconds: $1)
        }
        let text = try lines(["jacob-4.6"], records)
        #expect(text.contains("| network, type | 1 | 2 | 4 † |"))
        #expect(text.contains("| net 0.25@28, float | 4.00 ms | 2.00 ms, 2.0 × | 2.50 ms, 1.6 × |"))
        #expect(text.contains { $0.hasPrefix("† More threads than this machine's 2 processors") })
        #expect(!(try paper(["jacob-4.6"], records, processors: 4)).contains("†"))
    }

    /// The larger network's best cell of at most 5 % more bytes, the same bits of activations; the better of both trainings.
    @Test func equalBytes() throws {
        let records = [
            cell("f32", 9300, bytes: 600), cell("w8c-a8-ptq", 9300, bytes: 160), cell("w4c-a8-ptq", 9000, bytes: 90),
            cell("w4c-a8-ptq", 9320, width: 0.5, bytes: 161), cell("w4c-a8-qat", 9400, width: 0.5, bytes: 161),
            cell("w3c-a8-ptq", 9390, width: 0.5, bytes: 120), cell("w4c-a4-ptq", 9990, width: 0.5, bytes: 161),
            cell("w2c-a8-qat", 9100, width: 0.5, bytes: 95), cell("w8c-a8-ptq", 9500, width: 0.5, bytes: 300),
        ]
        let rows = try lines(["equal-bytes"], records).filter { $0.hasPrefix("| 0.25@28 ") }
        #expect(
            rows == [
                "| 0.25@28 w8c-a8-ptq | 160 B | 93.00 ±0.52 | 1.00 ms | 0.5@28 w4c-a8-qat | 161 B | 94.00 ±0.48 | 1.00 ms | +1.00 ±0.68 |"
            ])
        // 6 % more is too much: the 2-bit network of 95 bytes is no rival of 89.
        let smaller = try lines(["equal-bytes"], [cell("w4c-a8-ptq", 9000, bytes: 91)] + records.suffix(2))
        #expect(smaller.contains { $0.contains("| 0.5@28 w2c-a8-qat | 95 B |") && $0.contains("| +1.00 ±0.81 |") })
    }

    /// Widths × resolutions: the table, the gain in the time of a float network, the drawing with every label.
    @Test func latencyAgainstAccuracy() throws {
        let records = [
            cell("f32", 9300, milliseconds: 4), cell("w8c-a8-ptq", 9290, milliseconds: 1),
            cell("f32", 9400, width: 0.5, milliseconds: 8), cell("w8c-a8-ptq", 9390, width: 0.5, milliseconds: 2),
            cell("f32", 9395, width: 0.75, milliseconds: 16), cell("w8c-a8-ptq", 9450, width: 0.75, milliseconds: 5),
        ]
        let text = try lines(["jacob-figure-4.1"], records)
        #expect(text.contains("| 0.5@28 | 94.00 ±0.48 | 8.00 ms | ≈ 93.90 ±0.49 | 2.00 ms |"))
        // 0.75 is slower and less accurate than 0.5 in float: not on the front.
        #expect(text.contains("| 0.25@28 | 4.00 ms | 93.00 ±0.52 | 0.5@28 | 2.00 ms | 93.90 ±0.49 | +0.90 ±0.69 |"))
        #expect(text.contains("| 0.5@28 | 8.00 ms | 94.00 ±0.48 | 0.75@28 | 5.00 ms | 94.50 ±0.46 | ≈ +0.50 ±0.65 |"))
        #expect(!text.contains { $0.hasPrefix("| 0.75@28 | 16.0 ms |") })
        #expect(text.contains("![net, 1 thread: latency against accuracy](tiny.net_t1.tradeoff.svg)"))
        var file = ResultsFile(context: Context(), benchmarks: records)
        file.context.suite = SuiteIdentity(name: "tiny", hash: "", paper: ["jacob-figure-4.1"])
        let drawings = ReportDrawings.all(of: file)
        #expect(drawings.map(\.file) == ["tiny.net_t1.tradeoff.svg"])
        let svg = try #require(drawings.first).svg
        for label in ["0.25@28", "0.5@28", "0.75@28"] {
            #expect(svg.components(separatedBy: ">\(label)</text>").count == 3, "\(label) of two series")
        }
        let page = try HTMLReport.render(file, templates: templates)
        #expect(page.contains("<td class=\"number noise\">≈ 93.90 ±0.49</td>") && page.contains("<svg"))
    }

    /// A published table is no measurement: without records there is nothing of ours.
    @Test func nothingIsShownWithoutRecords() throws {
        for id in PaperTable.ids {
            let text = try paper([id], [])
            #expect(text.contains("These results have no cells for it.") && !text.contains("**Here.**"), "\(id)")
        }
    }
}
