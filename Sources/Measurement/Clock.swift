import Glibc

/// A clock that only goes forward. The sampler reads it twice per sample, outside the loop over runs.
public protocol MeasurementClock {
    /// Nanoseconds since an arbitrary, fixed moment.
    func now() -> UInt64
}

/// The machine's monotonic clock, not slewed by time synchronisation (CLOCK_MONOTONIC_RAW).
public struct MonotonicClock: MeasurementClock, Sendable {
    public init() {}

    public func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_RAW, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

/// A clock that stands still until it is told to advance: it makes the sampling loop testable without time.
public final class ScriptedClock: MeasurementClock {
    private var time: UInt64

    public init(startingAt nanoseconds: UInt64 = 0) {
        time = nanoseconds
    }

    public func now() -> UInt64 { time }

    /// Lets `nanoseconds` pass. A test's workload calls this from `run()`.
    public func advance(by nanoseconds: UInt64) {
        time += nanoseconds
    }
}
