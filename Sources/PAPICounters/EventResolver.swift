#if PAPI
    internal import CPAPI
    internal import Counters

    /// From the name that a user writes to the event that PAPI counts, or to the reason why not.
    enum EventResolver {
        struct Event {
            let code: Int32
            let component: Int32
            /// The event that is counted in place of the one asked for.
            let standIn: String?
        }

        enum Resolution {
            case event(Event)
            case unavailable(reason: String)
            case unknown
        }

        /// Generic events of perf_event that mean the same as a preset that PAPI does not know on this processor.
        private static let standIns = [
            "PAPI_TOT_CYC": "perf::CYCLES",
            "PAPI_TOT_INS": "perf::INSTRUCTIONS",
            "PAPI_BR_INS": "perf::BRANCH-INSTRUCTIONS",
            "PAPI_BR_MSP": "perf::BRANCH-MISSES",
        ]

        /// These happen in the kernel, but PAPI counts user mode only unless told otherwise: it would report 0.
        private static let kernelSide: Set<String> = [
            "perf::CONTEXT-SWITCHES", "perf::CS", "perf::PERF_COUNT_SW_CONTEXT_SWITCHES",
            "perf::CGROUP-SWITCHES", "perf::PERF_COUNT_SW_CGROUP_SWITCHES", "perf::CPU-MIGRATIONS", "perf::MIGRATIONS",
            "perf::PERF_COUNT_SW_CPU_MIGRATIONS",
        ]
        private static let bothModes = ":u=1:k=1"

        /// Whether an event of the component perf_event needs the processor's counters.
        static func isHardware(_ name: String) -> Bool {
            !(PerfSource.isSoftware(name) || kernelSide.contains(name) || name == "perf::FAULTS"
                || name.hasPrefix("perf::PERF_COUNT_SW_"))
        }

        /// An event that every region has some of, to see whether a thread's counters move at all.
        static var sentinel: Int32? {
            ["PAPI_TOT_CYC", "perf::CYCLES"].lazy.compactMap { name -> Int32? in
                if case .event(let event) = resolve(name), event.standIn == nil { event.code } else { nil }
            }.first
        }

        /// Codes of events that no region is without: its own instructions are some.
        static let neverZero: Set<Int32> = Set(
            ["PAPI_TOT_CYC", "PAPI_TOT_INS", "perf::CYCLES", "perf::INSTRUCTIONS"].compactMap { code($0) })

        static func resolve(_ name: String) -> Resolution {
            if let failure = PAPILibrary.failure { return .unavailable(reason: failure) }
            if let softwareDefined = SoftwareEventNames.resolve(name) { return softwareDefined }
            guard let code = code(name) else { return .unknown }
            if cpapi_is_preset(code) != 0, PAPI_query_event(code) != PAPI_OK { return standIn(for: name) }
            let found = counted(code, standIn: nil)
            // PAPI's error does not tell a missing PMU from a missing permission; the kernel does.
            if case .unavailable = found, kernelSide.contains(name),
                case .unavailable(let reason)? = PerfSource().check("perf::CONTEXT-SWITCHES")
            {
                return .unavailable(reason: reason)
            }
            return found
        }

        /// Never to be called for a software-defined event that is not registered: PAPI would create it, forever 0.
        static func code(_ name: String) -> Int32? {
            var code: Int32 = 0
            let full = kernelSide.contains(name) ? name + bothModes : name
            return PAPI_event_name_to_code(full, &code) == PAPI_OK ? code : nil
        }

        private static func standIn(for preset: String) -> Resolution {
            if let generic = standIns[preset], let code = code(generic),
                case .event(let event) = counted(code, standIn: generic)
            {
                return .event(event)
            }
            let disabled = PAPILibrary.perfEvent.flatMap(PAPILibrary.disabledReason)
            return .unavailable(
                reason: HardwareProbe.shared.reason ?? disabled.map { "PAPI: \($0)" }
                    ?? "PAPI knows no \(preset) on this processor")
        }

        /// Adds the event to an event set on trial: only that shows whether it can be counted.
        static func counted(_ code: Int32, standIn: String?) -> Resolution {
            let component = PAPI_get_event_component(code)
            var set = PAPI_NULL
            let created = PAPI_create_eventset(&set)
            guard created == PAPI_OK else {
                return .unavailable(reason: PAPILibrary.reason(created, component: component))
            }
            defer {
                PAPI_cleanup_eventset(set)
                PAPI_destroy_eventset(&set)
            }
            let added = PAPI_add_event(set, code)
            guard added == PAPI_OK else { return .unavailable(reason: PAPILibrary.reason(added, component: component)) }
            return .event(Event(code: code, component: component, standIn: standIn))
        }
    }

    /// The names of software-defined events: `library::COUNTER`, or PAPI's own `sde:::library::COUNTER`.
    enum SoftwareEventNames {
        static let prefix = "sde:::"

        /// PAPI's names of all that are registered, by any library in the process.
        static func all() -> [String] {
            guard let component = PAPILibrary.softwareDefined else { return [] }
            return PAPICatalogue.natives(of: component).map(\.name)
        }

        /// nil if the name is no software-defined event's.
        static func resolve(_ name: String) -> EventResolver.Resolution? {
            let full = name.hasPrefix(prefix) ? name : prefix + name
            let library = full.dropFirst(prefix.count).firstRange(of: "::").map {
                full[full.startIndex..<$0.upperBound]
            }
            let known = all()
            if known.contains(full) {
                return EventResolver.code(full).map { EventResolver.counted($0, standIn: nil) } ?? .unknown
            }
            if let library, known.contains(where: { $0.hasPrefix(library) }) {
                return .unavailable(
                    reason: "\(library.dropFirst(prefix.count).dropLast(2)) registers no counter of this name")
            }
            guard name.hasPrefix(prefix) else { return nil }
            if PAPILibrary.softwareDefined == nil {
                return .unavailable(reason: "PAPI has no software-defined events here")
            }
            return .unavailable(reason: "no library has registered this software-defined event")
        }
    }
#endif
