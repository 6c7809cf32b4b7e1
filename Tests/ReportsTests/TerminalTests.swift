import Foundation
import Reports
import Results
import Testing

@Suite struct TerminalTests {
    private func lines(_ file: ResultsFile, width: Int = 120, color: Bool = false) -> [Substring] {
        TerminalTable(width: width, color: color).render(file).split(separator: "\n")
    }

    @Test(arguments: [40, 60, 80, 100, 120])
    func tablesFitTheWidth(width: Int) {
        let table = ResultsFile(
            context: Context(), benchmarks: Fixture.withoutPMU.benchmarks.filter { $0.status == .ok })
        #expect(lines(table, width: width).allSatisfy { $0.count <= width })
        #expect(lines(table, width: width).contains { $0.contains("latency") })
    }

    @Test(arguments: [60, 80, 120])
    func layersFitTheWidthAndKeepTheirSentences(width: Int) {
        let text = lines(Fixture.profiled, width: width)
        #expect(text.allSatisfy { $0.count <= width })
        // Wrapped, not cut.
        let words = text.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("with 72 products per output; the rest is loads, gathering and loops"))
    }

    @Test func columnsThatGiveWayAreNamed() {
        #expect(
            lines(Fixture.withoutPMU, width: 60).contains { $0.hasPrefix("left out for want of room: path, MAC/cycle") }
        )
        #expect(!lines(Fixture.withoutPMU, width: 200).contains { $0.hasPrefix("left out") })
    }

    @Test func theUsualTableKeepsMACsPerCycleAt120Columns() {
        #expect(lines(Fixture.withoutPMU).contains { $0.contains("MAC/cycle") && $0.contains("model") })
    }

    @Test func numbersEndInOneColumn() throws {
        let table = lines(Fixture.withoutPMU).prefix { !$0.hasPrefix("* no other") }
        let head = try #require(table.dropFirst().first)
        let end = try #require(head.range(of: "latency")).upperBound
        let column = head.distance(from: head.startIndex, to: end)
        for row in table.dropFirst(2) {
            #expect(row.prefix(column).hasSuffix("s"), "\(row)")
            #expect(row.dropFirst(column).first == " ")
        }
    }

    @Test func wideCharactersAreCountedAsTwoColumns() throws {
        var wide = Fixture.cell(width: 0.5, "図図", threads: 1, milliseconds: 1, correct: 1)
        wide.path = nil
        let plain = Fixture.cell(width: 0.5, "abcd", threads: 1, milliseconds: 2, correct: 2)
        let rows = lines(ResultsFile(context: Context(), benchmarks: [wide, plain]))
        let offset = { (row: Substring, text: String) throws in
            row.distance(from: row.startIndex, to: try #require(row.range(of: text)).lowerBound)
        }
        #expect(try offset(rows[2], "1.00 ms") + 2 == offset(rows[3], "2.00 ms"))
    }

    @Test func colourOnlyIfAsked() {
        let plain = TerminalTable(color: false).render(Fixture.withoutPMU)
        let colored = TerminalTable(color: true).render(Fixture.withoutPMU)
        #expect(!plain.contains("\u{1B}"))
        #expect(colored.contains("\u{1B}[1m"))
        #expect(colored.replacing("\u{1B}[1m", with: "").replacing("\u{1B}[0m", with: "") == plain)
    }

    @Test func blankColumnsAreLeftOutAndProblemsListed() {
        let text = TerminalTable(color: false).render(Fixture.withoutPMU)
        #expect(text.contains("net_0.25_28/w8c-a8-qat/t1: skipped: no checkpoint \"qat\", yet"))
        let product = ResultsFile(
            context: Context(), benchmarks: Fixture.withoutPMU.benchmarks.filter { $0.op == "gemm" })
        #expect(!TerminalTable(color: false).render(product).contains("MAC/cycle"))
    }

    /// Many cells without a checkpoint are one line; failures are all told.
    @Test func manySkippedCellsAreOneLine() {
        var records = (1...5).map {
            Record(
                name: "net_\($0)", status: .skipped, reason: "no checkpoint, net_\($0).safetensors: make it with `x`")
        }
        records += (1...5).map { Record(name: "bad_\($0)", status: .failed, reason: "wrong, by \($0)") }
        records.append(Record(name: "other", status: .skipped, reason: "no such kernel"))
        let text = TerminalTable(color: false).render(ResultsFile(context: Context(), benchmarks: records))
        #expect(
            text.split(separator: "\n").map(String.init) == [
                "5 cells skipped: no checkpoint; the first: net_1: skipped: no checkpoint, net_1.safetensors: make it with `x`"
            ] + (1...5).map { "bad_\($0): failed: wrong, by \($0)" } + ["other: skipped: no such kernel"])
    }
}
