internal import CPlatform

/// Counts events on each thread of a team, in groups of the kernel: a group is counted as a whole or not at all. Events
/// that do not fit into one group make several, which take turns round by round.
///
/// Every thread touches its own entries of `descriptors`, `errors` and `rows` only, while the caller waits for it: hence
/// unchecked Sendable.
final class PerfCounter: @unchecked Sendable {
    private let events: [PerfEvent]
    private let team: ThreadTeam
    private var ledger: RoundLedger
    /// [thread][event]: -1 if it could not be opened.
    private var descriptors: UnsafeMutableBufferPointer<Int32>
    /// Error numbers by thread; 0 is none.
    private let errors: UnsafeMutableBufferPointer<Int32>
    /// [thread][event]: what the last round added.
    private let rows: UnsafeMutableBufferPointer<Row>
    private var isOpen = true

    private struct Row {
        /// Since the counter was opened: value, nanoseconds enabled, nanoseconds running.
        var last: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var count: UInt64 = 0
        var enabled: UInt64 = 0
        var running: UInt64 = 0
    }

    init(events: [PerfEvent], team: ThreadTeam) {
        self.events = events
        self.team = team
        descriptors = .allocate(capacity: team.count * events.count)
        descriptors.initialize(repeating: -1)
        rows = .allocate(capacity: team.count * events.count)
        rows.initialize(repeating: Row())
        errors = .allocate(capacity: team.count)
        errors.initialize(repeating: 0)
        ledger = RoundLedger(events: events.count, batches: [], broken: [:])
        guard !events.isEmpty else { return }
        var (batches, broken) = split()
        batches.removeAll { batch in
            guard let reason = open(batch) else { return false }
            for index in batch { broken[index] = reason }
            return true
        }
        ledger = RoundLedger(events: events.count, batches: batches, broken: broken)
    }

    deinit {
        close()
        descriptors.deallocate()
        rows.deallocate()
        errors.deallocate()
    }

    var batches: [[Int]] { ledger.batches }

    func reading(_ index: Int, of event: String) -> CounterReading { ledger.reading(index, of: event) }

    // Preparation

    /// Splits the events into groups that fit, by trial on this thread.
    private func split() -> (batches: [[Int]], broken: [Int: String]) {
        var batches: [[Int]] = []
        var broken: [Int: String] = [:]
        var trial: [Int32] = []
        func discard() {
            for descriptor in trial.reversed() { cp_perf_close(descriptor) }
            trial = []
        }
        for index in events.indices {
            if let leader = trial.first {
                let member = PerfSource.open(events[index], leader: leader)
                if member >= 0 {
                    trial.append(member)
                    batches[batches.count - 1].append(index)
                    continue
                }
                discard()
            }
            let leader = PerfSource.open(events[index], leader: -1)
            if leader >= 0 {
                trial = [leader]
                batches.append([index])
            } else {
                broken[index] = PerfSource.reason(-leader, events[index])
            }
        }
        discard()
        return (batches, broken)
    }

    /// Opens a group on each thread, whose events it will count. Returns what prevented it.
    private func open(_ batch: [Int]) -> String? {
        team.runOnEachThread { thread in
            self.errors[thread] = 0
            var leader: Int32 = -1
            for index in batch {
                let descriptor = PerfSource.open(self.events[index], leader: leader)
                guard descriptor >= 0 else {
                    self.errors[thread] = -descriptor
                    return
                }
                self.descriptors[thread * self.events.count + index] = descriptor
                if leader < 0 { leader = descriptor }
            }
        }
        return firstError().map { PerfSource.reason($0, events[batch[0]]) }
    }

    private func firstError() -> Int32? { errors.first { $0 != 0 } }

    // Rounds

    func start() {
        guard isOpen, let current = ledger.current else { return }
        let leader = batches[current][0]
        team.runOnEachThread { thread in
            self.errors[thread] = -cp_perf_enable_group(self.descriptors[thread * self.events.count + leader])
        }
        if let error = firstError() { ledger.fail(PerfSource.reason(error, events[leader])) }
    }

    func stop() {
        guard isOpen, let current = ledger.current else { return }
        let batch = batches[current]
        team.runOnEachThread { thread in
            let base = thread * self.events.count
            self.errors[thread] = -cp_perf_disable_group(self.descriptors[base + batch[0]])
            for index in batch where self.errors[thread] == 0 { self.errors[thread] = self.read(base + index) }
        }
        if let error = firstError() { ledger.fail(PerfSource.reason(error, events[batch[0]])) }
        ledger.finish(batch.map(entry))
    }

    /// What the counter gained since its last reading; an error number, or 0.
    private func read(_ place: Int) -> Int32 {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 3) { values in
            let error = cp_perf_read(descriptors[place], values.baseAddress)
            guard error == 0 else { return -error }
            let last = rows[place].last
            rows[place].count = CounterArithmetic.delta(from: last.0, to: values[0])
            rows[place].enabled = CounterArithmetic.delta(from: last.1, to: values[1])
            rows[place].running = CounterArithmetic.delta(from: last.2, to: values[2])
            rows[place].last = (values[0], values[1], values[2])
            return 0
        }
    }

    /// The sum over the threads. A thread whose counter never ran while it was enabled makes all of it unknown.
    private func entry(_ index: Int) -> RoundLedger.Entry {
        var count: UInt64 = 0
        var enabled: UInt64 = 0
        var running: UInt64 = 0
        for thread in 0..<team.count {
            let row = rows[thread * events.count + index]
            if row.enabled > 0, row.running == 0 { return RoundLedger.Entry(0, share: 0) }
            count &+= row.count
            enabled &+= row.enabled
            running &+= row.running
        }
        return RoundLedger.Entry(
            Int64(clamping: count), share: CounterArithmetic.share(enabled: enabled, running: running) ?? 1)
    }

    func reset() { ledger.reset() }

    /// The readings stay.
    func close() {
        guard isOpen else { return }
        isOpen = false
        for place in descriptors.indices where descriptors[place] >= 0 { cp_perf_close(descriptors[place]) }
    }
}
