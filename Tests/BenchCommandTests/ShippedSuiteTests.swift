import Foundation
import Networks
import Results
import Testing

/// The suites that come with the program.
@Suite struct ShippedSuiteTests {
    /// Of a network whose accuracy was published, and of one that nobody published: that one has no number.
    @Test func publishedAccuraciesStandBesideMeasuredTimes() throws {
        let folder = try Workspace()
        let run = try BenchProcess.run(
            "run", BenchProcess.checkout + "/suites/imagenet-mobilenet.json", "--filter", "v2_(1.0_224|0.35_128)",
            "--quiet", "--warmup", "0s", "--min-time", "1ms", "--max-time", "1ms", "--counters", "none", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let records = try folder.results("results/local/imagenet-mobilenet.json").benchmarks
        #expect(records.count == 4)
        for record in records {
            #expect(record.status == .ok && record.latency != nil)
            guard record.width == 1 else {
                #expect(record.accuracy == nil)
                continue
            }
            let accuracy = try #require(record.accuracy)
            #expect(accuracy.provenance == .published && accuracy.source == "Krishnamoorthi 2018, arXiv:1806.08342")
            #expect(accuracy.top1 == (record.numerics == "f32" ? 71.9 : 69.8))
            #expect(abs(try #require(accuracy.deltaF32) - (record.numerics == "f32" ? 0 : -2.1)) < 1e-9)
        }
    }

    /// Every pointwise convolution and fully connected layer of the ImageNet families is among the matrix products, as
    /// positions × output channels × input channels.
    @Test func theMatrixProductsAreThoseOfTheNetworks() throws {
        let folder = try Workspace()
        var listed: Set<String> = []
        for suite in ["gemm", "pointwise"] {
            let list = try BenchProcess.run("list", BenchProcess.checkout + "/suites/\(suite).json", in: folder)
            #expect(list.status == 0)
            for name in list.lines where name.contains("/w8c-a8-ptq/") {
                let product = String(name.prefix { $0 != "/" })
                #expect(listed.insert(product).inserted, "\(product) stands in two suites")
                #expect(list.lines.contains(product + "/f32/t1"))
            }
        }
        var needed: Set<String> = ["gemm_1024x1024x1024"]
        for family in NetworkFamily.all where family.dataset == nil {
            let network = family.network()
            for node in network.nodes {
                let input = network.shape(of: node.inputs[0])
                switch node.operation {
                case .conv2d(let window, let channels, _, _) where window.height * window.width == 1:
                    needed.insert("gemm_\(node.output.height * node.output.width)x\(channels)x\(input.channels)")
                case .fullyConnected(let outputs, _): needed.insert("gemm_1x\(outputs)x\(input.count)")
                default: break
                }
            }
        }
        #expect(needed.subtracting(listed).sorted() == [], "in no suite")
        #expect(listed.subtracting(needed).sorted() == [], "of no network")
    }

    /// `make paths`: a run for each instruction set that this processor has, its own ceiling beside it; a reason for others.
    @Test func everyPathHasItsOwnRun() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        func paths(_ suite: String) throws -> BenchProcess.Outcome {
            try BenchProcess(
                [BenchProcess.executable, "results", suite], in: folder,
                executable: BenchProcess.checkout + "/scripts/paths.sh"
            ).wait()
        }
        let run = try paths("tiny.json")
        #expect(run.status == 0, "\(run.stderr)")
        for set in ["avx2", "avxvnni", "avx512vnni"] {
            if run.stdout.contains("== \(set) skipped: this processor cannot run \(set): it offers scalar") {
                #expect(!folder.exists("results/\(set)"))
                continue
            }
            #expect(run.stdout.contains("== tiny.json on \(set)\n"))
            let file = try folder.results("results/\(set)/tiny.json")
            let record = try #require(file.benchmarks.first { $0.numerics == "w8c-a8-ptq" })
            #expect(record.path == set)
            #expect(record.ceilingGmacsPerSecond == file.context.ceilings?.first?.int8GmacsPerSecond)
        }
        let missing = try paths("missing.json")
        #expect(missing.status == 2)
        #expect(missing.stderr.contains("missing.json"))
    }
}
