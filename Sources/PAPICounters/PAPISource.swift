public import Counters

#if PAPI
    internal import CPAPI
#endif

/// Events read through libpapi: hardware presets and native events, the kernel's software events (`perf::…`), and the
/// software-defined events of libraries in this process.
///
/// Built without the package trait `PAPI` it counts nothing and says so.
public struct PAPISource: CounterSource {
    package static let builtWithoutPAPI = "built without PAPI (package trait off)"

    public let name = "papi"

    public init() {}

    /// Version of the libpapi in use; nil without one.
    public static var libraryVersion: String? {
        #if PAPI
            PAPILibrary.failure == nil ? PAPILibrary.version : nil
        #else
            nil
        #endif
    }

    /// Why there is no libpapi to use; nil if there is.
    public static var missingReason: String? {
        #if PAPI
            PAPILibrary.failure
        #else
            builtWithoutPAPI
        #endif
    }

    /// Whether this build can use libpapi at all (package trait `PAPI`).
    public static var isBuiltIn: Bool {
        #if PAPI
            true
        #else
            false
        #endif
    }

    #if PAPI
        public func components() -> [CounterComponent] { PAPILibrary.components() }
        public func catalogue() -> [CounterDescription] { PAPICatalogue.entries() }

        public func check(_ event: String) -> EventStatus? {
            switch EventResolver.resolve(event) {
            case .event: .available
            case .unavailable(let reason): .unavailable(reason: reason)
            case .unknown: nil
            }
        }

        public func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession {
            PAPISession(events: events, team: team)
        }

        /// What belongs to the machine (energy, temperatures) is brought up to date about once in a millisecond.
        public func shortestRegion(of event: String) -> Double {
            guard case .event(let found) = EventResolver.resolve(event), found.component != PAPILibrary.softwareDefined,
                cpapi_component_is_per_thread(found.component) == 0
            else { return 0 }
            return 0.2
        }
    #else
        private var substitute: NullSource { NullSource(name: name, reason: Self.builtWithoutPAPI) }

        public func components() -> [CounterComponent] { substitute.components() }
        public func catalogue() -> [CounterDescription] { substitute.catalogue() }
        /// Names that PAPI might know; others are nobody's.
        public func check(_ event: String) -> EventStatus? {
            event.hasPrefix("PAPI_") || event.contains("::") ? substitute.check(event) : nil
        }
        public func begin(_ events: [String], on team: ThreadTeam) -> any CounterSession {
            substitute.begin(events, on: team)
        }
    #endif
}
