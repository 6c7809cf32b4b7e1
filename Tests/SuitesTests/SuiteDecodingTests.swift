import Suites
import Testing

@Suite struct SuiteDecodingTests {
    /// The example of the format's page.
    @Test func wholeSuite() throws {
        let suite = try parseSuite(
            """
            { "schema_version": 1, "name": "peers",
              "cases": [ { "network": "mobilenet_v1", "width": [1.0, 0.5], "resolution": [224],
                           "numerics": ["f32", "int8", "w4c-a8-qat"], "threads": [1, 2], "batch": [1] } ],
              "measure": { "warmup": "0.25s", "min_time": "500ms", "max_time": "2min", "relative_ci": 0.02,
                           "cold_cache": "weights", "max_samples": 50 },
              "counters": ["work", "core"],
              "accuracy": { "dataset": "fashion-mnist", "split": "train" }
            }
            """)
        #expect(suite.name == "peers")
        #expect(suite.cases.count == 1)
        #expect(
            suite.cases[0].workloads == [
                .network(NetworkWorkload(family: "mobilenet_v1", width: 1, resolution: 224)),
                .network(NetworkWorkload(family: "mobilenet_v1", width: 0.5, resolution: 224)),
            ])
        #expect(suite.cases[0].numerics.map(\.spelled) == ["f32", "int8", "w4c-a8-qat"])
        #expect(suite.cases[0].position == SourcePosition(line: 2, column: 14))
        #expect(suite.measure.warmup == .milliseconds(250))
        #expect(suite.measure.minTime == .milliseconds(500))
        #expect(suite.measure.maxTime == .seconds(120))
        #expect(suite.measure.relativeCI == 0.02)
        #expect(suite.measure.coldCache == .weights)
        #expect(suite.measure.maxSamples == 50)
        #expect(suite.counters == ["work", "core"])
        #expect(suite.accuracy == .measured(dataset: "fashion-mnist", split: .train))
        #expect(suite.digest.count == 16)
    }

    @Test func defaults() throws {
        let suite = try parseSuite(
            suiteText(
                cases: #"{"network": "resnet18", "numerics": "f32"}, {"network": "mobilenet_v1", "numerics": "f32"}"#))
        #expect(suite.measure == MeasureSettings())
        #expect(suite.counters.isEmpty)
        #expect(suite.accuracy == nil)
        #expect(suite.requirements == nil)
        #expect(suite.cases[0].threads == [1])
        #expect(suite.cases[0].batch == [1])
        #expect(suite.cases[0].workloads.map(\.name) == ["resnet18_224"])
        #expect(suite.cases[1].workloads.map(\.name) == ["mobilenet_v1_1.0_224"])
    }

    @Test func publishedTables() throws {
        func suite(_ paper: String) -> String {
            suiteText(cases: #"{"gemm": [1, 2, 3], "numerics": "f32"}"#, rest: "\"paper\": \(paper)")
        }
        #expect(try parseSuite(suite(#"["jacob-4.7", "equal-bytes"]"#)).papers == ["jacob-4.7", "equal-bytes"])
        #expect(try parseSuite(suite(#""jacob-4.7""#)).papers == ["jacob-4.7"])
        #expect(
            complaints(suite(#"["jacob-4.9"]"#)) == [
                "suites/x.json:3:11: paper 'jacob-4.9': no such published table; did you mean 'jacob-4.7' or 'jacob-4.8'? (at paper[0])"
            ])
        #expect(complaints(suite("[4.7]")).first?.contains("must be a text, such as \"jacob-4.7\"") == true)
        #expect(complaints(suite("[]")).count == 1)
    }

    @Test func publishedAccuracy() throws {
        let text = suiteText(
            cases: #"{"network": "mobilenet_v1", "numerics": "f32"}"#, rest: #""accuracy": {"published": true}"#)
        #expect(try parseSuite(text).accuracy == .published)
    }

    @Test func requirements() throws {
        let text = suiteText(
            cases: #"{"gemm": [1, 2, 3], "numerics": ["f32", "int8"]}"#, rest: #""require": {"min_speedup": 1.5}"#)
        #expect(try parseSuite(text).requirements == Requirements(minSpeedup: 1.5))
    }

    @Test func training() throws {
        let gemm = #"{"gemm": [1, 2, 3], "numerics": "f32"}"#
        #expect(try parseSuite(suiteText(cases: gemm)).training == SuiteTraining())
        let suite = try parseSuite(
            suiteText(
                cases: gemm,
                rest: """
                    "training": {
                      "float": {"epochs": 30, "batch": 64, "rate": 0.4, "momentum": 0, "weight_decay": 0.001,
                                "label_smoothing": 0.1, "flips": false, "shift": 2, "erasing": 0.5},
                      "qat": {"epochs": 3, "rate": 0.005, "delay": 50, "freeze": 1, "lsq": true, "from_scratch": false} }
                    """))
        var expected = SuiteTraining()
        (expected.float.epochs, expected.float.batch, expected.float.rate) = (30, 64, 0.4)
        (expected.float.momentum, expected.float.weightDecay, expected.float.labelSmoothing) = (0, 0.001, 0.1)
        (expected.float.flips, expected.float.shift, expected.float.erasing) = (false, 2, 0.5)
        (expected.qat.epochs, expected.qat.rate, expected.qat.delay, expected.qat.freeze) = (3, 0.005, 50, 1)
        (expected.qat.lsq, expected.qat.fromScratch) = (true, false)
        #expect(suite.training == expected)
        #expect(
            suite.training.float.flags.joined(separator: " ")
                == "--epochs 30 --batch 64 --rate 0.4 --momentum 0.0 --weight-decay 0.001 --label-smoothing 0.1 --no-flips "
                + "--shift 2 --erasing 0.5"
        )
        #expect(
            suite.training.qat.flags.joined(separator: " ")
                == "--epochs 3 --rate 0.005 --delay 50 --freeze 1.0 --lsq")
    }

    @Test func theDigestTellsFilesApart() throws {
        let one = try parseSuite(suiteText(cases: #"{"gemm": [1, 2, 3], "numerics": "f32"}"#))
        let other = try parseSuite(suiteText(cases: #"{"gemm": [1, 2, 4], "numerics": "f32"}"#))
        #expect(one.digest != other.digest)
    }

    @Test func numericsAsAnObject() throws {
        let suite = try parseSuite(
            suiteText(
                cases: """
                    {"network": "mobilenet_v1", "numerics": [
                      {"weights": {"bits": 4, "granularity": {"group": 32}, "mapping": "affine"},
                       "activations": {"bits": 6, "signed": true}, "training": "ptq", "rounding": "single",
                       "calibration": {"method": "minmax", "images": 512}},
                      {"weights": {"bits": 8, "granularity": "tensor"}, "training": "qat", "seed": 2},
                      {"weights": {"bits": 8}}]}
                    """))
        #expect(
            suite.cases[0].numerics.map(\.numerics.description)
                == ["w4g32a-a6-ptq+signed+single+cal512", "w8t-a8-qat+seed2", "w8c-a8-ptq"])
    }

    @Test func methodsAsAnObject() throws {
        let suite = try parseSuite(
            suiteText(
                cases: """
                    {"network": "mobilenet_v1", "numerics": [
                      {"weights": {"bits": 4, "range": "mse", "rounding": "adaround"},
                       "calibration": {"method": "p99.99"}, "equalization": true, "bias_correction": true}]}
                    """))
        #expect(suite.cases[0].numerics.map(\.spelled) == ["w4c-a8-ptq+p99.99+wmse+cle+bc+adaround"])
    }

    /// The axes multiply what is quantized after training; the rest is there once.
    @Test func methodsAsAxes() throws {
        let suite = try parseSuite(
            suiteText(
                cases: """
                    {"network": "mobilenet_v1", "numerics": ["f32", "int8", "w4c-a8-qat"],
                     "calibration": ["minmax", "mse"], "weight_range": "minmax", "equalization": [false, true],
                     "bias_correction": true, "weight_rounding": ["nearest", "adaround100"]}
                    """))
        #expect(
            suite.expand().cells.map(\.numerics.description) == [
                "f32", "w8c-a8-ptq+bc", "w8c-a8-ptq+bc+adaround100", "w8c-a8-ptq+cle+bc",
                "w8c-a8-ptq+cle+bc+adaround100", "w8c-a8-ptq+mse+bc", "w8c-a8-ptq+mse+bc+adaround100",
                "w8c-a8-ptq+mse+cle+bc", "w8c-a8-ptq+mse+cle+bc+adaround100", "w4c-a8-qat",
            ])
        let plain = try parseSuite(
            suiteText(cases: #"{"network": "mobilenet_v1", "numerics": "int8", "calibration": ["minmax"]}"#))
        #expect(plain.cases[0].numerics.map(\.spelled) == ["int8"])
    }

    /// The message that the format's page promises.
    @Test func theErrorNamesFileLineKeyAndRemedy() {
        let text = """
            { "schema_version": 1, "name": "x",
              "cases": [
                { "network": "mobilenet_v1",
                  "numerics": ["f32", "w9c-a8"] } ] }
            """
        #expect(
            complaints(text) == [
                "suites/x.json:4:27: numerics 'w9c-a8': weight bits go from 2 to 8 (at cases[0].numerics[1])"
            ])
    }

    /// Each with one mistake, in a case of its own.
    @Test(arguments: [
        (
            #"{"netwrok": "mobilenet_v1", "numerics": "f32"}"#,
            "unknown key 'netwrok' in a case; did you mean 'network'?"
        ),
        (
            #"{"network": "mobilenet_v1", "thread": 1, "numerics": "f32"}"#,
            "unknown key 'thread' in a network case; did you mean 'threads'?"
        ),
        (
            #"{"gemm": [1, 1, 1], "resolution": 1, "numerics": "f32"}"#,
            "unknown key 'resolution' in a gemm case; known: gemm, numerics, threads"
        ),
        (#"{"numerics": "f32"}"#, "a case needs one of the keys network, gemm and layer"),
        (
            #"{"gemm": [1, 1, 1], "network": "mobilenet_v1", "numerics": "f32"}"#,
            "a case has one of the keys gemm and network; make two cases of it"
        ),
        ("17", "cases 17: must be an object with the key network, gemm or layer"),
        (#"{"network": "mobilenet_v1"}"#, #"key 'numerics' is missing, such as "numerics": ["f32", "int8"]"#),
        (
            #"{"network": "mobilnet_v1", "numerics": "f32"}"#,
            "network 'mobilnet_v1': no such network; did you mean 'mobilenet_v1'?"
        ),
        (
            #"{"network": "vgg", "numerics": "f32"}"#,
            "network 'vgg': no such network; known: fashion_mobilenet_v1, mobilenet_v1, resnet18"
        ),
        (#"{"network": 5, "numerics": "f32"}"#, #"network 5: must be a text, such as "mobilenet_v1""#),
        (
            #"{"network": "mobilenet_v1", "width": "1.0", "numerics": "f32"}"#,
            "width '1.0': must be a number above 0 and at most 4.0"
        ),
        (
            #"{"network": "mobilenet_v1", "width": 0, "numerics": "f32"}"#,
            "width 0: must be a number above 0 and at most 4.0"
        ),
        (
            #"{"network": "resnet18", "width": 1, "numerics": "f32"}"#,
            "width: network 'resnet18' has none; leave it out"
        ),
        (
            #"{"network": "mobilenet_v1", "resolution": 16, "numerics": "f32"}"#,
            "resolution 16: must be a whole number from 32 to 4096 for network 'mobilenet_v1'"
        ),
        (
            #"{"network": "mobilenet_v1", "threads": [1, 1.5], "numerics": "f32"}"#,
            "threads 1.5: must be a whole number from 1 to 1024"
        ),
        (
            #"{"network": "mobilenet_v1", "threads": null, "numerics": "f32"}"#,
            "threads null: must be a whole number from 1 to 1024"
        ),
        (
            #"{"network": "mobilenet_v1", "threads": [[1]], "numerics": "f32"}"#,
            "threads: must be a whole number from 1 to 1024, not a list"
        ),
        (
            #"{"network": "mobilenet_v1", "threads": [], "numerics": "f32"}"#,
            "threads is an empty list: an axis needs at least one value"
        ),
        (
            #"{"network": "mobilenet_v1", "batch": 0, "numerics": "f32"}"#,
            "batch 0: must be a whole number from 1 to 65536"
        ),
        (#"{"gemm": [[1, 1]], "numerics": "f32"}"#, "gemm: must be three whole numbers [M, N, K], not a list"),
        (
            #"{"gemm": "big", "numerics": "f32"}"#,
            "gemm 'big': must be a list of [M, N, K], such as [[1024, 1024, 1024]]"
        ),
        (#"{"gemm": [1, 1, 0], "numerics": "f32"}"#, "gemm 0: must be a whole number from 1 to 1048576"),
        (
            #"{"layer": {"op": "conv3d", "h": 8, "c_in": 8, "k": 3, "c_out": 8}, "numerics": "f32"}"#,
            "op 'conv3d': must be conv2d or depthwise"
        ),
        (
            #"{"layer": {"op": "conv2d", "h": 8, "c_in": 8, "k": 3}, "numerics": "f32"}"#,
            #"key 'c_out' is missing, such as "c_out": 64"#
        ),
        (
            #"{"layer": {"op": "depthwise", "h": 8, "c_in": 8, "k": 3, "c_out": 9}, "numerics": "f32"}"#,
            "c_out 9: must equal c_in, 8, in a depthwise layer; or leave it out"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": 8}"#,
            #"numerics 8: must be a text such as "int8" or "w4c-a8", or an object with the key weights"#
        ),
        (#"{"gemm": [1, 1, 1], "numerics": {"weights": {"bits": 9}}}"#, "bits 9: weight bits go from 2 to 8"),
        (
            #"{"gemm": [1, 1, 1], "numerics": {"weights": {"bits": 8}, "activations": {"bits": 16}}}"#,
            "bits 16: activation bits go from 2 to 8"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": {"weight": {"bits": 8}, "weights": {"bits": 8}}}"#,
            "unknown key 'weight' in numerics; did you mean 'weights'?"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": {"weights": {"bits": 8}, "rounding": "up"}}"#,
            "rounding 'up': must be gemmlowp, single, ruy or fp32"
        ),
        (
            #"{"network": "mobilenet_v1", "numerics": "int8", "calibration": "p30"}"#,
            "calibration 'p30': must be minmax, mse, entropy or p with a percentile from 50 up to, not including, 100, "
                + "such as p99.99"
        ),
        (
            #"{"network": "mobilenet_v1", "numerics": "int8", "weight_rounding": ["nearest", "up"]}"#,
            "weight_rounding 'up': must be nearest, adaround, or adaround with 1 to 100000 steps, such as adaround1000"
        ),
        (
            #"{"network": "mobilenet_v1", "numerics": "int8", "weight_range": "entropy"}"#,
            "weight_range 'entropy': must be minmax or mse"
        ),
        (
            #"{"network": "mobilenet_v1", "numerics": "int8", "equalization": "yes"}"#,
            "equalization 'yes': must be true or false"
        ),
        (
            #"{"network": "mobilenet_v1", "numerics": "w8c-a8+mse", "equalization": [false, true]}"#,
            "numerics 'w8c-a8+mse' names +mse itself, and the case has axes for that: use one or the other"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": "int8", "calibration": "mse"}"#,
            "unknown key 'calibration' in a gemm case; known: gemm, numerics, threads"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": "w8c-a8+bc"}"#,
            "numerics 'w8c-a8-ptq+bc': a gemm has random numbers, so +bc has nothing to go by; it is for networks"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": {"weights": {"bits": 8, "granularity": "row"}}}"#,
            #"granularity 'row': must be "channel", "tensor" or {"group": 32}"#
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": {"weights": {"bits": 8}, "calibration": {"method": "p100"}}}"#,
            "method 'p100': must be minmax, mse, entropy or p with a percentile from 50 up to, not including, 100, such as "
                + "p99.99"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": {"weights": {"bits": 8}, "seed": 2}}"#,
            "seed: a seed tells trainings for integers apart: write -qat, or leave the seed out"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": {"weights": {"bits": 8}, "training": "qat", "seed": 0}}"#,
            "seed 0: must be a whole number from 1 to 1000000"
        ),
        (
            #"{"gemm": [1, 1, 1], "numerics": {"weights": {"bits": 8}, "training": "qat", "calibration": {"images": 9}}}"#,
            "calibration: qat has its ranges from training, so it takes no calibration"
        ),
    ])
    func caseErrors(suiteCase: String, expected: String) {
        let complaints = complaints(suiteText(cases: suiteCase))
        #expect(complaints.count == 1, "\(complaints)")
        #expect(complaints.first?.contains(": \(expected) (at cases[0]") == true, "\(complaints)")
        #expect(complaints.first?.hasPrefix("suites/x.json:2:") == true, "\(complaints)")
    }

    @Test(arguments: [
        (#""measure": {"min_time": 1}"#, "min_time 1: must be a number with its unit"),
        (#""measure": {"min_time": "1"}"#, "min_time '1': must be a number with its unit"),
        (#""measure": {"min_time": "0s"}"#, "min_time '0s': must be longer than 0"),
        (#""measure": {"max_time": "48000min"}"#, "and at most 24 hours"),
        (
            #""measure": {"min_time": "2s", "max_time": "1s"}"#,
            "min_time 2.0 seconds is longer than max_time 1.0 seconds"
        ),
        (#""measure": {"relative_ci": 0}"#, "relative_ci 0: must be a number above 0 and at most 1.0"),
        (#""measure": {"cold_cache": "cold"}"#, "cold_cache 'cold': must be none, weights or all"),
        (#""measure": {"max_samples": 0}"#, "max_samples 0: must be a whole number from 1 to"),
        (#""measure": {"mintime": "1s"}"#, "unknown key 'mintime' in measure; did you mean 'min_time'?"),
        (#""measure": []"#, "measure: must be an object with the keys warmup,"),
        (#""counters": "work""#, "counters 'work': must be a list of counter groups and events"),
        (#""counters": [1]"#, "counters 1: must be a text"),
        (#""accuracy": {"dataset": "fashion_mnist"}"#, "no such dataset; did you mean 'fashion-mnist'?"),
        (#""accuracy": {"dataset": "mnist", "split": "dev"}"#, "split 'dev': must be test or train"),
        (#""accuracy": {}"#, "key 'dataset' is missing, such as \"dataset\": \"fashion-mnist\""),
        (#""accuracy": {"published": false}"#, "published false: must be true; for a suite without accuracies"),
        (
            #""accuracy": {"published": true, "split": "test"}"#,
            "split: published accuracies are not measured; leave it out"
        ),
        (#""require": {}"#, "key 'min_speedup' is missing, such as \"min_speedup\": 1.0"),
        (#""require": {"speedup": 1}"#, "unknown key 'speedup' in require"),
        (#""require": {"min_speedup": 0}"#, "min_speedup 0: must be a number from 0.001 to 1000.0"),
        (#""require": {"min_speedup": "1"}"#, "min_speedup '1': must be a number from 0.001 to 1000.0"),
        (#""require": 1.5"#, "require 1.5: must be an object with the keys min_speedup"),
        (#""training": 3"#, "training 3: must be an object with the keys float, qat"),
        (#""training": {"f32": {}}"#, "unknown key 'f32' in training; known: float, qat"),
        (#""training": {"float": {"epoch": 3}}"#, "unknown key 'epoch' in training.float; did you mean 'epochs'?"),
        (#""training": {"float": {"delay": 3}}"#, "unknown key 'delay' in training.float"),
        (#""training": {"float": {"epochs": 0}}"#, "epochs 0: must be a whole number from 1 to 100000"),
        (#""training": {"float": {"rate": 0}}"#, "rate 0: must be a number above 0 and at most 100.0"),
        (#""training": {"float": {"batch": 1.5}}"#, "batch 1.5: must be a whole number from 1 to 65536"),
        (
            #""training": {"float": {"momentum": 1}}"#,
            "momentum 1: must be a number from 0 up to, not including, 1 (at training.float.momentum)"
        ),
        (#""training": {"float": {"weight_decay": -1}}"#, "weight_decay -1: must be a number from 0 to 1"),
        (#""training": {"float": {"label_smoothing": "x"}}"#, "label_smoothing 'x': must be a number from 0 up to"),
        (#""training": {"float": {"flips": 1}}"#, "flips 1: must be true or false"),
        (#""training": {"float": {"shift": -1}}"#, "shift -1: must be a whole number from 0 to 1024"),
        (#""training": {"float": {"erasing": 2}}"#, "erasing 2: must be a number from 0 to 1"),
        (#""training": {"qat": {"freeze": 1.5}}"#, "freeze 1.5: must be a number from 0 to 1"),
        (#""training": {"qat": {"delay": 0}}"#, "delay 0: must be a whole number from 1 to 1000000000"),
        (
            #""training": {"qat": {"lsq": true, "from_scratch": true}}"#,
            "lsq: a float checkpoint sets the first scales; leave out lsq or from_scratch (at training.qat.lsq)"
        ),
        (#""counter": []"#, "unknown key 'counter' in a suite; did you mean 'counters'?"),
    ])
    func suiteErrors(rest: String, expected: String) {
        let complaints = complaints(suiteText(cases: #"{"gemm": [1, 1, 1], "numerics": "f32"}"#, rest: rest))
        #expect(complaints.count == 1, "\(complaints)")
        #expect(complaints.first?.contains(expected) == true, "\(complaints)")
        #expect(complaints.first?.hasPrefix("suites/x.json:3:") == true, "\(complaints)")
    }

    @Test(arguments: [
        ("[]", "suites/x.json:1:1: the suite: must be an object with the keys schema_version, name, cases"),
        (
            #"{"schema_version": 2, "name": "x", "cases": [{"gemm": [1,1,1], "numerics": "f32"}]}"#,
            "suites/x.json:1:20: schema_version 2: must be 1"
        ),
        (
            #"{"schema_version": 1, "name": "a/b", "cases": [{"gemm": [1,1,1], "numerics": "f32"}]}"#,
            "suites/x.json:1:31: name 'a/b': must consist of letters"
        ),
        (#"{"schema_version": 1, "name": "x", "cases": []}"#, "suites/x.json:1:45: cases is an empty list"),
        (#"{"schema_version": 1, "name": "x", "cases": {}}"#, "suites/x.json:1:45: cases: must be a list of cases"),
        (#"{"schema_version": 1, "name": "x"}"#, "suites/x.json:1:1: key 'cases' is missing"),
    ])
    func documentErrors(text: String, expected: String) {
        let complaints = complaints(text)
        #expect(complaints.count == 1)
        #expect(complaints.first?.hasPrefix(expected) == true, "\(complaints)")
    }

    @Test func allProblemsAreListedInTheOrderOfTheFile() {
        let complaints = complaints(
            """
            { "name": "x", "schema_version": 1,
              "measure": { "min_time": "soon" },
              "cases": [
                { "network": "mobilenet_v1", "width": -1,
                  "numerics": ["w9c-a8", "f32", "w8q-a8"] },
                { "network": "nope", "numerics": "f32", "treads": 1 } ] }
            """)
        #expect(complaints.map { $0.split(separator: ":")[1] } == ["2", "4", "5", "5", "6", "6"])
    }

    @Test func unreadableFiles() {
        #expect(
            throws: SuiteError.unreadable(path: "/nonexistent/suite.json", reason: "No such file or directory")
        ) { try Suite.load(path: "/nonexistent/suite.json", catalogue: testCatalogue) }
        #expect(throws: SuiteError.unreadable(path: "/", reason: "Is a directory")) {
            try Suite.load(path: "/", catalogue: testCatalogue)
        }
    }
}

@Suite struct DurationTests {
    @Test(arguments: [
        ("0.2s", Duration.milliseconds(200)), ("500ms", .milliseconds(500)), ("20us", .microseconds(20)),
        ("20µs", .microseconds(20)), ("100ns", .nanoseconds(100)), ("2min", .seconds(120)), ("0s", .zero),
    ])
    func parses(text: String, duration: Duration) throws {
        let difference = try parseDuration(text) - duration
        #expect(abs(difference / .nanoseconds(1)) < 1)
    }

    @Test(arguments: ["", "s", "1", "-1s", "1e3s", ".5s", "1.s", "1.2.3s", "1 s", "1h", "25000min", "1ss", "∞s"])
    func refuses(text: String) {
        #expect(throws: SuiteError.duration(text: text)) { try parseDuration(text) }
    }
}
