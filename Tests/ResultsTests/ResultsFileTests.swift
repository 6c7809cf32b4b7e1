import Results
import Testing

@Suite struct ResultsFileTests {
    private let file = ResultsFile(
        context: fullContext(), benchmarks: [fullRecord("a"), Record(name: "b", status: .failed, reason: "boom")],
        verdict: RunVerdict(exitCode: 4, message: "1 cell failed"))

    @Test func readingGivesBackWhatWasWritten() throws {
        let folder = TemporaryFolder()
        try file.write(to: folder.file("r.json"))
        #expect(try ResultsFile.read(folder.file("r.json")) == file)
        #expect(SystemFile.entries(folder.path) == ["r.json"])
    }

    @Test func eachRecordHasItsLine() throws {
        let lines = try file.encoded().split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("{\"") }.count == 2)
        #expect(try ResultsFile(context: Context(), benchmarks: []).encoded().contains("\"benchmarks\": [\n]"))
    }

    @Test func unknownFieldsAreIgnored() throws {
        let folder = TemporaryFolder()
        let path = folder.write(
            "r.json",
            #"{"schema_version":1,"later":{},"context":{"later":[1]},"#
                + #""benchmarks":[{"name":"a","status":"ok","later":null,"macs":null}]}"#)
        let read = try ResultsFile.read(path)
        #expect(read.benchmarks == [Record(name: "a", status: .ok)])
    }

    @Test(arguments: [
        ("{\"schema_version\":1,\"context\":{},\n\"benchmarks\":[{]}", "line 2, column 16: this is not JSON"),
        (#"{"schema_version":1,"context":{}}"#, "'benchmarks' is missing"),
        (
            #"{"schema_version":1,"context":{},"benchmarks":[{"name":"a","status":"ok"},{"name":"b"}]}"#,
            "benchmarks[1]: 'status' is missing"
        ),
        (
            #"{"schema_version":1,"context":{},"benchmarks":[{"name":"a","status":"ok","macs":"many"}]}"#,
            "benchmarks[0].macs: "
        ),
        (#"{"schema_version":1,"context":{},"benchmarks":[{"name":"a","status":"great"}]}"#, "benchmarks[0].status: "),
        (
            #"{"schema_version":1,"context":{},"benchmarks":[{"name":"a","status":"ok","speedup_over_f32":{"value":1,"ci95":[2,1]}}]}"#,
            "benchmarks[0].speedup_over_f32.ci95"
        ),
        (
            #"{"schema_version":1,"context":{},"benchmarks":[{"name":"a","status":"ok","counters":{"X":{"provenance":"unavailable","value":0}}}]}"#,
            "benchmarks[0].counters.X: a number that is 'unavailable' has a value"
        ),
        ("{}", "'schema_version' is missing"), ("", "at its end: the JSON text is cut off"),
        ("PNG", "line 1, column 1"),
    ])
    func damageIsLocated(text: String, place: String) {
        let folder = TemporaryFolder()
        let path = folder.write("r.json", text)
        let error = #expect(throws: ResultsError.self) { try ResultsFile.read(path) }
        let message = error?.description ?? ""
        #expect(
            message.hasPrefix("\(path): ") && message.contains(place) && message.contains("run the suite again"),
            "\(message)")
    }

    @Test(arguments: [(0, "Run the suite again."), (2, "Use a newer bench.")])
    func otherVersionsAreRefusedByTheirVersion(version: Int, remedy: String) {
        let folder = TemporaryFolder()
        let path = folder.write("r.json", "{\"schema_version\":\(version),\"cells\":[]}")
        let error = #expect(throws: ResultsError.self) { try ResultsFile.read(path) }
        #expect(error == .wrongVersion(file: path, found: version, supported: 1))
        #expect(error?.description.hasSuffix(remedy) == true)
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: ResultsError.self) { try ResultsFile.read("/nowhere/r.json") }
        #expect(error?.description.hasPrefix("/nowhere/r.json: cannot read: No such file") == true)
    }
}
