#if PAPI
    internal import CPAPI
    internal import Counters

    /// Counts the events of one component: one event set for each thread and batch.
    ///
    /// Events that do not fit on the counters together are split into batches that take turns round by round
    /// (`RoundLedger`). PAPI's own multiplexing is not used: it does not tell which share of the time was measured.
    ///
    /// Every thread touches its own entries of `sets`, `errors` and `values` only, while the thread that calls start and
    /// stop waits for it: hence unchecked Sendable.
    final class ComponentCounter: @unchecked Sendable {
        let component: Int32
        let isPerThread: Bool
        private var ledger: RoundLedger
        private var isOpen = true
        private let codes: [Int32]
        private let team: ThreadTeam
        /// [thread][batch]
        private var sets: [[Int32]]
        /// PAPI's last error, by thread.
        private let errors: UnsafeMutableBufferPointer<Int32>
        /// [thread][event of the batch]
        private let values: UnsafeMutableBufferPointer<Int64>
        /// By event: whether it happens in every region, so that a count of 0 is a counter that stood still.
        private let neverZero: [Bool]
        /// By event: whether it needs the processor's counters.
        private let isHardware: [Bool]
        /// Why the hardware's events cannot be trusted in any round.
        private var standstill: String?

        init(component: Int32, codes: [Int32], isHardware: [Bool], team: ThreadTeam) {
            self.isHardware = isHardware
            self.component = component
            self.codes = codes
            isPerThread = cpapi_component_is_per_thread(component) != 0
            self.team = isPerThread ? team : .callingThread
            neverZero = codes.map { EventResolver.neverZero.contains($0) }
            ledger = RoundLedger(events: codes.count, batches: [], broken: [:])
            sets = Array(repeating: [], count: self.team.count)
            errors = .allocate(capacity: self.team.count)
            errors.initialize(repeating: PAPI_OK)
            values = .allocate(capacity: self.team.count * codes.count)
            values.initialize(repeating: 0)
            prepare()
            standstill = findStandstill()
        }

        /// On a hybrid processor an event belongs to one kind of core, and is a quiet 0 on threads that run on the other. A
        /// batch with an event that is never 0 finds that out itself; for others it is tried here, once.
        private func findStandstill() -> String? {
            let blind = batches.contains { batch in
                batch.contains { isHardware[$0] } && !batch.contains { neverZero[$0] }
            }
            guard blind, let code = EventResolver.sentinel else { return nil }
            let sentinel = ComponentCounter(component: component, codes: [code], isHardware: [true], team: team)
            defer { sentinel.close() }
            sentinel.start()
            sentinel.stop()
            return sentinel.standstill
        }

        /// Indices into the codes, batch by batch.
        var batches: [[Int]] { ledger.batches }

        func reading(_ index: Int, of event: String) -> CounterReading { ledger.reading(index, of: event) }

        deinit {
            close()
            errors.deallocate()
            values.deallocate()
        }

        // Preparation

        private func prepare() {
            var (batches, broken) = split()
            batches.removeAll { batch in
                guard let reason = open(batch) else { return false }
                for index in batch { broken[index] = reason }
                return true
            }
            ledger = RoundLedger(events: codes.count, batches: batches, broken: broken)
        }

        /// A new event set that holds events of this component only.
        private func create(_ set: UnsafeMutablePointer<Int32>) -> Int32 {
            let error = PAPI_create_eventset(set)
            return error == PAPI_OK ? PAPI_assign_eventset_component(set.pointee, component) : error
        }

        /// Splits the events into batches that fit, by trial on this thread; its trial sets are given back. Events that fit
        /// into no set have their reason.
        private func split() -> (batches: [[Int]], broken: [Int: String]) {
            var batches: [[Int]] = []
            var broken: [Int: String] = [:]
            var trial = PAPI_NULL
            for index in codes.indices {
                if trial != PAPI_NULL, PAPI_add_event(trial, codes[index]) == PAPI_OK {
                    batches[batches.count - 1].append(index)
                    continue
                }
                discard(&trial)
                var error = create(&trial)
                if error == PAPI_OK { error = PAPI_add_event(trial, codes[index]) }
                if error == PAPI_OK {
                    batches.append([index])
                } else {
                    broken[index] = PAPILibrary.reason(error, component: component)
                    discard(&trial)
                }
            }
            discard(&trial)
            return (batches, broken)
        }

        /// Opens a batch's event set on each thread, where its counters will belong to that thread. Returns what prevented
        /// it.
        private func open(_ batch: [Int]) -> String? {
            let members = batch.map { codes[$0] }
            let created = sets.map { _ in UnsafeMutablePointer<Int32>.allocate(capacity: 1) }
            for pointer in created { pointer.initialize(to: PAPI_NULL) }
            defer { for pointer in created { pointer.deallocate() } }
            let slots = Slots(created)
            team.runOnEachThread { thread in
                var error = PAPI_register_thread()
                if error == PAPI_OK { error = self.create(slots[thread]) }
                for code in members where error == PAPI_OK { error = PAPI_add_event(slots[thread].pointee, code) }
                self.errors[thread] = error
            }
            if let reason = firstError() {
                for pointer in created { discard(&pointer.pointee) }
                return reason
            }
            for thread in sets.indices { sets[thread].append(created[thread].pointee) }
            return nil
        }

        /// Lets closures carry the addresses to other threads.
        private struct Slots: @unchecked Sendable {
            private let pointers: [UnsafeMutablePointer<Int32>]
            init(_ pointers: [UnsafeMutablePointer<Int32>]) { self.pointers = pointers }
            subscript(thread: Int) -> UnsafeMutablePointer<Int32> { pointers[thread] }
        }

        private func discard(_ set: inout Int32) {
            guard set != PAPI_NULL else { return }
            PAPI_cleanup_eventset(set)
            PAPI_destroy_eventset(&set)
            set = PAPI_NULL
        }

        // Rounds

        func start() {
            guard isOpen, let batch = ledger.current else { return }
            team.runOnEachThread { thread in
                PAPI_register_thread()
                self.errors[thread] = PAPI_start(self.sets[thread][batch])
            }
            if let reason = firstError() { ledger.fail(reason) }
        }

        func stop() {
            guard isOpen, let batch = ledger.current else { return }
            team.runOnEachThread { thread in
                PAPI_register_thread()
                let own = self.values.baseAddress.map { $0 + thread * self.codes.count }
                self.errors[thread] = PAPI_stop(self.sets[thread][batch], own)
            }
            if let reason = firstError() ?? doubt(batches[batch]) { ledger.fail(reason) }
            if let standstill, batches[batch].contains(where: { isHardware[$0] }) { ledger.fail(standstill) }
            ledger.finish(batches[batch].indices.map { RoundLedger.Entry(sum($0)) })
        }

        private func value(_ thread: Int, _ place: Int) -> Int64 { values[thread * codes.count + place] }

        /// Right unless `doubt` says otherwise.
        private func sum(_ place: Int) -> Int64 { (0..<team.count).reduce(0) { $0 &+ value($1, place) } }

        /// What cannot be true of a round in which no error was reported.
        private func doubt(_ batch: [Int]) -> String? {
            for (place, index) in batch.enumerated() {
                var sum: Int64 = 0
                for thread in 0..<team.count {
                    let value = value(thread, place)
                    if value < 0 { return "a counter ran backwards: it wrapped around or was reset by somebody else" }
                    if value == 0, neverZero[index] {
                        let reason =
                            "the counters stood still on thread \(thread): they belong to another kind of core"
                            + " (hybrid processor), or somebody else took them"
                        standstill = standstill ?? reason
                        return reason
                    }
                    let next = sum.addingReportingOverflow(value)
                    if next.overflow { return "the sum over the threads exceeds 64 bits" }
                    sum = next.partialValue
                }
            }
            return nil
        }

        private func firstError() -> String? {
            for thread in 0..<team.count where errors[thread] != PAPI_OK {
                return PAPILibrary.reason(errors[thread], component: component)
            }
            return nil
        }

        func reset() { ledger.reset() }

        /// Event sets may be given back by any thread. The readings stay.
        func close() {
            guard isOpen else { return }
            isOpen = false
            PAPI_register_thread()
            for thread in sets.indices {
                for batch in sets[thread].indices { discard(&sets[thread][batch]) }
            }
        }
    }
#endif
