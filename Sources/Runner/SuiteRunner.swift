internal import Counters
internal import Datasets
internal import Foundation
internal import Measurement
public import Networks
public import QuantKernels
public import Results
public import Suites

/// Runs a suite: cells to workloads, workloads to records. One use.
///
/// Cells of one workload (the numerics and thread counts of one network) are interleaved with each other and measured
/// before the next workload is prepared; each cell's record is in the journal as soon as the cell is complete.
public final class SuiteRunner {
    public struct Options {
        public var registry: KernelRegistry
        public var plan: MeasureSettings
        public var seed: UInt64
        public var checkpoints: CheckpointStore
        /// Groups' or events' names.
        public var counters: [String]
        public var requireCounters: Bool
        /// The most passes over a cell to count events that do not fit on the counters together.
        public var counterPasses = 8
        /// Whether network cells are profiled layer by layer.
        public var perLayer: Bool
        /// Folder of counter groups.
        public var counterGroups: String
        /// Path of the journal; a file that does not exist yet.
        public var journal: String
        /// How to run one cell again: the command up to the filter.
        public var rerun: (_ cell: Cell) -> String
        /// Path of the executable, for the revision.
        public var executable: String

        public init(
            registry: KernelRegistry, plan: MeasureSettings, seed: UInt64, checkpoints: CheckpointStore,
            counters: [String],
            requireCounters: Bool, perLayer: Bool, counterGroups: String, journal: String,
            rerun: @escaping (Cell) -> String,
            executable: String
        ) {
            (self.registry, self.plan, self.seed, self.checkpoints) = (registry, plan, seed, checkpoints)
            (self.counters, self.requireCounters, self.counterGroups) = (counters, requireCounters, counterGroups)
            self.perLayer = perLayer
            (self.journal, self.rerun, self.executable) = (journal, rerun, executable)
        }
    }

    /// What the run is at, for a progress line.
    public enum Progress {
        case machine
        case preparing(cell: String, done: Int, total: Int)
        /// `share` of the images.
        case accuracy(cell: String, done: Int, total: Int, share: Double)
        case profiling(workload: String, done: Int, total: Int)
        /// `share` of the whole run's sampling.
        case measuring(workload: String, done: Int, total: Int, share: Double)
    }

    public struct Outcome {
        public var file: ResultsFile
        /// Ended by `shouldStop` before all cells were complete.
        public var interrupted: Bool
        public var wrongNumbers: Bool { file.benchmarks.contains { $0.status == .failed } }
    }

    private let suite: Suite
    private let cells: [Cell]
    private let options: Options
    private let models: ModelStore
    private let checks = ReferenceChecks()
    private let placement = Placement()
    private var pools: [Int: ThreadPool] = [:]
    private var qualities: [String: CellQuality] = [:]

    public init(suite: Suite, cells: [Cell], options: Options) {
        (self.suite, self.cells, self.options) = (suite, cells, options)
        models = ModelStore(checkpoints: options.checkpoints, seed: options.seed)
    }

    /// - Throws: `RunnerError`. What was complete by then is in the journal.
    public func run(progress: (Progress) -> Void, shouldStop: () -> Bool) throws -> Outcome {
        ProcessMemory.returnLargeBlocks()
        try checkInputs()
        let pass = try counterPass()
        let traffic = try options.perLayer ? LayerTraffic(CounterSources.all, groups: counterGroups()) : nil
        progress(.machine)
        var context = context()
        let journal = try RunnerError.wrap(.failure) { try Journal(path: options.journal, context: context) }
        var file = ResultsFile(context: context, benchmarks: [])
        var samples: [String: [Double]] = [:]
        var done = 0
        for group in workloadGroups() {
            if shouldStop() { break }
            var ready: [PreparedCell] = []
            for cell in group {
                if shouldStop() { break }
                progress(.preparing(cell: cell.name, done: done + ready.count, total: cells.count))
                switch try prepare(cell, progress, done: done + ready.count, shouldStop) {
                case .ready(let prepared): ready.append(prepared)
                case .settled(let record):
                    try append(record, to: journal, &file)
                    done += 1
                }
            }
            if shouldStop() { break }
            if let traffic { profile(ready, traffic, progress, done: done, shouldStop) }
            if shouldStop() { break }
            try measure(
                ready, pass: pass, context: context, done: done, progress: progress, shouldStop: shouldStop
            ) { record, measured in
                samples[record.name] = measured
                try append(record, to: journal, &file)
            }
            done += ready.count
        }
        if !shouldStop() {
            progress(.machine)
            context.ceilings = ceilings(context)
            file.context = context
        }
        file.benchmarks = complete(file.benchmarks, samples)
        let measured = file.benchmarks
        let derivation = Derivation(context: context, registry: options.registry)
        for index in measured.indices { derivation.derive(&file.benchmarks[index], among: measured) }
        return Outcome(file: file, interrupted: file.benchmarks.count < cells.count)
    }

    // MARK: Before measuring

    /// Reads every checkpoint and dataset once, so that a damaged or missing one is said before anything is measured. Cells
    /// of networks without a checkpoint will be skipped, if other trained networks have theirs.
    private func checkInputs() throws {
        let networks = cells.compactMap { cell in
            if case .network(let network) = cell.workload { network } else { nil }
        }
        let trained = networks.filter { NetworkFamily.named($0.family)?.dataset != nil }
        if let first = trained.first, trained.allSatisfy({ models.missingCheckpoint($0) != nil }) {
            _ = try models.float(first)
        }
        for cell in cells {
            guard case .network(let network) = cell.workload, models.missingCheckpoint(network) == nil else { continue }
            let model = try models.float(network)
            if case .quantized(let numerics) = cell.numerics, numerics.training == .qat {
                try models.checkTraining(network, numerics)
            }
            if let dataset = model.dataset {
                if case .quantized = cell.numerics {
                    _ = try models.dataset(dataset, split: "train", resolution: network.resolution)
                }
                _ = try models.dataset(dataset, split: "test", resolution: network.resolution)
            }
            if case .measured(let dataset, let split)? = suite.accuracy, model.dataset != nil {
                let set = try models.dataset(dataset, split: split.rawValue, resolution: network.resolution)
                guard (model.network.head == nil) == (set.objects == nil) else {
                    throw RunnerError(
                        .input,
                        "accuracy of \(network.name) on \(dataset): "
                            + (set.objects == nil
                                ? "a detector is measured on boxes" : "a network for classes is not measured on boxes")
                            + "; its dataset is \(model.dataset ?? "")")
                }
            }
        }
    }

    private func counterGroups() throws -> GroupLibrary {
        try RunnerError.wrap(.input) { try GroupLibrary(directory: options.counterGroups) }
    }

    private func counterPass() throws -> CounterPass {
        let source = CounterSources.all
        guard !options.counters.isEmpty else {
            return CounterPass(
                source: source, selection: GroupLibrary(groups: []).select([], source: source), passes: 1)
        }
        let groups = try counterGroups()
        try RunnerError.wrap(.failure) { try KernelCounters.register() }
        let selection = groups.select(options.counters, source: source)
        for item in selection.items where item.isUnknown && options.counters.contains(item.name) {
            throw RunnerError(
                .input,
                "'\(item.name)' is neither a counter group (\(groups.groups.map(\.name).joined(separator: ", "))) "
                    + "nor an event that this machine's counters know; `bench counters` lists what there is")
        }
        let missing = selection.items.filter { $0.formula == nil }.map { "\($0.name): \($0.reason)" }
        if options.requireCounters, !missing.isEmpty {
            throw RunnerError(
                .countersUnavailable, "required counters are unavailable: " + missing.joined(separator: "; "))
        }
        return CounterPass(source: source, selection: selection, passes: options.counterPasses)
    }

    /// The machine and the program; ceilings for every thread count of the run.
    private func context() -> Context {
        var context = ContextProbe().context()
        context.ceilings = ceilings(context)
        context.clock = MachineProbe(registry: options.registry).coreClock()
        context.buildConfiguration = BuildFacts.configuration
        context.compiler = BuildFacts.compiler
        context.revision = BuildFacts.revision(executable: options.executable)
        context.suite = SuiteIdentity(name: suite.name, hash: suite.digest, paper: suite.papers)
        context.seed = options.seed
        context.startTime = ISO8601DateFormatter().string(from: Date())
        context.papiVersion = KernelCounters.papiVersion
        context.placement = placement.fact(threads: cells.map(\.threads).max() ?? 1)
        return context
    }

    /// For every thread count of the run; not below those that are known.
    private func ceilings(_ context: Context) -> [Ceiling] {
        MachineProbe(registry: options.registry).ceilings(
            threads: cells.map(\.threads), layersOn: options.perLayer ? context.caches ?? [] : nil,
            known: context.ceilings ?? [])
    }

    /// Cells by workload and batch, in the suite's order.
    private func workloadGroups() -> [[Cell]] {
        var groups: [[Cell]] = []
        var places: [String: Int] = [:]
        for cell in cells {
            let key = "\(cell.workload.name)/b\(cell.batch)"
            if let place = places[key] {
                groups[place].append(cell)
            } else {
                places[key] = groups.count
                groups.append([cell])
            }
        }
        return groups
    }

    private func prepare(
        _ cell: Cell, _ progress: (Progress) -> Void, done: Int, _ shouldStop: () -> Bool
    ) throws -> Preparation {
        let pool = pool(threads: cell.threads)
        let prepared: Preparation
        do {
            if case .network(let network) = cell.workload {
                prepared = try NetworkCells(models: models, registry: options.registry, checks: checks)
                    .prepare(cell, network, pool: pool)
            } else {
                prepared = try OperatorCells(registry: options.registry).prepare(cell, pool: pool)
            }
        } catch let error as RunnerError { throw error } catch {
            var record = Record(cell, status: .failed, reason: "\(error)")
            record.rerun = options.rerun(cell)
            return .settled(record)
        }
        switch prepared {
        case .settled(var record):
            record.rerun = options.rerun(cell)
            return .settled(record)
        case .ready(let ready):
            ready.record.rerun = options.rerun(cell)
            if case .network(let network) = cell.workload {
                let quality = try quality(cell, network) { share in
                    progress(.accuracy(cell: cell.name, done: done, total: cells.count, share: share))
                    return !shouldStop()
                }
                switch quality {
                case .accuracy(let accuracy)?: ready.record.accuracy = accuracy
                case .detection(let detection)?: ready.record.detection = detection
                case nil: break
                }
            }
            return .ready(ready)
        }
    }

    private func pool(threads: Int) -> ThreadPool {
        if let known = pools[threads] { return known }
        let pool = ThreadPool(threads: threads)
        placement.spread(pool)
        pools[threads] = pool
        return pool
    }

    /// How well the cell's model does on this path; threads do not change it, so it is evaluated once for all of them.
    private enum CellQuality {
        case accuracy(Accuracy)
        case detection(DetectionQuality)
    }

    /// - Parameter goOn: told the share of images done; false ends the evaluation, and there is no quality.
    private func quality(
        _ cell: Cell, _ workload: NetworkWorkload, goOn: (_ share: Double) -> Bool
    ) throws -> CellQuality? {
        guard let wanted = suite.accuracy else { return nil }
        let model = try models.float(workload)
        guard model.dataset != nil, case .measured(let name, let split) = wanted else {
            return Published.accuracy(network: workload.name, numerics: cell.numerics.description)
                .map(CellQuality.accuracy)
        }
        let key = "\(workload.name)/\(cell.numerics)"
        if let known = qualities[key] { return known }
        let set = try models.dataset(name, split: split.rawValue, resolution: workload.resolution)
        let subject: ImageSweep.Model =
            switch cell.numerics {
            case .f32: .float(model)
            case .quantized(let numerics): .integer(try models.quantized(workload, numerics))
            }
        let quality: CellQuality? =
            if model.network.head != nil {
                try DetectionEvaluation.measure(subject, on: set, registry: options.registry, goOn: goOn)
                    .map(CellQuality.detection)
            } else {
                try AccuracyEvaluation.measure(subject, on: set, registry: options.registry, goOn: goOn)
                    .flatMap(\.accuracy).map(CellQuality.accuracy)
            }
        qualities[key] = quality
        return quality
    }

    // MARK: Measuring

    /// Layer by layer, before the cells are timed: a record is complete when its cell is.
    private func profile(
        _ ready: [PreparedCell], _ traffic: LayerTraffic, _ progress: (Progress) -> Void, done: Int,
        _ shouldStop: () -> Bool
    ) {
        guard let first = ready.first else { return }
        progress(.profiling(workload: first.cell.workload.name, done: done, total: cells.count))
        let profiler = LayerProfiler(seed: options.seed, time: options.plan.minTime / .seconds(1) * 1e9)
        placement.withCallerOnFirst {
            profiler.profile(ready, shouldStop: shouldStop)
            for prepared in ready where !shouldStop() { traffic.count(prepared) }
        }
    }

    private func measure(
        _ ready: [PreparedCell], pass: CounterPass, context: Context, done: Int, progress: (Progress) -> Void,
        shouldStop: () -> Bool, finished: (Record, [Double]) throws -> Void
    ) throws {
        guard !ready.isEmpty else { return }
        let plan = MeasurePlan(options.plan, seed: options.seed)
        let sampler = try RunnerError.wrap(.input) {
            try Sampler(plan: plan, clock: MonotonicClock(), witness: SchedulerWitness())
        }
        let byName = Dictionary(uniqueKeysWithValues: ready.map { ($0.cell.name, $0) })
        let derivation = Derivation(context: context, registry: options.registry)
        let name = ready[0].cell.workload.name
        _ = try placement.withCallerOnFirst {
            try sampler.measure(
                ready.map(\.workload), shouldStop: shouldStop,
                progress: { state in
                    let share = (Double(done) + state.fraction * Double(ready.count)) / Double(cells.count)
                    progress(
                        .measuring(workload: name, done: done + state.finishedCells, total: cells.count, share: share))
                },
                finished: { measurement in
                    let prepared = byName[measurement.name]!
                    var record = prepared.record
                    // The buffers of the timed run, before anything else runs in them.
                    let output = prepared.output()
                    record.outputHash = outputHash(output)
                    if output != prepared.checkedOutput {
                        record.status = .failed
                        record.reason = "the output of the timed run differs from the one that was checked"
                    }
                    record.latency = Latency(measurement)
                    record.peakResidentBytes = ProcessMemory.peakResidentBytes
                    derivation.derive(&record, among: ready.map(\.record))
                    pass.count(prepared, into: &record)
                    try finished(record, measurement.samples)
                })
        }
    }

    private func append(_ record: Record, to journal: Journal, _ file: inout ResultsFile) throws {
        try RunnerError.wrap(.failure) { try journal.append(record) }
        file.benchmarks.append(record)
    }

    /// What takes two cells to know: speed-up over f32 and the difference of accuracy; in the suite's order.
    private func complete(_ records: [Record], _ samples: [String: [Double]]) -> [Record] {
        let byName = Dictionary(uniqueKeysWithValues: records.map { ($0.name, $0) })
        return cells.compactMap { cell in
            guard var record = byName[cell.name] else { return nil }
            let twin = Cell(
                workload: cell.workload, numerics: SpelledNumerics(numerics: .f32, spelled: "f32"),
                threads: cell.threads,
                batch: cell.batch, suiteSeed: options.seed)
            if cell.numerics != .f32, record.status == .ok, let own = samples[cell.name],
                let float = samples[twin.name],
                byName[twin.name]?.status == .ok
            {
                record.speedupOverF32 = Statistics.ratioOfMedians(numerator: float, denominator: own).map(Estimate.init)
            }
            if let accuracy = record.accuracy, accuracy.provenance == .measured,
                let float = byName[twin.name]?.accuracy, float.provenance == .measured
            {
                record.accuracy?.deltaF32 = accuracy.top1 - float.top1
            }
            if let detection = record.detection, detection.provenance == .measured,
                let float = byName[twin.name]?.detection, float.provenance == .measured
            {
                record.detection?.deltaF32 = detection.map - float.map
            }
            return record
        }
    }
}

extension MeasurePlan {
    init(_ settings: MeasureSettings, seed: UInt64) {
        // Without a limit of the suite's own, time alone ends a cell: a smaller number would end it before `max_time`.
        self.init(
            warmup: settings.warmup / .seconds(1), minTime: settings.minTime / .seconds(1),
            maxTime: settings.maxTime / .seconds(1), relativeCI: settings.relativeCI,
            maxSamples: settings.maxSamples ?? 1 << 24, seed: seed)
    }
}
