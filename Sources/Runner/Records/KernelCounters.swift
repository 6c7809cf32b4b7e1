internal import Counters
internal import PAPICounters
internal import QuantKernels
public import Results
internal import Synchronization

/// The kernel library's counters, registered as PAPI's software-defined events `quantkernels::…`.
public enum KernelCounters {
    private static let registered = Mutex(false)

    /// Registers them once per process; a build without PAPI has nothing to register them with, which the readings say.
    public static func register() throws {
        try registered.withLock { done in
            guard !done else { return }
            done = true
            guard PAPISource.isBuiltIn else { return }
            try SoftwareDefinedEvents.register(
                library: "quantkernels",
                counters: WorkCounter.allCases.map {
                    SoftwareDefinedEvents.Counter(name: $0.name, description: $0.summary, value: $0.address)
                })
        }
    }

    /// The PAPI library in use, or why there is none.
    public static var papiVersion: Fact {
        PAPISource.libraryVersion.map(Fact.known) ?? .unknown(PAPISource.missingReason ?? "not initialised")
    }
}
