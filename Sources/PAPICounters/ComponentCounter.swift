#if PAPI
    internal import CPAPI
    internal import Counters

    /// Counts the events of one component: one event set for each thread and batch.
    ///
    /// Events that do not fit on the counters together are split into batches that take turns round by round. PAPI's own
    /// multiplexing is not used: it does not tell which share of the time was measured.
    ///
    /// Every thread touches its own entries of `sets`, `errors` and `values` only, while the thread that calls start and
    /// stop waits for it: hence unchecked Sendable.
    final class ComponentCounter: @unchecked Sendable {
        let component: Int32
        let isPerThread: Bool
        private(set) var totals: [CounterTotal]
        private let codes: [Int32]
        private let team: ThreadTeam
        /// Indices into `codes`.
        private var batches: [[Int]] = []
        /// [thread][batch]
        private var sets: [[Int32]]
        /// PAPI's last error, by thread.
        private let errors: UnsafeMutableBufferPointer<Int32>
        /// [thread][event of the batch]
        private let values: UnsafeMutableBufferPointer<Int64>
        /// Reasons that outlive `reset`, by event.
        private var broken: [Int: String] = [:]
        private var round = 0

        init(component: Int32, codes: [Int32], team: ThreadTeam) {
            self.component = component
            self.codes = codes
            isPerThread = cpapi_component_is_per_thread(component) != 0
            self.team = isPerThread ? team : .callingThread
            totals = codes.map { _ in CounterTotal() }
            sets = Array(repeating: [], count: self.team.count)
            errors = .allocate(capacity: self.team.count)
            errors.initialize(repeating: PAPI_OK)
            values = .allocate(capacity: self.team.count * codes.count)
            values.initialize(repeating: 0)
            prepare()
            reset()
        }

        deinit {
            close()
            errors.deallocate()
            values.deallocate()
        }

        // Preparation

        private func prepare() {
            split()
            for batch in batches.indices { open(batch) }
        }

        /// Splits the events into batches that fit, by trial on this thread; its trial sets are given back.
        private func split() {
            var trial = PAPI_NULL
            for index in codes.indices {
                if trial != PAPI_NULL, PAPI_add_event(trial, codes[index]) == PAPI_OK {
                    batches[batches.count - 1].append(index)
                    continue
                }
                discard(&trial)
                var error = PAPI_create_eventset(&trial)
                if error == PAPI_OK { error = PAPI_add_event(trial, codes[index]) }
                if error == PAPI_OK {
                    batches.append([index])
                } else {
                    broken[index] = PAPILibrary.reason(error, component: component)
                    discard(&trial)
                }
            }
            discard(&trial)
        }

        /// Opens the batch's event set on each thread, where its counters will belong to that thread.
        private func open(_ batch: Int) {
            let members = batches[batch].map { codes[$0] }
            for thread in sets.indices { sets[thread].append(PAPI_NULL) }
            let created = sets.map { _ in UnsafeMutablePointer<Int32>.allocate(capacity: 1) }
            for pointer in created { pointer.initialize(to: PAPI_NULL) }
            defer { for pointer in created { pointer.deallocate() } }
            let slots = Slots(created)
            team.runOnEachThread { thread in
                var error = PAPI_register_thread()
                if error == PAPI_OK { error = PAPI_create_eventset(slots[thread]) }
                for code in members where error == PAPI_OK { error = PAPI_add_event(slots[thread].pointee, code) }
                self.errors[thread] = error
            }
            for thread in sets.indices { sets[thread][batch] = created[thread].pointee }
            if let reason = firstError() { for index in batches[batch] { broken[index] = reason } }
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

        private var batch: Int { round % batches.count }

        func start() {
            guard !batches.isEmpty else { return }
            let batch = batch
            team.runOnEachThread { thread in
                PAPI_register_thread()
                self.errors[thread] = PAPI_start(self.sets[thread][batch])
            }
            failRound(batch)
        }

        func stop() {
            guard !batches.isEmpty else { return }
            let batch = batch
            team.runOnEachThread { thread in
                PAPI_register_thread()
                let own = self.values.baseAddress.map { $0 + thread * self.codes.count }
                self.errors[thread] = PAPI_stop(self.sets[thread][batch], own)
            }
            failRound(batch)
            // Counted by rounds: this batch ran, the others were enabled only.
            for other in batches.indices {
                for (place, index) in batches[other].enumerated() {
                    totals[index].add(other == batch ? sum(place) : 0, enabled: 1, running: other == batch ? 1 : 0)
                }
            }
            round += 1
        }

        private func sum(_ place: Int) -> Int64 {
            (0..<team.count).reduce(0) { $0 &+ values[$1 * codes.count + place] }
        }

        /// If a thread met an error, the batch's events have no number until the next reset.
        private func failRound(_ batch: Int) {
            guard let reason = firstError() else { return }
            for index in batches[batch] { totals[index].fail(reason) }
        }

        private func firstError() -> String? {
            for thread in 0..<team.count where errors[thread] != PAPI_OK {
                return PAPILibrary.reason(errors[thread], component: component)
            }
            return nil
        }

        func reset() {
            round = 0
            for index in totals.indices {
                totals[index] = CounterTotal()
                if let reason = broken[index] { totals[index].fail(reason) }
            }
        }

        /// Event sets may be given back by any thread.
        func close() {
            PAPI_register_thread()
            for thread in sets.indices {
                for batch in sets[thread].indices { discard(&sets[thread][batch]) }
            }
            batches = []
        }
    }
#endif
