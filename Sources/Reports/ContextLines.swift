import Results

/// The context of a run as labelled lines, for the head of a report.
enum ContextLines {
    /// Only what is known, or known to be unavailable for a reason.
    static func lines(of context: Context) -> [(label: String, value: String)] {
        let all: [(label: String, value: String?)] = [
            ("Suite", context.suite.map { "\($0.name) (\($0.hash))" }),
            ("Date", context.startTime),
            ("Processor", context.processor.map(text)),
            ("Instruction sets", context.instructionSets?.joined(separator: ", ")),
            ("Caches", context.caches?.map(text).joined(separator: ", ")),
            ("Core clock", context.clock.map { "\(Metric.clock.format($0.hz)) (\($0.provenance.rawValue))" }),
            ("Governor", context.governor?.text),
            ("Virtual machine", context.virtualMachine?.text),
            ("Kernel", context.kernel),
            ("perf_event_paranoid", context.perfEventParanoid.map(String.init)),
            ("PAPI", context.papiVersion?.text),
            ("Placement", context.placement?.text),
            ("Load at the start", context.load?.map { "\($0)" }.joined(separator: ", ")),
            ("Build", build(context)),
            ("Revision", context.revision.map { $0.commit + ($0.dirty ? " with local changes" : "") }),
            ("Seed", context.seed.map(String.init)),
        ]
        return all.compactMap { line in line.value.map { (line.label, $0) } }
    }

    private static func text(_ processor: Processor) -> String {
        let cores = processor.physicalCores.map { "\($0) core\($0 == 1 ? "" : "s"), " } ?? ""
        return "\(processor.name) (\(cores)\(processor.logicalCores) logical)"
    }

    private static func text(_ cache: Cache) -> String {
        let size = cache.bytes % (1 << 20) == 0 ? "\(cache.bytes >> 20) MiB" : "\(cache.bytes >> 10) KiB"
        return "L\(cache.level) \(cache.type) \(size)"
    }

    private static func build(_ context: Context) -> String? {
        let parts = [context.buildConfiguration, context.compiler].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
