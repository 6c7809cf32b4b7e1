#if PAPI
    internal import CPAPI
    internal import Counters

    /// Everything that PAPI can name on this machine.
    enum PAPICatalogue {
        static func entries() -> [CounterDescription] {
            guard PAPILibrary.failure == nil else { return [] }
            var entries: [CounterDescription] = []
            if let perf = PAPILibrary.perfEvent { entries += presets().map { entry($0, component: perf) } }
            for component in PAPILibrary.componentIndices where cpapi_component_disabled(component) == PAPI_OK {
                // perf_event lists its generic events under long names of the kernel's headers, too: once is enough.
                let events = natives(of: component).filter { !$0.name.contains("::PERF_COUNT_") }
                entries += events.map { entry($0, component: component) }
            }
            return entries
        }

        struct Texts {
            let name: String
            let description: String
        }

        private static func entry(_ texts: Texts, component: Int32) -> CounterDescription {
            let status: EventStatus =
                switch EventResolver.resolve(texts.name) {
                case .event: .available
                case .unavailable(let reason): .unavailable(reason: reason)
                // PAPI lists such events without their masks and then does not find them.
                case .unknown: .unavailable(reason: hardwareReason(component) ?? "needs a unit mask: EVENT:MASK")
                }
            let name = texts.name
            let prefix = SoftwareEventNames.prefix
            return CounterDescription(
                name: name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name, summary: texts.description,
                component: PAPILibrary.componentName(component), status: status)
        }

        private static func hardwareReason(_ component: Int32) -> String? {
            component == PAPILibrary.perfEvent ? HardwareProbe.shared.reason : nil
        }

        private static func presets() -> [Texts] {
            var code: Int32 = 0
            var found: [Texts] = []
            var error = cpapi_first_preset(&code)
            while error == PAPI_OK {
                if let texts = texts(code) { found.append(texts) }
                error = cpapi_next_preset(&code)
            }
            return found
        }

        static func natives(of component: Int32) -> [Texts] {
            var code: Int32 = 0
            var found: [Texts] = []
            var error = cpapi_first_native(&code, component)
            while error == PAPI_OK {
                if let texts = texts(code) { found.append(texts) }
                error = cpapi_next_native(&code, component)
            }
            return found
        }

        private static func texts(_ code: Int32) -> Texts? {
            let capacity = 1024
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2 * capacity) { buffer in
                guard let name = buffer.baseAddress else { return nil }
                let description = name + capacity
                guard cpapi_event_texts(code, name, description, capacity) == PAPI_OK else { return nil }
                return Texts(name: String(cString: name), description: String(cString: description))
            }
        }
    }
#endif
