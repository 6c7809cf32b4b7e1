#if PAPI
    internal import CPAPI
    internal import Counters

    /// libpapi itself: initialised once, its components, its errors in words.
    enum PAPILibrary {
        /// Why libpapi cannot be used; nil if it can. Initialises it at the first call, and makes the calling thread
        /// known to it at every call.
        static var failure: String? { initialised ?? registeringThread() }

        private static let initialised: String? = initialise()

        /// PAPI 7.0 dereferences a null pointer if a thread that it does not know asks for an event's name.
        private static func registeringThread() -> String? {
            let error = PAPI_register_thread()
            return error == PAPI_OK ? nil : "PAPI refuses the thread: \(message(error))"
        }

        private static func initialise() -> String? {
            let result = cpapi_initialize()
            if result == 0 { return nil }
            if result < 0 { return "PAPI does not start: \(message(result))" }
            return "PAPI \(version(result)) is installed, this program was built for \(version(cpapi_header_version()))"
        }

        /// Of the headers, which the library's equals once it is initialised.
        static var version: String { version(cpapi_header_version()) }

        private static func version(_ code: Int32) -> String { "\(cpapi_major(code)).\(cpapi_minor(code))" }

        static func message(_ error: Int32) -> String {
            PAPI_strerror(error).map { String(cString: $0) } ?? "error \(error)"
        }

        /// The indices of all components that are compiled in; empty if PAPI cannot be used.
        static var componentIndices: Range<Int32> { failure == nil ? 0..<max(0, PAPI_num_components()) : 0..<0 }

        static func components() -> [CounterComponent] {
            if let failure { return [CounterComponent(name: "papi", disabledReason: failure)] }
            return componentIndices.map {
                CounterComponent(name: componentName($0), disabledReason: disabledReason($0))
            }
        }

        static func componentName(_ component: Int32) -> String { String(cString: cpapi_component_name(component)) }

        /// The component's own words; for the hardware's component, what the machine says if PAPI says nothing is wrong.
        static func disabledReason(_ component: Int32) -> String? {
            let error = cpapi_component_disabled(component)
            guard error != PAPI_OK else { return nil }
            let reason = String(cString: cpapi_component_reason(component))
            return reason.isEmpty ? message(error) : reason
        }

        /// The component of hardware events and of the kernel's software events; nil if it is not compiled in.
        static var perfEvent: Int32? { componentIndices.first { componentName($0) == "perf_event" } }

        /// The component of software-defined events, if it works.
        static var softwareDefined: Int32? {
            componentIndices.first { componentName($0) == "sde" && cpapi_component_disabled($0) == PAPI_OK }
        }

        /// The reason of an error that an event of a component met.
        static func reason(_ error: Int32, component: Int32) -> String {
            switch error {
            case PAPI_ENOEVNT, PAPI_EPERM, PAPI_ENOSUPP, PAPI_ECMP, PAPI_ESYS:
                if component == perfEvent, let reason = HardwareProbe.shared.reason { return reason }
                return "PAPI: \(message(error))"
            case PAPI_ECNFLCT: return "PAPI: no free counter for it (a watchdog or another program may hold some)"
            case PAPI_EISRUN: return "another counter session is running on the same thread"
            case PAPI_ENOTRUN: return "stopped without having been started"
            default: return "PAPI: \(message(error))"
            }
        }
    }
#endif
