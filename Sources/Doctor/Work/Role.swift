/// What is counted, whatever an event is called: the loops know roles, the counters know names.
package enum Role: Hashable, CaseIterable {
    case instructions, cycles, branches, mispredictions, loads, stores, floatOperations
    case l1Misses, l2Misses, l3Misses
    case pageFaults, contextSwitches, migrations, taskClock
    case macs, requantized, bytesPacked, referenceCalls

    /// Names of this role: of quantities of the counter groups, and of single events.
    package var events: [String] {
        switch self {
        case .instructions: ["PAPI_TOT_INS", "perf::INSTRUCTIONS"]
        case .cycles: ["PAPI_TOT_CYC", "perf::CYCLES"]
        case .branches: ["PAPI_BR_INS", "perf::BRANCH-INSTRUCTIONS"]
        case .mispredictions: ["PAPI_BR_MSP", "perf::BRANCH-MISSES"]
        case .loads: ["PAPI_LD_INS"]
        case .stores: ["PAPI_SR_INS"]
        case .floatOperations: ["PAPI_SP_OPS", "PAPI_FP_OPS"]
        case .l1Misses: ["PAPI_L1_DCM", "perf::L1-DCACHE-LOAD-MISSES"]
        case .l2Misses: ["PAPI_L2_DCM", "PAPI_L2_TCM"]
        case .l3Misses: ["L3_MISSES", "PAPI_L3_TCM", "PAPI_L3_DCM"]
        case .pageFaults: ["PAGE_FAULTS", "perf::PAGE-FAULTS", "perf::MINOR-FAULTS", "process::MINOR_FAULTS"]
        case .contextSwitches: ["CONTEXT_SWITCHES", "perf::CONTEXT-SWITCHES", "process::VOLUNTARY_SWITCHES"]
        case .migrations: ["MIGRATIONS", "perf::CPU-MIGRATIONS", "process::MIGRATIONS"]
        case .taskClock: ["CPU_NS", "perf::TASK-CLOCK", "process::CPU_NS"]
        case .macs: ["quantkernels::MACS"]
        case .requantized: ["quantkernels::ELEMENTS_REQUANTIZED"]
        case .bytesPacked: ["quantkernels::BYTES_PACKED"]
        case .referenceCalls: ["quantkernels::CALLS_REFERENCE"]
        }
    }

    /// The role of a name; nil if no loop knows what it should count.
    package static func of(_ event: String) -> Role? { allCases.first { $0.events.contains(event) } }

    /// The names that are examined unless others are asked for: one of each role, and what other sources have besides.
    package static var standardEvents: [String] {
        allCases.flatMap { role in
            switch role {
            case .pageFaults, .contextSwitches, .migrations, .taskClock:
                role.events.filter { $0.hasPrefix("perf::") && $0 != "perf::MINOR-FAULTS" || $0.hasPrefix("process::") }
            default: [role.events[0]]
            }
        }
    }
}
