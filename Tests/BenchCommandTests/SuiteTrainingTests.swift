import Foundation
import Networks
import Results
import Testing

/// `bench train --suite`, on few and small images.
@Suite struct SuiteTrainingTests {
    static let network = "fashion_mobilenet_v1_0.25_8"

    /// A float training and, from it, the others.
    private func suite(
        _ folder: Workspace, numerics: String = #""f32", "w8c-a8", "w4c-a8-qat", "w4c-a8-qat+seed2""#,
        training: String, as name: String = "tiny"
    ) throws {
        try folder.write(
            """
            { "schema_version": 1, "name": "\(name)",
              "cases": [ { "network": "fashion_mobilenet_v1", "width": 0.25, "resolution": 8, "numerics": [\(numerics)] } ],
              "measure": { "warmup": "1ms", "min_time": "5ms", "max_time": "10ms" }, "training": \(training) }
            """, to: "\(name).json")
    }

    private let files = ["safetensors", "w4c-a8-qat+seed2.safetensors", "w4c-a8-qat.safetensors"].map {
        "\(network).\($0)"
    }

    @Test func whatIsMissingIsTrainedOnce() throws {
        let folder = try Workspace()
        try suite(folder, training: #"{ "float": { "epochs": 2 }, "qat": { "epochs": 1, "delay": 2 } }"#)

        // What lacks checkpoints names the command.
        let early = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(early.stderr.contains("`bench train --suite tiny.json` makes the 3 checkpoints that cells lack\n"))

        let dry = try BenchProcess.run("train", "--suite", "tiny.json", "--dry-run", in: folder)
        #expect(dry.status == 0)
        #expect(
            dry.lines.map { $0.replacing(/\d+\.\d MMAC/, with: "N MMAC") } == [
                "tiny.json needs 3 checkpoints: 0 there, 3 to train",
                "      1  \(Self.network)                   2 epochs of N MMAC an image",
                "      2  \(Self.network) w4c-a8-qat        1 epoch of N MMAC an image",
                "      3  \(Self.network) w4c-a8-qat+seed2  1 epoch of N MMAC an image",
            ])
        #expect(folder.entries() == ["results", "tiny.json"])

        let flags = ["train", "--suite", "tiny.json", "--images", "2560"]
        let some = try BenchProcess(flags + ["--filter", "f32"], in: folder).wait()
        #expect(some.status == 0, "\(some.stderr)")
        #expect(folder.entries("checkpoints") == [files[0]])
        let float = try folder.data("checkpoints/" + files[0])

        let train = try BenchProcess(flags, in: folder).wait()
        #expect(train.status == 0, "\(train.stderr)")
        #expect(train.stderr.contains("tiny.json needs 3 checkpoints: 1 there, 2 to train\n"))
        #expect(train.stderr.contains("  there  \(Self.network)                   checkpoints/\(files[0])\n"))
        #expect(train.stderr.contains(/2\/2 \S+ w4c-a8-qat\+seed2, epoch 1\/1: loss .* images\/s/))
        #expect(train.stderr.contains(/2 trainings done in .*; `bench run tiny.json` finds all it needs\n/))
        #expect(train.lines.count == 2 && train.lines.allSatisfy { $0.contains("by integers alone") })
        #expect(folder.entries("checkpoints") == files)
        let card = try Checkpoint.load(folder.file("checkpoints/" + files[1])).metadata
        #expect(card["numerics"] == "w4c-a8-qat+seed2")
        #expect(card["command"]?.contains("--epochs 1 ") == true && card["command"]?.contains("--delay 2 ") == true)
        #expect(card["command"]?.hasSuffix("--seed 2 --threads 2 --images 2560") == true)

        let again = try BenchProcess(flags, in: folder).wait()
        #expect(again.status == 0)
        #expect(again.stderr.contains("tiny.json needs 3 checkpoints: all are there, nothing to train\n"))
        #expect(again.stdout.isEmpty)
        #expect(try folder.data("checkpoints/" + files[0]) == float)

        let run = try BenchProcess.run("run", "tiny.json", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        #expect(!run.stderr.contains("bench train"))
        let records = try folder.results().benchmarks
        #expect(records.map(\.status) == [.ok, .ok, .ok, .ok])
        // Another seed, another network.
        #expect(records[2].outputHash != records[3].outputHash)
    }

    /// Killed in one training, interrupted in the next: in the end the same bytes as without.
    @Test func interruptedTrainingsGoOnBitForBit() throws {
        let training = #"{ "float": { "epochs": 6 }, "qat": { "epochs": 6, "delay": 5, "flips": false } }"#
        let numerics = #""w4c-a8-qat""#
        let flags = ["train", "--suite", "tiny.json", "--images", "12800", "--threads", "1"]
        let whole = try Workspace()
        try suite(whole, numerics: numerics, training: training)
        let uninterrupted = try BenchProcess(flags, in: whole).wait()
        #expect(uninterrupted.status == 0, "\(uninterrupted.stderr)")

        let folder = try Workspace()
        try suite(folder, numerics: numerics, training: training)
        let states = ["", ".w4c-a8-qat"].map { "checkpoints/\(Self.network)\($0).training.safetensors" }
        func stop(_ state: String, by signal: Int32) throws -> BenchProcess.Outcome {
            let run = try BenchProcess(flags, in: folder)
            while !run.hasEnded, !folder.exists(state) { usleep(1000) }
            run.send(signal)
            return run.wait()
        }
        #expect(try stop(states[0], by: SIGKILL).status == 128 + SIGKILL)
        #expect(folder.exists(states[0]) && !folder.exists("checkpoints/" + files[0]))

        // What does not fit is said before anything is trained, and nothing is lost.
        try suite(folder, numerics: numerics, training: #"{ "float": { "epochs": 6, "rate": 0.1 } }"#, as: "other")
        let other = try BenchProcess(flags.map { $0 == "tiny.json" ? "other.json" : $0 }, in: folder).wait()
        #expect(other.status == 2)
        #expect(
            other.stderr.hasSuffix(
                "bench: \(states[0]): cannot resume: maxLearningRate was 0.2 and is now 0.1: start anew or use 0.2 "
                    + "(to start anew, remove the file)\n"), "\(other.stderr)")

        let dry = try BenchProcess.run("train", "--suite", "tiny.json", "--dry-run", in: folder)
        #expect(dry.lines.dropFirst().first?.hasSuffix("an image, goes on where it was interrupted") == true)
        let stopped = try stop(states[1], by: SIGINT)
        #expect(stopped.status == 130)
        #expect(stopped.stderr.contains(", going on from \(states[0])\n"), "\(stopped.stderr)")
        #expect(
            stopped.stderr.hasSuffix(
                "bench: interrupted: 1 of 2 trainings done; the same command goes on, from \(states[1])\n"))
        #expect(folder.exists("checkpoints/" + files[0]) && !folder.exists(states[0]))

        let rest = try BenchProcess(flags, in: folder).wait()
        #expect(rest.status == 0, "\(rest.stderr)")
        #expect(folder.entries("checkpoints") == [files[0], files[2]])
        for file in [files[0], files[2]] {
            #expect(try folder.data("checkpoints/" + file) == whole.data("checkpoints/" + file))
        }
    }

    /// A network that fails does not keep the others from being trained; what starts from it is left out.
    @Test func aTrainingThatDiverges() throws {
        let folder = try Workspace()
        try suite(folder, training: #"{ "float": { "rate": 100, "epochs": 2, "weight_decay": 1 } }"#)
        let run = try BenchProcess.run("train", "--suite", "tiny.json", "--images", "1280", in: folder)
        #expect(run.status == 1, "\(run.stderr)")
        #expect(run.stderr.contains("bench: \(Self.network): the loss is not finite any more (epoch "), "\(run.stderr)")
        #expect(run.stderr.contains("bench: 0 of 3 trainings done in "), "\(run.stderr)")
        #expect(run.stderr.hasSuffix("; failed: \(Self.network)\n"))
        #expect(folder.entries("checkpoints").isEmpty)
    }

    @Test func whatCannotBeTrainedIsSaid() throws {
        let folder = try Workspace()
        try suite(folder, numerics: #""w4g32-a8-qat""#, training: "{}")
        let dry = try BenchProcess.run("train", "--suite", "tiny.json", "--dry-run", in: folder)
        #expect(dry.status == 0)
        #expect(
            dry.stderr.contains("bench: warning: \(Self.network) w4g32-a8-qat cannot be trained: weights in groups"))
        #expect(dry.lines.first == "tiny.json needs 1 checkpoint: 0 there, 1 to train")

        try folder.suite(Case.gemm)
        let none = try BenchProcess.run("train", "--suite", "tiny.json", in: folder)
        #expect(none.status == 0)
        #expect(none.stderr == "tiny.json: no checkpoint is needed that could be trained here\n")
    }

    /// A checkpoint that later trainings start from is read before the first one.
    @Test func aDamagedStartIsSaidBeforeAnythingIsTrained() throws {
        let folder = try Workspace()
        try suite(folder, training: "{}")
        try folder.write("no checkpoint", to: "checkpoints/" + files[0])
        let run = try BenchProcess.run("train", "--suite", "tiny.json", in: folder)
        #expect(run.status == 2)
        #expect(run.stderr.contains("checkpoints/\(files[0]): "), "\(run.stderr)")
        #expect(!run.stderr.contains("training fashion"))
    }
}
