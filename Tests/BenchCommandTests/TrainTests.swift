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
        (["train", "fashion_resnet8", "--width", "0.5"], "--width: fashion_resnet8 has no widths; leave it out"),
        (["train", "fashion_mobilenet_v1", "--resolution", "4"], "--resolution 4: goes from 8 to 512"),
        (["train", "fashion_mobilenet_v1", "--threads", "0"], "--threads 0: goes from 1 to 1024"),
        (["train", "fashion_mobilenet_v1", "--epochs", "0"], "--epochs: 0 is not a positive number"),
        (["train", "fashion_mobilenet_v1", "--batch", "0"], "--batch: 0 is not a positive number"),
        (["train", "fashion_mobilenet_v1", "--rate=-1"], "--rate: -1.0 is not a positive number"),
        (["train", "fashion_mobilenet_v1", "--images", "x"], "'x' is not a whole number above 0"),
        (["train", "fashion_mobilenet_v1", "--precision", "f64"], "precision is f16 or f32, not 'f64'"),
        (["train", "fashion_mobilenet_v1", "--resume"], "no interrupted training to resume"),
        (["train", "fashion_mobilenet_v1", "--lsq"], "--lsq belongs to --qat"),
        (["train", "fashion_mobilenet_v1", "--qat", "w9c-a8"], "weight bits go from 2 to 8"),
        (["train", "fashion_mobilenet_v1", "--qat", "f32"], "--qat f32: floats are trained without --qat"),
        (["train", "fashion_mobilenet_v1", "--qat", "w8c-a8+signed"], "signs and rounding are chosen when it is run"),
        (["train", "fashion_mobilenet_v1", "--qat", "w8c-a8-ptq"], "what is trained is w8c-a8;"),
        (["train", "fashion_mobilenet_v1", "--qat", "w8g32-a8", "--from-scratch"], "--qat: weights in groups of 32"),
        (
            ["train", "fashion_mobilenet_v1", "--width", "0.25", "--qat", "w8ca-a8", "--lsq"],
            "--lsq: only the scales of symmetric weights"
        ),
        (
            ["train", "fashion_mobilenet_v1", "--width", "0.25", "--qat", "w8c-a8", "--delay", "0"],
            "--delay: 0 is not a positive number"
        ),
        (
            ["train", "fashion_mobilenet_v1", "--width", "0.25", "--qat", "w8c-a8", "--freeze", "2"],
            "--freeze: 2.0 is not in 0...1"
        ),
        (["train", "fashion_mobilenet_v1", "--qat", "w8c-a8", "--from", "none"], "none: cannot be read"),
        (["train", "fashion_mobilenet_v1", "--qat", "w8c-a8"], "no checkpoint of fashion_mobilenet_v1_1.0_28"),
        (["train", "fashion_mobilenet_v1", "--qat", "w8c-a8", "--seed", "0"], "--seed 0: trainings for integers are"),
        (["train", "fashion_mobilenet_v1", "--qat", "w8c-a8-qat+seed2"], "write --qat w8c-a8 --seed 2"),
        (["train"], "name a network (fashion_mobilenet_v1"),
        (["train", "fashion_mobilenet_v1", "--dry-run"], "--dry-run belongs to --suite"),
        (["train", "fashion_mobilenet_v1", "--filter", "x"], "--filter belongs to --suite"),
        (["train", "--suite", "none.json"], "suite 'none.json' cannot be read"),
        (["train", "fashion_mobilenet_v1", "--suite", "x"], "fashion_mobilenet_v1 and --suite exclude each other"),
        (["train", "--suite", "x", "--width", "1"], "--width and --suite exclude each other: the suite's cells say"),
        (["train", "--suite", "x", "--qat", "w8c-a8"], "--qat and --suite exclude each other"),
        (["train", "--suite", "x", "--epochs", "3"], "--epochs and --suite exclude each other"),
        (["train", "--suite", "x", "--no-flips"], "--no-flips and --suite exclude each other"),
        (["train", "--suite", "x", "--lsq"], "--lsq and --suite exclude each other"),
        (["train", "--suite", "x", "--output", "y"], "--output and --suite exclude each other"),
        (["train", "--suite", "x", "--resume"], "interrupted trainings go on by themselves; leave it out"),
    ])
    func wrongArguments(arguments: [String], message: String) throws {
        let folder = try Workspace()
        let run = try BenchProcess(arguments, in: folder).wait()
        #expect(run.status == 2)
        #expect(run.stderr.contains(message), "\(run.stderr)")
        #expect(folder.entries().isEmpty)
    }

    /// Starts from the shipped float checkpoint, for integers that none is shipped for; what is written runs as a cell, whose accuracy is the one that was printed.
    @Test func aTrainingForIntegersRuns() throws {
        let folder = try Workspace()
        let name = "fashion_mobilenet_v1_0.25_28.w5c-a8-qat.safetensors"
        let cells =
            #"{ "network": "fashion_mobilenet_v1", "width": 0.25, "resolution": 28, "numerics": ["w5c-a8-qat"] }"#
        try folder.suite(cells, accuracy: #"{ "dataset": "fashion-mnist" }"#)
        let missing = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(missing.status == 0, "\(missing.stderr)")
        let reason = try #require(try folder.results().benchmarks[0].reason)
        #expect(reason.hasPrefix("no checkpoint of quantization-aware training, \(name): make it with `bench train "))
        #expect(reason.contains("--width 0.25 --resolution 28 --qat w5c-a8`"))
        #expect(
            try folder.results().verdict?.message
                == "0 of 1 cell measured, 1 skipped; `bench train --suite tiny.json` makes the checkpoint that cells lack"
        )

        let train = try BenchProcess.run(
            "train", "fashion_mobilenet_v1", "--width", "0.25", "--qat", "w5c-a8", "--epochs", "1", "--images", "2560",
            "--rate", "0.001", "--delay", "5", in: folder)
        #expect(train.status == 0, "\(train.stderr)")
        #expect(train.stderr.contains("seed 1, simulating w5c-a8, from "))
        let found = try #require(
            train.stdout.firstMatch(of: /([\d.]+) % of 10000 test images simulated, ([\d.]+) % by integers alone\n$/))
        let (simulated, integer) = (try #require(Double(found.1)), try #require(Double(found.2)))
        #expect(abs(simulated - integer) < 1 && integer > 85)
        #expect(folder.entries("checkpoints") == [name])
        let checkpoint = try Checkpoint.load(folder.file("checkpoints/" + name))
        #expect(checkpoint.metadata["numerics"] == "w5c-a8-qat")
        #expect(checkpoint.metadata["command"]?.hasSuffix("--images 2560") == true)
        #expect(checkpoint.metadata["command"]?.contains("--qat w5c-a8 --epochs 1 --batch 128 --rate 0.001 ") == true)
        #expect(checkpoint.metadata["command"]?.contains(" --delay 5 --freeze 0.8 --seed 1 --threads 2 ") == true)
        #expect(checkpoint.parameters["range.dw_3.output"]?.shape == [2])

        let run = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let record = try folder.results().benchmarks[0]
        let accuracy = try #require(record.accuracy?.top1)
        #expect(record.status == .ok && abs(accuracy - integer) < 0.01)
        #expect(record.error?.againstReferenceMaxLsb == 0)

        // A file that says nothing of ranges is no such checkpoint.
        var bare = checkpoint
        bare.parameters["range.dw_3.output"] = nil
        try bare.save(folder.file("checkpoints/" + name))
        let damaged = try BenchProcess.run("run", "tiny.json", "--quiet", in: folder)
        #expect(damaged.status == 2)
        #expect(damaged.stderr.contains("tensor 'range.dw_3.output': missing"), "\(damaged.stderr)")
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
