import Foundation
import Networks
import Results
import Testing

/// `bench train`, a few seconds of it.
@Suite struct TrainTests {
    static let small = ["train", "fashion_mobilenet_v1", "--width", "0.25", "--resolution", "8", "--threads", "1"]

    @Test func aTrainedCheckpointRuns() throws {
        let folder = try Workspace()
        let name = "fashion_mobilenet_v1_0.25_28.safetensors"
        let train = try BenchProcess.run(
            "train", "fashion_mobilenet_v1", "--width", "0.25", "--epochs", "1", "--images", "512", "--output",
            "checkpoints/\(name)", in: folder)
        #expect(train.status == 0, "\(train.stderr)")
        #expect(train.lines.count == 1)
        #expect(train.stdout.contains(/of 10000 test images\n$/))
        #expect(train.stderr.contains("training fashion_mobilenet_v1_0.25_28: "))
        #expect(train.stderr.contains("512 images, 1 epoch, 2 threads, seed 1\n"))
        #expect(train.stderr.contains(/epoch 1\/1: loss \d\.\d+, training accuracy .* images\/s\n/))
        // The resumable state is gone once the checkpoint is there.
        #expect(folder.entries("checkpoints") == [name])
        let card = try Checkpoint.load(folder.file("checkpoints/" + name)).metadata
        #expect(card["network"] == "fashion_mobilenet_v1_0.25_28")
        #expect(card["command"]?.contains("--images 512") == true)

        try folder.suite(Case.trained, accuracy: #"{ "dataset": "fashion-mnist" }"#)
        let run = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let accuracy = try #require(try folder.results().benchmarks[0].accuracy?.top1)
        #expect(abs(accuracy - (card["test_accuracy"].flatMap(Double.init) ?? -1)) <= 0.05)
    }

    @Test func anInterruptedTrainingGoesOnBitForBit() throws {
        let folder = try Workspace()
        let flags = Self.small + ["--epochs", "4", "--images", "12800"]
        let whole = try BenchProcess(flags + ["--output", "whole.safetensors"], in: folder).wait()
        #expect(whole.status == 0, "\(whole.stderr)")

        // The state of the first epoch is there: interrupted in the second, most likely.
        let run = try BenchProcess(flags + ["--output", "part.safetensors"], in: folder)
        while !run.hasEnded, !folder.exists("part.training.safetensors") { usleep(1000) }
        run.send(SIGINT)
        let stopped = run.wait()
        #expect(stopped.status == 130)
        #expect(stopped.stderr.hasSuffix("the same command with --resume goes on from it\n"))
        #expect(folder.entries() == ["part.training.safetensors", "whole.safetensors"])

        let other = try BenchProcess(
            flags + ["--output", "part.safetensors", "--resume", "--rate", "0.1"], in: folder
        ).wait()
        #expect(other.status == 2)
        #expect(other.stderr.contains("0.2"))

        let resumed = try BenchProcess(flags + ["--output", "part.safetensors", "--resume"], in: folder).wait()
        #expect(resumed.status == 0, "\(resumed.stderr)")
        #expect(folder.entries() == ["part.safetensors", "whole.safetensors"])
        let (one, two) = (
            try Checkpoint.load(folder.file("whole.safetensors")), try Checkpoint.load(folder.file("part.safetensors"))
        )
        #expect(one.parameters == two.parameters)
    }

    @Test(arguments: [
        (["train", "mobilenet_v1"], "is not a network that is trained here; these are: fashion_mobilenet_v1"),
        (["train", "fashion_mobilenet_v1", "--width", "9"], "--width 9.0: goes from above 0 to 4"),
        (["train", "fashion_mobilenet_v1", "--resolution", "4"], "--resolution 4: goes from 8 to 512"),
        (["train", "fashion_mobilenet_v1", "--threads", "0"], "--threads 0: goes from 1 to 1024"),
        (["train", "fashion_mobilenet_v1", "--epochs", "0"], "--epochs: 0 is not a positive number"),
        (["train", "fashion_mobilenet_v1", "--batch", "0"], "--batch: 0 is not a positive number"),
        (["train", "fashion_mobilenet_v1", "--rate=-1"], "--rate: -1.0 is not a positive number"),
        (["train", "fashion_mobilenet_v1", "--images", "x"], "'x' is not a whole number above 0"),
        (["train", "fashion_mobilenet_v1", "--precision", "f64"], "precision is f16 or f32, not 'f64'"),
        (["train", "fashion_mobilenet_v1", "--resume"], "no interrupted training to resume"),
    ])
    func wrongArguments(arguments: [String], message: String) throws {
        let folder = try Workspace()
        let run = try BenchProcess(arguments, in: folder).wait()
        #expect(run.status == 2)
        #expect(run.stderr.contains(message), "\(run.stderr)")
        #expect(folder.entries().isEmpty)
    }

    @Test func aMissingDataset() throws {
        let run = try BenchProcess(
            Self.small, in: Workspace(), environment: ["BENCH_DATASETS": "/nonexistent"]
        ).wait()
        #expect(run.status == 2)
        #expect(run.stderr.contains("/nonexistent/fashion-mnist/train-images-idx3-ubyte.gz: no such file;"))
    }

    @Test(arguments: ["/proc/x.safetensors", "/proc/x/y.safetensors", "."])
    func anOutputThatCannotBeWrittenIsSaidBeforeTraining(path: String) throws {
        let run = try BenchProcess(Self.small + ["--output", path, "--images", "128"], in: Workspace()).wait()
        #expect(run.status == 2)
        #expect(!run.stderr.contains("training fashion"), "\(run.stderr)")
    }

    /// Foundation's NSString traps on the folder of a path of one letter.
    @Test func aNameOfOneLetter() throws {
        let folder = try Workspace()
        let run = try BenchProcess(
            Self.small + ["--output", "z", "--images", "128", "--epochs", "1"], in: folder
        ).wait()
        #expect(run.status == 0, "\(run.stderr)")
        #expect(folder.entries() == ["z"])
    }
}
