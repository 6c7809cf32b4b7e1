import Foundation
import Networks
import Runner
import Suites
import Testing
import Training

@Suite struct TrainingPlanTests {
    private func cells(
        _ names: (width: Double, numerics: String)..., family: String = "fashion_mobilenet_v1", resolution: Int = 28
    )
        throws -> [Cell]
    {
        try names.map {
            Cell(
                workload: .network(NetworkWorkload(family: family, width: $0.width, resolution: resolution)),
                numerics: SpelledNumerics(numerics: try Numerics($0.numerics), spelled: $0.numerics), threads: 1,
                batch: 1, suiteSeed: 0)
        }
    }

    private func plan(_ cells: [Cell], _ training: SuiteTraining = SuiteTraining(), there: Set<String> = [])
        -> TrainingPlan
    {
        TrainingPlan(cells, training: training) { network, kind in
            let file = CheckpointStore.fileName(for: network, kind)
            return there.contains(file) ? "x/\(file)" : nil
        }
    }

    /// Of every network its floats, each once, then the integers; threads and quantization after training add nothing.
    @Test func floatsComeFirst() throws {
        let cells = try cells(
            (0.25, "w8c-a8-qat"), (0.25, "f32"), (0.25, "w4c-a8"), (0.5, "w4c-a8"), (0.25, "w4c-a8-qat"),
            (0.25, "w4c-a8-qat+seed2"), (0.25, "w4c-a8-qat+single"), (0.25, "w4c-a8-qat"))
        let entries = plan(cells).entries
        #expect(
            entries.map(\.job.name) == [
                "fashion_mobilenet_v1_0.25_28", "fashion_mobilenet_v1_0.5_28",
                "fashion_mobilenet_v1_0.25_28 w8c-a8-qat",
                "fashion_mobilenet_v1_0.25_28 w4c-a8-qat", "fashion_mobilenet_v1_0.25_28 w4c-a8-qat+seed2",
            ])
        #expect(entries.map(\.job.seed) == [1, 1, 1, 1, 2])
        #expect(entries.allSatisfy { $0.path == nil && $0.job.dataset == "fashion-mnist" })
    }

    @Test func whatIsThereIsNotMissing() throws {
        let cells = try cells((0.25, "w8c-a8-qat"), (0.25, "w8c-a8-qat+seed2"))
        let there: Set = [
            "fashion_mobilenet_v1_0.25_28.safetensors", "fashion_mobilenet_v1_0.25_28.w8c-a8-qat.safetensors",
        ]
        let plan = plan(cells, there: there)
        #expect(plan.entries.count == 3)
        #expect(plan.entries[1].path == "x/fashion_mobilenet_v1_0.25_28.w8c-a8-qat.safetensors")
        #expect(plan.missing.map(\.name) == ["fashion_mobilenet_v1_0.25_28 w8c-a8-qat+seed2"])
    }

    @Test func whatIsNotTrainedHereTakesNoPart() throws {
        var cells = try cells((0.25, "f32"), (0.25, "w8c-a8-qat"), family: "mobilenet_v1")
        cells.append(
            Cell(
                workload: .gemm(GemmWorkload(m: 1, n: 1, k: 1)),
                numerics: SpelledNumerics(numerics: .f32, spelled: "f32"),
                threads: 1, batch: 1, suiteSeed: 0))
        #expect(plan(cells).entries.isEmpty && plan(cells).refused.isEmpty)
    }

    @Test func whatCannotBeTrainedIsRefusedOnce() throws {
        var training = SuiteTraining()
        training.qat.lsq = true
        let plan = plan(
            try cells(
                (0.25, "w4g32-a8-qat"), (0.25, "w4g32-a8-qat+single"), (0.25, "w8ta-a8-qat"), (0.25, "w8c-a8-qat")),
            training)
        #expect(
            plan.missing.map(\.name) == ["fashion_mobilenet_v1_0.25_28", "fashion_mobilenet_v1_0.25_28 w8c-a8-qat"])
        #expect(
            plan.refused.map(\.name)
                == ["fashion_mobilenet_v1_0.25_28 w4g32-a8-qat", "fashion_mobilenet_v1_0.25_28 w8ta-a8-qat"])
        #expect(plan.refused.first?.reason.contains("groups of 32") == true)
        #expect(plan.refused.last?.reason.contains("only the scales of symmetric weights") == true)
    }

    /// What the training of a detector would refuse is said before anything is trained.
    @Test func scenesOfADetectorAreOnlyMirrored() throws {
        var training = SuiteTraining()
        training.float.shift = 2
        let plan = plan(try cells((0.25, "f32"), family: "fashion_detector", resolution: 64), training)
        #expect(plan.missing.isEmpty)
        #expect(plan.refused.map(\.reason) == ["a detector's scenes are only mirrored"])
    }

    @Test(arguments: [
        (0.25, "f32", 0.2), (0.5, "f32", 0.2), (0.75, "f32", 0.1), (1.0, "f32", 0.1), (1.0, "w8c-a8-qat", 0.005),
    ])
    func largeNetworksLearnAtHalfTheRate(width: Double, numerics: String, rate: Double) throws {
        let job = try #require(plan(try cells((width, numerics))).missing.last)
        #expect(job.options(images: 1280, threads: 1).maxLearningRate == rate)
    }

    @Test func recipesFillInWhatTheSuiteLeavesOpen() throws {
        var training = SuiteTraining()
        (training.float.epochs, training.qat.rate) = (30, 0.001)
        let jobs = plan(try cells((0.25, "w8c-a8-qat+seed3")), training).missing
        let (float, integers) = (jobs[0].options(images: 1280, threads: 2), jobs[1].options(images: 1280, threads: 1))
        #expect(float.epochs == 30 && float.maxLearningRate == 0.2 && float.threads == 2 && float.quantization == nil)
        #expect(integers.epochs == 5 && integers.maxLearningRate == 0.001 && integers.seed == 3)
        #expect(integers.quantization?.delay == 100 && integers.quantization?.freeze == 0.8)
        #expect(
            jobs[1].command(images: 1280, threads: 1)
                == "bench train fashion_mobilenet_v1 --width 0.25 --resolution 28 --qat w8c-a8 --epochs 5 --batch 128 "
                + "--rate 0.001 --momentum 0.9 --weight-decay 0.0005 --label-smoothing 0.0 --delay 100 --freeze 0.8 "
                + "--seed 3 --threads 1")
        // From random weights: as long as a float training, activations join after a tenth of its 150 steps.
        training.qat.fromScratch = true
        let scratch = plan(try cells((0.25, "w8c-a8-qat")), training).missing[1]
        #expect(!scratch.startsFromFloat)
        #expect(scratch.options(images: 1280, threads: 1).quantization?.delay == 15)
        #expect(scratch.work(images: 1280) == Double(scratch.network.macs) * 1280 * 15)
    }
}

@Suite struct TrainingPaceTests {
    @Test func theRestGoesOnAtThePaceSoFar() {
        var pace = TrainingPace(work: 100)
        pace.begin(work: 40)
        #expect(pace.secondsLeft(work: 0, seconds: 1, left: 5) == nil)
        // 10 in 2 s: the other 60 take 12 s, after the 6 s that are left of this one.
        #expect(pace.secondsLeft(work: 10, seconds: 2, left: 6) == 18)
        pace.finish(work: 40, seconds: 10)
        pace.begin(work: 60)
        #expect(pace.secondsLeft(work: 0, seconds: 0, left: 15) == 15)
    }

    /// One that goes on has a part behind it that took no time here.
    @Test func whatWasDoneEarlierDoesNotCount() {
        var pace = TrainingPace(work: 100)
        pace.begin(work: 80)
        pace.finish(work: 20, seconds: 10)
        pace.begin(work: 10)
        #expect(pace.secondsLeft(work: 5, seconds: 2.5, left: 2.5) == 7.5)
    }
}
