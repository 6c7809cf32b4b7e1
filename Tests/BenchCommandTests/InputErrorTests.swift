import Foundation
import Results
import Testing

/// Input that does not do: status 2, and a message that names the file, the place, and what would be right.
@Suite struct InputErrorTests {
    struct Broken: Sendable, CustomTestStringConvertible {
        var text: String
        var messages: [String]
        var testDescription: String { messages[0] }

        init(_ text: String, _ messages: String...) { (self.text, self.messages) = (text, messages) }
    }

    static let head = "{ \"schema_version\": 1, \"name\": \"x\",\n  \"cases\": ["

    @Test(arguments: [
        Broken(head + "\n", "broken.json:3:1: "),
        Broken("", "broken.json:1:1: "),
        Broken("[]", "broken.json:1:1: ", "must be an object with the keys"),
        Broken("{ \"name\": \"x\", \"cases\": [] }", "key 'schema_version' is missing"),
        Broken(head + "] }", "broken.json:2:12: ", "cases"),
        Broken(
            head + "{ \"gemm\": [8, 8, 8], \"numerics\": \"w9c-a8\" }] }",
            "broken.json:2:46: numerics 'w9c-a8': weight bits go from 2 to 8"),
        Broken(
            head + "{ \"gemm\": [8, 8, 8], \"numerics\": \"f32\", \"threads\": \"two\" }] }",
            "broken.json:2:64: threads 'two': must be a whole number from 1 to 1024"),
        Broken(
            head + "{ \"network\": \"mobilnet_v1\", \"numerics\": \"f32\" }] }",
            "broken.json:2:26: network 'mobilnet_v1': no such network; did you mean 'mobilenet_v1'"),
        Broken(
            head + "{ \"network\": \"perceptron\", \"numerics\": \"f32\" }] }",
            "no such network; known: "),
        Broken(
            head + "{ \"gemm\": [8, 8, 8], \"numerics\": \"f32\", \"thread\": 1 }] }",
            "broken.json:2:53: unknown key 'thread' in a gemm case; did you mean 'threads'?"),
        Broken(
            head + "{ \"gemm\": [8, 8, 8], \"numerics\": [] }] }", "numerics is an empty list"),
        Broken(
            head + "{ \"gemm\": [8, 8, 8], \"numerics\": \"f32\" }], \"measure\": { \"min_time\": 1 } }",
            "min_time 1: must be a number with its unit"),
        Broken(
            head + "{ \"gemm\": [8, 8, 8], \"numerics\": \"f32\" }], \"accuracy\": { \"dataset\": \"fashion-mnst\" } }",
            "did you mean 'fashion-mnist'?"),
        Broken(
            head + "{ \"gemm\": [8, 8, 8], \"numerics\": \"f32\" }], \"measure\": { \"cold_cache\": \"all\" } }",
            "broken.json: cold_cache 'all' cannot be measured yet: use 'none'"),
    ])
    func aBrokenSuite(suite: Broken) throws {
        let folder = try Workspace()
        try folder.write(suite.text, to: "broken.json")
        let run = try BenchProcess.run("run", "broken.json", in: folder)
        #expect(run.status == 2)
        #expect(run.stdout.isEmpty)
        #expect(run.stderr.hasPrefix("bench: broken.json:"))
        for message in suite.messages { #expect(run.stderr.contains(message)) }
        #expect(folder.entries() == ["broken.json"])
    }

    @Test func everyProblemOfASuiteIsSaidAtOnce() throws {
        let folder = try Workspace()
        try folder.suite(#"{ "gemm": [0, 8, 8], "numerics": ["w9c-a8", "w8x-a8"], "thread": 1 }"#)
        let run = try BenchProcess.run("list", "tiny.json", in: folder)
        #expect(run.status == 2)
        #expect(run.stderr.split(separator: "\n").count == 4)
    }

    @Test func noSuchSuite() throws {
        let run = try BenchProcess.run("run", "missing.json", in: Workspace())
        #expect(run.status == 2)
        #expect(run.stderr == "bench: suite 'missing.json' cannot be read: No such file or directory\n")
    }

    @Test(arguments: [
        ("zzz", "matches none of the 2 cells; names look like 'gemm_16x16x16/f32/t1'"),
        ("(", "is no regular expression"),
    ])
    func aFilterThatKeepsNothing(filter: String, message: String) throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--filter", filter, in: folder)
        #expect(run.status == 2)
        #expect(run.stderr.hasPrefix("bench: filter '\(filter)' \(message)"))
    }

    @Test(arguments: ["0", "1,x", "", "1025"])
    func threadCountsThatAreNone(text: String) throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--threads", text, in: folder)
        #expect(run.status == 2)
        #expect(run.stderr.contains("thread counts go from 1 to 1024, separated by commas"))
    }

    // MARK: Datasets and checkpoints

    @Test func aMissingDatasetIsSaidBeforeAnythingIsMeasured() throws {
        let folder = try Workspace()
        // The matrix product, which needs no dataset, stands first.
        try folder.suite(Case.gemm, Case.trained)
        let run = try BenchProcess.run(
            "run", "tiny.json", in: folder, environment: ["BENCH_DATASETS": "/nonexistent"])
        #expect(run.status == 2)
        #expect(
            run.stderr.hasPrefix("bench: /nonexistent/fashion-mnist/t10k-labels-idx1-ubyte.gz: no such file;")
                || run.stderr.hasPrefix("bench: /nonexistent/fashion-mnist/t10k-images-idx3-ubyte.gz: no such file;"))
        #expect(run.stderr.contains("`make deps`"))
        #expect(run.stdout.isEmpty)
        #expect(folder.entries("results/local").isEmpty)
    }

    @Test func aDamagedDataset() throws {
        let folder = try Workspace()
        try folder.suite(Case.trained)
        for name in ["t10k-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"] {
            try folder.write("this is no gzip file", to: "data/fashion-mnist/\(name)")
        }
        let run = try BenchProcess.run("run", "tiny.json", in: folder, environment: ["BENCH_DATASETS": "data"])
        #expect(run.status == 2)
        #expect(run.stderr.contains("data/fashion-mnist/t10k-labels-idx1-ubyte.gz: not a gzip file"))
    }

    @Test func aMissingCheckpointNamesTheCommandThatMakesIt() throws {
        let folder = try Workspace()
        let executable = try folder.install()
        try folder.suite(Case.gemm, Case.trained)
        let run = try BenchProcess.run("run", "tiny.json", in: folder, executable: executable)
        #expect(run.status == 2)
        #expect(run.stderr.contains("no checkpoint of fashion_mobilenet_v1_0.25_28 (searched "))
        #expect(run.stderr.contains("`bench train fashion_mobilenet_v1 --width 0.25 --resolution 28`"))
        #expect(folder.entries("results/local").isEmpty)
    }

    @Test func aNetworkWithoutCheckpointIsSkippedBesideOthersThatHaveOne() throws {
        let folder = try Workspace()
        try folder.suite(
            #"{ "network": "fashion_mobilenet_v1", "width": [0.25, 0.3], "numerics": ["f32", "w8c-a8+cal1"] }"#)
        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 0)
        let records = try folder.results().benchmarks
        #expect(records.map(\.status) == [.ok, .ok, .skipped, .skipped])
        #expect(
            records[3].reason == "no checkpoint, fashion_mobilenet_v1_0.3_28.safetensors: make it with "
                + "`bench train fashion_mobilenet_v1 --width 0.3 --resolution 28`")
    }

    @Test func aTruncatedCheckpoint() throws {
        let folder = try Workspace()
        try folder.suite(Case.trained)
        let name = "fashion_mobilenet_v1_0.25_28.safetensors"
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(BenchProcess.checkout)/checkpoints/\(name)"))
        for (length, message) in [
            (0, "the header needs 8 bytes"), (4000, "the header needs"), (200_000, "lie outside"),
        ] {
            try folder.write("", to: "damaged/\(name)")
            try whole.prefix(length).write(to: URL(fileURLWithPath: folder.file("damaged/\(name)")))
            let run = try BenchProcess.run(
                "run", "tiny.json", in: folder, environment: ["BENCH_CHECKPOINTS": "damaged"])
            #expect(run.status == 2)
            #expect(run.stderr.hasPrefix("bench: damaged/\(name): "), "\(run.stderr)")
            #expect(run.stderr.contains(message), "\(run.stderr)")
            #expect(folder.entries("results/local").isEmpty)
        }
    }

    // MARK: What the program reads for itself

    @Test(arguments: [
        ("{{#tables}}", "run.md.mustache:"), ("{{titel}}", "titel"), ("{{#checks}}{{colums}}{{/checks}}", "colums"),
        ("{{> missing}}", "missing"),
    ])
    func aDamagedTemplateIsSaidBeforeAnythingIsMeasured(template: String, message: String) throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        try folder.write(template, to: "report-templates/run.md.mustache")
        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 2)
        #expect(run.stderr.contains("report-templates/run.md.mustache"))
        #expect(run.stderr.contains(message), "\(run.stderr)")
        #expect(folder.entries("results").isEmpty)
    }

    @Test func aDamagedCounterGroup() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm, counters: "[\"own\"]")
        try folder.write("METRICS\nx = )\n", to: "suites/counter-groups/own.txt")
        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 2)
        #expect(run.stderr.contains("suites/counter-groups/own.txt"), "\(run.stderr)")
    }

    // MARK: The command line itself

    @Test(arguments: [
        (["nonsense"], "Unexpected argument 'nonsense'"), (["run"], "Missing expected argument '<suite>'"),
        (["run", "--bogus", "x.json"], "Unknown option '--bogus'"), (["run", "x.json", "--seed", "x"], "--seed"),
        (["machine", "--threads", "0"], "thread counts go from 1 to 1024"), (["machine", "--isa", "x"], "isa 'x'"),
    ])
    func wrongUsage(arguments: [String], message: String) throws {
        let run = try BenchProcess(arguments, in: Workspace()).wait()
        #expect(run.status == 2)
        #expect(run.stdout.isEmpty)
        #expect(run.stderr.hasPrefix("bench: "))
        #expect(run.stderr.contains(message))
    }
}
