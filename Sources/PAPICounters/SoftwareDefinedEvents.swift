public import Counters

#if PAPI
    internal import CPAPI
    internal import Synchronization
#endif

/// Counters that live in this program and are read through PAPI like the hardware's (libsde).
///
/// A counter `MACS` of library `quantkernels` is the event `quantkernels::MACS` here and
/// `sde:::quantkernels::MACS` in PAPI's own naming, which is accepted too.
public enum SoftwareDefinedEvents {
    /// One counter. Its owner only ever increases `value`; it must stay allocated until the process ends.
    public struct Counter {
        public let name: String
        public let description: String
        public let value: UnsafeMutablePointer<Int64>

        public init(name: String, description: String, value: UnsafeMutablePointer<Int64>) {
            self.name = name
            self.description = description
            self.value = value
        }
    }

    /// Registers a library's counters, before or after PAPI was initialised. PAPI reads them at a session's start and stop,
    /// from the thread that calls these; the owner must not write them at the same moment.
    ///
    /// - Throws: `CounterError.registration` if a name is empty, has `:` or white space in it, or is registered already;
    ///   if libsde refuses; or without PAPI.
    public static func register(library: String, counters: [Counter]) throws(CounterError) {
        #if PAPI
            for name in [library] + counters.map(\.name) where !isPlain(name) {
                throw .registration(library: library, problem: "'\(name)' is empty or has a colon or white space in it")
            }
            // libsde silently keeps the first counter of a name: a second one would never be read.
            let names = counters.map { "\(library)::\($0.name)" }
            if let twice = registered.withLock({ known in names.first { !known.insert($0).inserted } }) {
                throw .registration(library: library, problem: "\(twice) is registered already")
            }
            guard let handle = papi_sde_init(library) else {
                throw .registration(library: library, problem: "libsde refused the library")
            }
            for counter in counters {
                let error = cpapi_register(handle, counter.name, counter.description, counter.value)
                guard error == SDE_OK else {
                    throw .registration(library: library, problem: "libsde refused \(counter.name) (error \(error))")
                }
            }
        #else
            throw .registration(library: library, problem: PAPISource.builtWithoutPAPI)
        #endif
    }

    #if PAPI
        private static let registered = Mutex<Set<String>>([])

        private static func isPlain(_ name: String) -> Bool {
            !name.isEmpty && !name.contains { $0 == ":" || $0.isWhitespace }
        }
    #endif
}
