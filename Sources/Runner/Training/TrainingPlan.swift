public import Networks
public import Suites

/// The checkpoints that cells need, in the order in which they are to be trained.
public struct TrainingPlan: Sendable {
    public struct Entry: Sendable {
        public let job: TrainingJob
        /// Where the checkpoint is; nil if it is to be made.
        public let path: String?
    }

    /// Floats first: trainings for integers start from them, and no cell of a network runs without. Otherwise in the order of
    /// the cells.
    public let entries: [Entry]
    /// What cells name and no training can make, with the reason.
    public let refused: [(name: String, reason: String)]

    public var missing: [TrainingJob] { entries.filter { $0.path == nil }.map(\.job) }

    /// - Parameters:
    ///   - training: the suite's recipes.
    ///   - path: where a network's checkpoint is, if there is one.
    public init(_ cells: [Cell], training: SuiteTraining, path: (Network, TrainingKind) -> String?) {
        var known: Set<String> = []
        var (floats, integers, refused): ([Entry], [Entry], [(String, String)]) = ([], [], [])
        for cell in cells {
            guard case .network(let workload) = cell.workload, let family = NetworkFamily.named(workload.family),
                let dataset = family.dataset
            else { continue }
            let network = family.network(width: workload.width ?? 1, resolution: workload.resolution)
            func add(_ numerics: QuantizedNumerics?, to entries: inout [Entry]) {
                let job = TrainingJob(
                    network: network, dataset: dataset, numerics: numerics,
                    recipe: numerics == nil ? training.float : training.qat, seed: UInt64(numerics?.seed ?? 1))
                guard known.insert(job.name).inserted else { return }
                if let objection = job.objection() {
                    refused.append((job.name, objection))
                } else {
                    entries.append(Entry(job: job, path: path(network, job.kind)))
                }
            }
            add(nil, to: &floats)
            if case .quantized(let numerics) = cell.numerics, numerics.training == .qat {
                add(numerics, to: &integers)
            }
        }
        entries = floats + integers
        self.refused = refused
    }

    public init(_ cells: [Cell], training: SuiteTraining, checkpoints: CheckpointStore) {
        self.init(cells, training: training) { checkpoints.path(for: $0, $1) }
    }
}
