internal import CPlatform

/// What a witness has seen so far; two looks that differ mean that the system interfered in between.
public struct Sightings: Sendable, Equatable {
    /// Times that a thread of the process lost its processor.
    public var preemptions: UInt64
    /// Times that the measuring thread was put to sleep; the timed loop never asks to be.
    public var sleeps: UInt64
    /// Where the measuring thread runs.
    public var processor: Int32

    public init(preemptions: UInt64 = 0, sleeps: UInt64 = 0, processor: Int32 = 0) {
        (self.preemptions, self.sleeps, self.processor) = (preemptions, sleeps, processor)
    }
}

/// Tells whether a sample was disturbed. Asked by the sampler outside the timed region, twice per sample.
public protocol Witness: AnyObject {
    func look() -> Sightings
}

/// The scheduler's own accounts (getrusage): they need no permission and no PMU, and cost about a microsecond to read.
///
/// A migration shows as what makes it possible: the thread lost its processor, or the measuring thread is elsewhere now.
/// Counting migrations with perf_event was tried: reading the counter of a thread that spins on another processor
/// interrupts it, which takes 10 µs. Pool threads that go to sleep between layers do so by themselves: their voluntary
/// switches are no disturbance.
public final class SchedulerWitness: Witness {
    public init() {}

    public func look() -> Sightings {
        var seen = Sightings(processor: cp_current_cpu())
        _ = cp_interruptions(&seen.sleeps, &seen.preemptions)
        return seen
    }
}
