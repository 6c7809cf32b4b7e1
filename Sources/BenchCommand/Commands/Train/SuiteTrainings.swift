internal import Foundation
internal import Networks
internal import Results
internal import Runner
internal import Suites
internal import Training

/// Trains what a suite's cells need and what is missing, one after the other.
struct SuiteTrainings {
    private let suite: Suite
    private let plan: TrainingPlan
    private let selection: SuiteSelection
    private let threads: Int
    private let images: Int?
    private let display: TrainingDisplay

    init(
        suite: Suite, cells: [Cell], selection: SuiteSelection, threads: Int, images: Int?, display: TrainingDisplay
    ) {
        (self.suite, self.selection, self.threads, self.images) = (suite, selection, threads, images)
        self.display = display
        plan = TrainingPlan(
            cells, training: suite.training, checkpoints: CheckpointStore(shareDirectory: Resources.shareDirectory))
    }

    /// - Throws: `Failure`.
    func run() throws {
        if !display.quiet {
            for (name, reason) in plan.refused { Console.warning("\(name) cannot be trained: \(reason)") }
        }
        let sessions = plan.missing.map { session($0) }
        let text = TrainingPlanText(plan, suite: suite.file) { session($0).hasState }.text
        if selection.dryRun {
            print(text)
            return
        }
        display.note(text)
        guard !sessions.isEmpty else { return }
        let counts = try check(sessions)
        Interrupt.install()
        try train(sessions, counts)
    }

    private func session(_ job: TrainingJob) -> TrainingSession {
        TrainingSession(job: job, threads: threads, images: images, display: display)
    }

    /// Finds out before the first training what would spoil a later one.
    ///
    /// - Returns: how many training images each dataset has.
    private func check(_ sessions: [TrainingSession]) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        let coming = Set(sessions.filter { $0.job.numerics == nil }.map(\.job.network.name))
        for session in sessions {
            let job = session.job
            let count = try counts[job.dataset] ?? TrainingData.count(job.dataset, limit: images)
            counts[job.dataset] = count
            if session.hasState { try session.checkState(images: count) }
            if !coming.contains(job.network.name) { _ = try session.start() }
        }
        return counts
    }

    private func train(_ sessions: [TrainingSession], _ counts: [String: Int]) throws {
        let works = sessions.map { $0.job.work(images: counts[$0.job.dataset]!) }
        var pace = TrainingPace(work: works.reduce(0, +))
        var diverged: [String] = []
        var done = 0
        let clock = ContinuousClock()
        let beginning = clock.now
        for (index, var session) in sessions.enumerated() {
            let job = session.job
            if job.startsFromFloat, diverged.contains(job.network.name) { continue }
            session.display.title = "\(index + 1)/\(sessions.count) \(job.name)"
            pace.begin(work: works[index])
            let (start, pace0) = (clock.now, pace)
            var (first, share): (Double?, Double) = (nil, 0)
            do {
                if Interrupt.requested { throw Failure(.interrupted, "") }
                try session.run(resuming: session.hasState) { progress in
                    let step = Double((progress.epoch - 1) * progress.steps + progress.step)
                    // A training that goes on has a share behind it that took no time here.
                    first = first ?? step - 1
                    share = (step - first!) / Double(progress.epochs * progress.steps)
                    return pace0.secondsLeft(
                        work: share * works[index], seconds: (clock.now - start) / .seconds(1),
                        left: progress.secondsLeft ?? 0)
                }
                done += 1
            } catch let failure as Failure where failure.status == .interrupted {
                throw Failure(
                    .interrupted,
                    "interrupted: \(done) of \(plural(sessions.count, "training")) done; the same command goes on"
                        + (session.hasState ? ", from \(session.statePath)" : ""))
            } catch let error as TrainingError {
                // The others do not depend on it, except those that start from it.
                session.display.line.clear()
                Console.error("\(job.name): \(error)")
                try? FileManager.default.removeItem(atPath: session.statePath)
                diverged.append(job.name)
            }
            pace.finish(work: share * works[index], seconds: (clock.now - start) / .seconds(1))
        }
        let time = duration((clock.now - beginning) / .seconds(1))
        guard diverged.isEmpty else {
            throw Failure(
                .internalError,
                "\(done) of \(plural(sessions.count, "training")) done in \(time); failed: "
                    + diverged.joined(separator: ", "))
        }
        display.note(
            "\(plural(done, "training")) done in \(time); `bench run \(shellQuoted(suite.file))` finds all it needs")
    }
}
