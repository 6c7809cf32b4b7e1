import Measurement
import Reports
import Results
import Testing

/// A reader of RFC 4180 text, written from the RFC and not from the writer.
private func parse(_ text: String) throws -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field = ""
    var inQuotes = false
    var scalars = Array(text.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
        switch (scalar, inQuotes) {
        case ("\"", true) where scalars.first == "\"":
            scalars.removeFirst()
            field.unicodeScalars.append("\"")
        case ("\"", true): inQuotes = false
        case ("\"", false):
            try #require(field.isEmpty, "a quotation mark inside a field that is not quoted")
            inQuotes = true
        case (",", false):
            row.append(field)
            field = ""
        case ("\n", false):
            rows.append(row + [field])
            row = []
            field = ""
        default: field.unicodeScalars.append(scalar)
        }
    }
    try #require(!inQuotes && row.isEmpty && field.isEmpty, "the text ends inside a record")
    return rows
}

@Suite struct CSVTests {
    private func table(_ file: ResultsFile) throws -> [[String: String]] {
        var rows = try parse(CSVReport.render(file))
        let header = rows.removeFirst()
        #expect(header == CSVReport.header)
        return rows.map { row in
            #expect(row.count == header.count)
            return Dictionary(uniqueKeysWithValues: zip(header, row))
        }
    }

    @Test func theHeaderIsTheSameWithAndWithoutPMU() throws {
        let header = { (file: ResultsFile) in CSVReport.render(file).prefix { $0 != "\n" } }
        #expect(header(Fixture.withPMU) == header(Fixture.withoutPMU))
        #expect(Set(CSVReport.header).count == CSVReport.header.count)
    }

    @Test func missingNumbersAreBlankAndHaveTheirReason() throws {
        let row = try #require(table(Fixture.withoutPMU).first)
        #expect(row["PAPI_TOT_CYC"] == "" && row["PAPI_TOT_CYC_provenance"] == "unavailable")
        #expect(row["PAPI_L1_DCM"] == "" && row["PAPI_L1_DCM_provenance"] == "")
        #expect(
            row["counters_unavailable_reason"] == "PAPI_TOT_CYC, PAPI_TOT_INS, IPC: no PMU in this virtual machine")
        #expect(row["speedup_over_f32"] == "" && row["setup_calibration_ns"] == "")
        #expect(row["quantkernels::BYTES_PACKED"] == "0")  // measured, and really 0
        #expect(row["quantkernels::MACS"] == "3030000")
    }

    @Test func multiplexedCountersTellTheirShare() throws {
        let row = try #require(table(Fixture.withPMU).first)
        #expect(row["PAPI_TOT_INS_provenance"] == "multiplexed" && row["PAPI_TOT_INS_share"] == "0.5")
        #expect(row["counters_unavailable_reason"] == "")
    }

    @Test func metricsAndTheWayOfCountingHaveColumns() throws {
        let with = try #require(table(Fixture.withPMU).first)
        #expect(with["IPC [instructions/cycle]"] == "2" && with["IPC [instructions/cycle]_provenance"] == "derived")
        #expect(with["IPC [instructions/cycle]_share"] == "0.5")
        #expect(with["counter_passes"] == "2" && with["counter_cost_ns"] == "12500")
        #expect(with["samples"] == "9" && with["disturbed_samples"] == "1")
        let without = try #require(table(Fixture.withoutPMU).first)
        #expect(without["IPC [instructions/cycle]"] == "")
        #expect(without["IPC [instructions/cycle]_provenance"] == "unavailable")
        #expect(without["MACs per task [MAC/task]"] == "108215")
    }

    /// A metric that is blank for a reason of its own says it.
    @Test func aMetricsOwnReasonIsTold() throws {
        var file = Fixture.withPMU
        file.benchmarks[0].metrics?["IPC"] = .unavailable("needs PAPI_TOT_INS: counted for 20 % of the region")
        let row = try #require(table(file).first)
        #expect(row["counters_unavailable_reason"] == "IPC: needs PAPI_TOT_INS: counted for 20 % of the region")
    }

    /// What was asked for by name has columns behind those that are always there.
    @Test func otherCountersHaveColumnsBehindTheStandardOnes() throws {
        var file = Fixture.withPMU
        file.benchmarks[0].counters?["perf::PAGE-FAULTS"] = .measured(3)
        file.benchmarks[1].counters?["adl_glc::X"] = .unavailable("no PMU in this virtual machine")
        file.benchmarks[0].metrics?["share of X"] = .derived(0.5, formula: "a / b", unit: "%")
        let rows = try parse(CSVReport.render(file))
        let others = ["adl_glc::X", "perf::PAGE-FAULTS", "share of X [%]"].flatMap {
            [$0, "\($0)_provenance", "\($0)_share"]
        }
        #expect(rows[0] == CSVReport.header + others)
        #expect(rows.allSatisfy { $0.count == rows[0].count })
        #expect(rows[1].suffix(9) == ["", "", "", "3", "measured", "", "0.5", "derived", ""])
        #expect(rows[2].suffix(9) == ["", "unavailable", "", "", "", "", "", "", ""])
    }

    @Test func onlyRowsThatCompeteSayWhetherTheyAreOnTheFront() throws {
        let rows = try table(Fixture.withoutPMU)
        let pareto = Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] ?? "", $0["pareto"] ?? "") })
        #expect(pareto["net_0.25_28/w8c-a8-ptq/t1"] == "1")
        #expect(pareto["net_0.25_28/w8t-a8-ptq/t1"] == "0")
        #expect(pareto["gemm_64x64x64/int8/t1"] == "")
        #expect(pareto["net_0.25_28/w4c-a8-ptq/t1"] == "")
    }

    @Test func anyTextReadsBackAsItWas() throws {
        var generator = SeededGenerator(seed: 5)
        let alphabet: [Unicode.Scalar] = ["a", " ", ",", "\"", "\n", "\r", "'", "\\", ";", "é", "図", "\u{301}", "\t"]
        for _ in 0..<500 {
            let texts = (0..<3).map { _ in
                var text = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 0...8, using: &generator) {
                    text.append(alphabet.randomElement(using: &generator) ?? "a")
                }
                return String(text)
            }
            var record = Record(name: texts[0], status: .failed, reason: texts[1])
            record.rerun = texts[2]
            let row = try #require(table(ResultsFile(context: Context(), benchmarks: [record])).first)
            for (column, text) in zip(["name", "reason", "rerun"], texts) {
                #expect(Array((row[column] ?? "").unicodeScalars) == Array(text.unicodeScalars))
            }
        }
    }

    @Test func numbersReadBackExactly() throws {
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<200 {
            let number = Double.random(in: 0...1, using: &generator) * (Bool.random(using: &generator) ? 1e-9 : 1e12)
            var record = Record(name: "a", status: .ok)
            record.gmacsPerSecond = number
            let row = try #require(table(ResultsFile(context: Context(), benchmarks: [record])).first)
            #expect(row["gmacs_per_s"].flatMap(Double.init) == number)
        }
    }
}
