import Counters
import Foundation
import Testing

@Suite struct ProbeTests {
    static func reason(_ error: Int32?, cycles: UInt64? = nil, paranoid: Int? = 2, virtual: Bool = false) -> String? {
        HardwareProbe(openError: error, countedCycles: cycles, paranoid: paranoid, isVirtual: virtual).reason
    }

    @Test func reasons() {
        #expect(Self.reason(nil, cycles: 100_100) == nil)
        #expect(Self.reason(ENOENT, virtual: true) == "no PMU in this virtual machine")
        #expect(Self.reason(EOPNOTSUPP) == "the kernel drives no PMU of this processor")
        #expect(Self.reason(EACCES, paranoid: 4)?.hasPrefix("perf_event_paranoid=4 ") == true)
        #expect(Self.reason(EPERM, paranoid: 1)?.contains("seccomp") == true)
        #expect(Self.reason(ENOSYS) == "this kernel has no perf_event_open")
        #expect(Self.reason(EMFILE)?.hasPrefix("perf_event_open: ") == true)
        #expect(Self.reason(nil) == "the cycle counter opens but cannot be read")
    }

    @Test func counterThatStandsStillIsNotTrusted() {
        #expect(Self.reason(nil, cycles: 0, virtual: true)?.contains("counted 0 cycles") == true)
    }
}
