internal import CKnownWork
internal import CPlatform
internal import Measurement

/// The checks that try the machine out.
package enum MachineExamination {
    /// The processors that this process may use, ascending; empty if the system does not tell.
    package static func usableProcessors() -> [Int] {
        let count = cp_usable_cpus()
        var processors = [Int32](repeating: 0, count: Int(count))
        let known = cp_get_affinity(&processors, count)
        return known < 0 ? [] : processors.prefix(Int(known)).map(Int.init)
    }

    /// Binds the calling thread to each processor in turn and looks where it runs then; frees it again.
    static func affinity(_ processors: [Int]) -> Finding {
        defer { _ = bind(processors) }
        return .affinity(
            processors.map { processor in
                guard bind([processor]) else { return (processor, nil) }
                let ran = cp_current_cpu()
                return (processor, ran < 0 ? nil : Int(ran))
            })
    }

    /// Runs `body` with the calling thread on one processor, so that no migration disturbs it.
    static func onOneProcessor<Result>(of processors: [Int], _ body: () throws -> Result) rethrows -> Result {
        guard let first = processors.first, bind([first]) else { return try body() }
        defer { _ = bind(processors) }
        return try body()
    }

    private static func bind(_ processors: [Int]) -> Bool {
        let numbers = processors.map(Int32.init)
        return cp_set_affinity(numbers, Int32(numbers.count)) == 0
    }

    static func clock(source: String?) -> Finding {
        let clock = MonotonicClock()
        let readings = 20_000
        let start = clock.now()
        var last = start
        var step = UInt64.max
        for _ in 0..<readings {
            let now = clock.now()
            if now > last { step = min(step, now - last) }
            last = now
        }
        return .clock(
            source: source, resolution: Int(kw_clock_resolution_ns()), step: step == .max ? nil : Int(step),
            cost: Double(last - start) / Double(readings))
    }

    /// Core clock in Hz by the fastest of many equal loops of dependent additions, one per cycle, and how equal they were.
    static func coreClock() -> (hertz: Double, finding: Finding) {
        let clock = MonotonicClock()
        let blocks: UInt64 = 1 << 16
        let additions = Double(blocks) * Double(KW_ADDITIONS)
        _ = kw_additions(blocks, 1)
        let times = (0..<50).map { _ in
            let start = clock.now()
            _ = kw_additions(blocks, 1)
            return Double(clock.now() - start)
        }
        let hertz = additions / (times.min() ?? .nan) * 1e9
        return (hertz, .steadiness(nanoseconds: times, gigahertz: hertz / 1e9))
    }
}
