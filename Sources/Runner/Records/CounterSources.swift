public import Counters
internal import PAPICounters

/// Everything that counts events, the first that can count one being asked for it.
public enum CounterSources {
    public static var all: CompositeSource {
        CompositeSource([PAPISource(), PerfSource(), PowercapSource(), ProcessSource()])
    }
}
