internal import Measurement
internal import Networks
internal import QuantKernels
internal import Quantization
internal import Results
internal import Suites

/// An executor as the thing that is timed.
final class ExecutorWorkload: Measurement.Workload {
    let executor: Executor

    init(name: String, executor: Executor) {
        self.executor = executor
        super.init(name: name)
    }

    override func run() { executor.run() }
}

/// Prepares cells that are whole networks.
struct NetworkCells {
    let models: ModelStore
    let registry: KernelRegistry
    let checks: ReferenceChecks
    let clock = MonotonicClock()

    /// - Throws: `RunnerError` for missing or damaged input; what the scheme cannot do settles the cell as skipped.
    func prepare(_ cell: Cell, _ network: NetworkWorkload, pool: ThreadPool) throws -> Preparation {
        if let reason = models.missingCheckpoint(network) {
            return .settled(Record(cell, status: .skipped, reason: reason))
        }
        switch cell.numerics {
        case .f32: return try float(cell, network, pool)
        case .quantized(let numerics):
            let method = numerics.method
            if method.equalization || method.biasCorrection || method.weightRounding != .nearest,
                try models.float(network).dataset == nil
            {
                return .settled(
                    Record(
                        cell, status: .skipped,
                        reason:
                            "the network's weights are random: equalization, bias correction and AdaRound have nothing "
                            + "to preserve"))
            }
            // What the scheme or the kernels refuse is no error of the run: the cell says why it is left out.
            do {
                if numerics.training == .qat, let reason = try models.missingTraining(network, numerics) {
                    return .settled(Record(cell, status: .skipped, reason: reason))
                }
                return try integer(cell, network, numerics, pool)
            } catch let error as QuantizationError {
                return .settled(Record(cell, status: .skipped, reason: "\(error)"))
            } catch KernelError.unsupported(let reason) {
                return .settled(Record(cell, status: .skipped, reason: reason))
            }
        }
    }

    private func float(_ cell: Cell, _ workload: NetworkWorkload, _ pool: ThreadPool) throws -> Preparation {
        let model = try models.float(workload)
        let start = clock.now()
        let executor = try FloatExecutor(
            network: model.network, parameters: model.parameters, batch: cell.batch, registry: registry, pool: pool)
        var record = Record(cell)
        record.setup = Setup(packing: Double(clock.now() - start))
        let image = try models.image(model)
        for index in executor.input.indices { executor.input[index] = image[index % image.count] }
        record.trainedBy = model.trainedBy
        fill(&record, executor, modelBytes: model.modelBytes)
        executor.run()
        if let problem = try checks.float(
            model, image: image, output: Array(executor.output.prefix(model.network.classes)))
        {
            return .settled(failed(record, problem))
        }
        return .ready(
            PreparedCell(
                cell: cell, workload: ExecutorWorkload(name: cell.name, executor: executor), pool: pool, record: record,
                isInteger: false, output: { executor.output.flatMap { withUnsafeBytes(of: $0) { Array($0) } } }))
    }

    private func integer(
        _ cell: Cell, _ workload: NetworkWorkload, _ numerics: QuantizedNumerics, _ pool: ThreadPool
    ) throws -> Preparation {
        let model = try models.quantized(workload, numerics)
        let floatModel = try models.float(behind: workload, numerics)
        let image = try models.image(floatModel)
        let key = "\(workload.name)/\(numerics)"
        try checks.prepare(model, float: floatModel, key: key, image: image)
        let (modelBytes, network) = (model.modelBytes, model.network)
        let packing = clock.now()
        let executor = try IntegerExecutor(
            model: consume model, batch: cell.batch, registry: registry, pool: pool,
            allowsFloatRequantization: numerics.rounding == .fp32)
        var record = Record(cell)
        record.setup = Setup(
            packing: Double(clock.now() - packing), calibration: models.calibrationTime(workload, numerics))
        executor.quantizeInput((0..<executor.input.count).map { image[$0 % image.count] })
        record.trainedBy = floatModel.trainedBy
        fill(&record, executor, modelBytes: modelBytes)
        executor.run()
        let output = Array(executor.integers(of: network.last).prefix(network.classes))
        let (largest, ratio) = checks.integer(key: key, output: output)
        record.error = NumericalError(againstF32SqnrDb: ratio, againstReferenceMaxLsb: largest)
        if largest > 0 {
            return .settled(
                failed(record, "the output differs from the reference operators' by up to \(largest) levels"))
        }
        return .ready(
            PreparedCell(
                cell: cell, workload: ExecutorWorkload(name: cell.name, executor: executor), pool: pool, record: record,
                isInteger: true, output: { Array(executor.output) },
                countSaturation: { executor.countSaturation() }))
    }

    private func fill(_ record: inout Record, _ executor: Executor, modelBytes: Int) {
        record.path = executor.path.description
        record.macs = executor.network.macs * executor.batch
        record.modelBytes = modelBytes
        record.arenaBytes = executor.arenaBytes
        record.packedBytes = executor.packedBytes
    }

    private func failed(_ record: Record, _ reason: String) -> Record {
        var record = record
        (record.status, record.reason) = (.failed, reason)
        return record
    }
}
