internal import ArgumentParser
internal import Foundation
internal import QuantKernels
internal import Results
internal import Runner

struct MachineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine",
        abstract: "Show this processor, its caches and instruction sets, and measure its ceilings and clock.")

    @Option(
        help: ArgumentHelp("Thread counts to measure; one and all processors unless told otherwise.", valueName: "list")
    )
    var threads: String?
    @Option(help: "Measure the ceilings of this instruction set: scalar, avx2, avxvnni, avx512, avx512vnni.")
    var isa: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let registry = try Environment.registry(isa: isa)
        var counts = [1, ProcessInfo.processInfo.activeProcessorCount]
        if let threads {
            var options = SuiteOptions()
            options.suite = ""
            options.threads = threads
            counts = try options.threadCounts() ?? counts
        }
        let probe = MachineProbe(registry: registry)
        var context = ContextProbe().context()
        context.ceilings = probe.ceilings(threads: counts)
        context.clock = probe.coreClock()
        context.papiVersion = KernelCounters.papiVersion
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(context), as: UTF8.self))
        } else {
            print(describe(context, registry, probe), terminator: "")
        }
    }

    private func describe(_ context: Context, _ registry: KernelRegistry, _ probe: MachineProbe) -> String {
        var lines: [String] = []
        func row(_ name: String, _ value: String) {
            lines.append(name + String(repeating: " ", count: max(1, 20 - name.count)) + value)
        }
        if let processor = context.processor {
            row("processor", "\(processor.name), \(processor.logicalCores) logical cores")
        }
        for cache in context.caches ?? [] {
            let shared = cache.sharedBy.map { Int($0) == nil ? ", shared by processors \($0)" : "" } ?? ""
            row("L\(cache.level) \(cache.type)", "\(cache.bytes >> 10) KiB\(shared)")
        }
        row("instruction sets", (context.instructionSets ?? []).joined(separator: " "))
        row("kernel paths", registry.features.description)
        row("integer kernels on", "\(registry.integerPath) (ceiling loop \(probe.loops.integer))")
        row("float kernels on", "\(registry.floatPath) (ceiling loop \(probe.loops.float))")
        let missing = InstructionSet.allCases.filter { !registry.features.contains($0) }
        if !missing.isEmpty {
            row(
                "not used",
                missing.map(\.description).joined(separator: ", ") + (isa == nil ? " (not on this processor)" : ""))
        }
        if let clock = context.clock {
            row("core clock", String(format: "%.3f GHz (derived: dependent additions, one per cycle)", clock.hz / 1e9))
        }
        row("Linux", context.kernel ?? "unknown")
        row("governor", context.governor?.text ?? "unknown")
        row("virtual machine", context.virtualMachine?.text ?? "unknown")
        row("PAPI", context.papiVersion?.text ?? "unknown")
        lines.append("")
        lines.append("threads   int8 GMAC/s   MAC/cycle    f32 GMAC/s   MAC/cycle   memory GB/s")
        let hertz = context.clock?.hz ?? .nan
        for ceiling in context.ceilings ?? [] {
            let integer = ceiling.int8GmacsPerSecond ?? .nan
            let float = ceiling.f32GmacsPerSecond ?? .nan
            lines.append(
                String(
                    format: "%7d   %11.1f   %9.1f   %11.1f   %9.1f   %11.1f", ceiling.threads, integer,
                    integer * 1e9 / hertz, float, float * 1e9 / hertz, ceiling.bandwidthGbPerSecond ?? .nan))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
