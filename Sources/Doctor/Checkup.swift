// The doctor: is this machine fit to measure on, and can its counters be trusted? Called by `bench doctor`.
public import Counters
internal import Measurement
public import QuantKernels
public import Results

/// Examines the machine and holds counters against loops of known work.
public struct Checkup {
    private let source: any CounterSource
    private let groups: GroupLibrary
    private let registry: KernelRegistry
    private let papi: Fact
    private let build: String

    /// - Parameters:
    ///   - source: whose events are examined.
    ///   - groups: what names stand for.
    ///   - registry: whose kernels do the work that the kernel library's own counters are held against.
    ///   - papi: version of the PAPI library, or why there is none.
    ///   - build: configuration of the program.
    public init(
        source: any CounterSource, groups: GroupLibrary, registry: KernelRegistry, papi: Fact, build: String
    ) {
        (self.source, self.groups, self.registry) = (source, groups, registry)
        (self.papi, self.build) = (papi, build)
    }

    /// The names that are examined unless others are asked for.
    public static var standardEvents: [String] { Role.standardEvents }

    /// Takes some seconds. The calling thread is bound to one processor meanwhile.
    /// - Parameter names: of groups, quantities or events.
    public func examine(_ names: [String] = Checkup.standardEvents) throws -> Diagnosis {
        let usable = MachineExamination.usableProcessors()
        let system = SystemExamination(usable: usable)
        let before = system.processorTimes
        var checks = system.findings(papi: papi, hardwareReason: HardwareProbe.shared.reason, build: build)
        checks.append(MachineExamination.affinity(usable))
        return try MachineExamination.onOneProcessor(of: usable) {
            checks.append(MachineExamination.clock(source: system.clockSource))
            let clock = MachineExamination.coreClock()
            checks.append(clock.finding)
            let work = try KnownWork.all(
                caches: system.context.caches ?? [], memory: system.memory, registry: registry)
            let examination = Examination(source: source, work: work)
            let timings = examination.timings(coreClock: clock.hertz)
            // Each quantity by itself, so that each has the counters to itself.
            let reports = groups.select(names, source: source).items.map { item in
                examination.report(groups.select([item.name], source: source))
            }
            checks.append(.stealTime(before: before, after: system.processorTimes))
            return Diagnosis(
                processor: system.context.processor?.name, kernel: system.context.kernel, checks: checks,
                coreClock: clock.hertz, work: timings, events: reports)
        }
    }
}
