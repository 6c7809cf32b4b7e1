#if PAPI
    internal import CPAPI
    internal import Counters

    /// One session: a `ComponentCounter` for each component whose events were asked for, because PAPI mixes no
    /// components in an event set. Software-defined events stand outside, the hardware's inside, next to the region.
    final class PAPISession: CounterSession {
        /// Where an event asked for is counted.
        private enum Place {
            case counted(component: Int, index: Int, standIn: String?)
            case missing(reason: String)
        }

        let events: [String]
        private let places: [Place]
        private let components: [ComponentCounter]

        var batches: [[String]] {
            let count = components.map(\.batches.count).max() ?? 0
            return (0..<count).map { batch in
                zip(events, places).compactMap { event, place in
                    guard case .counted(let component, let index, _) = place else { return nil }
                    let own = components[component].batches
                    return batch < own.count && own[batch].contains(index) ? event : nil
                }
            }
        }

        init(events: [String], team: ThreadTeam) {
            self.events = events
            var codes: [(component: Int32, codes: [Int32], isHardware: [Bool])] = []
            var places: [Place] = []
            for name in events {
                switch EventResolver.resolve(name) {
                case .unknown: places.append(.missing(reason: "unknown event \(name)"))
                case .unavailable(let reason): places.append(.missing(reason: reason))
                case .event(let event):
                    let slot = codes.firstIndex { $0.component == event.component } ?? codes.count
                    if slot == codes.count { codes.append((event.component, [], [])) }
                    let index = codes[slot].codes.firstIndex(of: event.code) ?? codes[slot].codes.count
                    if index == codes[slot].codes.count {
                        codes[slot].codes.append(event.code)
                        codes[slot].isHardware.append(
                            event.component == PAPILibrary.perfEvent && EventResolver.isHardware(name))
                    }
                    places.append(.counted(component: slot, index: index, standIn: event.standIn))
                }
            }
            self.places = places
            self.components = codes.map {
                ComponentCounter(
                    component: $0.component, codes: $0.codes, isHardware: $0.isHardware, team: team)
            }
        }

        deinit { close() }

        /// Per-thread components last: they are next to the region that is counted.
        func start() {
            for component in components where !component.isPerThread { component.start() }
            for component in components where component.isPerThread { component.start() }
        }

        func stop() {
            for component in components where component.isPerThread { component.stop() }
            for component in components where !component.isPerThread { component.stop() }
        }

        func readings() -> [CounterReading] {
            zip(events, places).map { event, place in
                switch place {
                case .missing(let reason): return .unavailable(event, reason)
                case .counted(let component, let index, let standIn):
                    let reading = components[component].reading(index, of: event)
                    return standIn.map { reading.standIn(for: event, formula: $0) } ?? reading
                }
            }
        }

        func reset() { for component in components { component.reset() } }
        func close() { for component in components { component.close() } }
    }
#endif
