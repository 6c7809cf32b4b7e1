import Foundation
import Measurement
import Networks
import Results
import Testing

/// The detector from training to the report, small and a few seconds of it.
@Suite struct DetectorTests {
    private static let accuracy = #"{ "dataset": "fashion-scenes" }"#

    private static func cells(_ numerics: String) -> String {
        #"{ "network": "fashion_detector", "width": 0.25, "resolution": 32, "numerics": [\#(numerics)] }"#
    }

    @Test func aTrainedDetectorRunsInFloatsAndOnIntegers() throws {
        let folder = try Workspace()
        let network = "fashion_detector_0.25_32"
        let flags = ["train", "fashion_detector", "--width", "0.25", "--resolution", "32"]
        let train = try BenchProcess(
            flags + ["--epochs", "3", "--images", "6400", "--rate", "0.1"], in: folder
        ).wait()
        #expect(train.status == 0, "\(train.stderr)")
        #expect(train.stderr.contains(/epoch 3\/3: loss \d\.\d+, training scenes named right .* images\/s\n/))
        let said = try #require(
            train.stdout.firstMatch(
                of: /mAP ([\d.]+) %, precision (.+?)(?: %)?, recall ([\d.]+) % on 2000 test images\n$/))
        let map = try #require(Double(said.1))
        #expect(map > 0.5, "a detector that has learned nothing has none")
        let card = try Checkpoint.load(folder.file("checkpoints/\(network).safetensors")).metadata
        #expect(
            card["test_map"] == String(said.1) && card["test_accuracy"] == nil && card["dataset"] == "fashion-scenes")

        let simulated = try BenchProcess(
            flags + [
                "--qat", "w8c-a8", "--epochs", "1", "--images", "2560", "--rate", "0.001", "--delay", "5", "--from",
                "checkpoints/\(network).safetensors",
            ], in: folder
        ).wait()
        #expect(simulated.status == 0, "\(simulated.stderr)")
        #expect(simulated.stdout.hasSuffix("on 2000 test images by integers alone\n"))

        try folder.suite(Self.cells(#""f32", "w8c-a8", "w8c-a8-qat""#), accuracy: Self.accuracy)
        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let records = try folder.results().benchmarks
        #expect(records.map(\.status) == [.ok, .ok, .ok])
        for record in records {
            #expect(record.accuracy == nil)
            let quality = try #require(record.detection)
            #expect(quality.images == 2000 && quality.provenance == .measured)
            let interval = try #require(quality.ci95)
            #expect(interval.low <= quality.map && quality.map <= interval.high && interval.low < interval.high)
            if record.numerics != "f32" { #expect(record.error?.againstReferenceMaxLsb == 0) }
        }
        let float = try #require(records[0].detection)
        #expect(abs(float.map - map) < 0.01 && float.deltaF32 == 0)
        let integer = try #require(records[1].detection)
        #expect(abs(integer.map - float.map) < 3 && integer.deltaF32 == integer.map - float.map)
        #expect(run.stdout.contains("mAP %") && run.stdout.contains("recall %"))
        #expect(run.stdout.split(separator: "\n").allSatisfy { $0.count <= 120 })
        let csv = try folder.text("results/local/tiny.csv").split(separator: "\n")
        #expect(csv[0].hasSuffix("map_provenance,map_source,trained_by,top5_percent"))
        #expect(csv[1].contains(",measured,,bench train fashion_detector "))

        // A network for classes has none of this, and a detector no classes.
        let wrong = [
            (Self.cells(#""f32""#), "fashion-mnist", "a detector is measured on boxes; its dataset is fashion-scenes"),
            (Case.trained, "fashion-scenes", "is not measured on boxes; its dataset is fashion-mnist"),
        ]
        for (cells, dataset, message) in wrong {
            try folder.suite(cells, accuracy: #"{ "dataset": "\#(dataset)" }"#, as: "wrong")
            let run = try BenchProcess.run("run", "wrong.json", "--quiet", in: folder)
            #expect(run.status == 2)
            #expect(run.stderr.contains(message), "\(run.stderr)")
        }
        let diff = try BenchProcess.run(
            "diff", "fashion_detector", "--width", "0.25", "--resolution", "32", in: folder)
        #expect(diff.status == 2)
        #expect(diff.stderr.contains("fashion_detector is a detector: it does not name one class"), "\(diff.stderr)")
    }

    @Test(arguments: [
        ("--label-smoothing", "0.1", "a detector's loss has none"),
        ("--shift", "2", "a detector's scenes are only mirrored"),
        ("--erasing", "0.5", "a detector's scenes are only mirrored"),
    ])
    func detectorsRefuse(flag: String, value: String, reason: String) throws {
        let run = try BenchProcess.run("train", "fashion_detector", "--width", "0.25", flag, value, in: Workspace())
        #expect(run.status == 2)
        #expect(run.stderr.contains("\(flag): \(reason)"), "\(run.stderr)")
    }
}
