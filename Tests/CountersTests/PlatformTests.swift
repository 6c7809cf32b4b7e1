import CPlatform
import Testing

@Suite struct PlatformTests {
    @Test(arguments: [0, 1, 63, 64, 65, 1000] as [UInt64])
    func addChainAddsAll(n: UInt64) { #expect(cp_add_chain(n, 3) == 3 * n) }

    @Test func addChainTakesTime() {
        // 10⁸ additions of a cycle each: below 20 ms the core would run at more than 5 GHz… by far; 10 GHz is no core.
        let start = cp_monotonic_ns()
        _ = cp_add_chain(100_000_000, 1)
        #expect(cp_monotonic_ns() - start > 10_000_000)
    }

    @Test func clocksAdvance() {
        let ns = cp_monotonic_ns()
        let tsc = cp_tsc()
        _ = cp_add_chain(1_000_000, 1)
        #expect(cp_monotonic_ns() > ns)
        if cp_has_tsc() == 1 { #expect(cp_tsc() > tsc) }
    }

    @Test func flushedMemoryKeepsWhatItHolds() {
        // Not on a line's boundary at either end.
        let bytes = [UInt8](0..<200)
        let flushed = bytes.withUnsafeBytes { cp_flush($0.baseAddress! + 3, 150) }
        #if arch(x86_64)
            #expect(flushed == 0)
        #else
            #expect(flushed == -1)
        #endif
        #expect(bytes == Array(0..<200))
    }

    @Test func affinity() {
        let usable = cp_usable_cpus()
        #expect(usable >= 1)
        #if os(Linux)
            var cpus = [Int32](repeating: -1, count: Int(usable))
            #expect(cp_get_affinity(&cpus, usable) == usable)
            #expect(cpus == cpus.sorted() && !cpus.contains(-1))
            let last = cpus[cpus.count - 1]
            #expect(cp_set_affinity([last], 1) == 0)
            #expect(cp_usable_cpus() == 1)
            #expect(cp_current_cpu() == last)
            #expect(cp_set_affinity([-1], 1) < 0)
            #expect(cp_set_affinity([], 0) < 0)
            #expect(cp_set_affinity(cpus, usable) == 0)
            #expect(cp_usable_cpus() == usable)
        #endif
    }

    #if arch(x86_64)
        @Test func floatingPointFlags() {
            func divide(_ a: Double, _ b: Double) -> Double {
                var (x, y) = (a, b)
                withUnsafePointer(to: &x) { cp_clobber($0) }
                withUnsafePointer(to: &y) { cp_clobber($0) }
                var quotient = x / y
                withUnsafePointer(to: &quotient) { cp_clobber($0) }
                return quotient
            }
            _ = cp_fp_clear_flags()
            #expect(cp_fp_flags() == 0)
            let exact = divide(6, 2)
            let afterExact = cp_fp_flags()
            let rounded = divide(1, 3)
            let afterRounded = cp_fp_clear_flags()
            #expect(exact == 3 && rounded > 0.33)
            #expect(afterExact == 0)
            #expect(afterRounded == Int32(CP_FP_INEXACT))
            #expect(cp_fp_flags() == 0)
        }
    #else
        @Test func floatingPointFlagsAreUnknown() { #expect(cp_fp_flags() == -1 && cp_fp_clear_flags() == -1) }
    #endif

    #if os(Linux)
        @Test func perfReportsErrors() {
            // Type 9999 exists nowhere.
            #expect(cp_perf_open(9999, 0) < 0)
            var values: [UInt64] = [0, 0, 0]
            #expect(cp_perf_start(-1) < 0)
            #expect(cp_perf_stop(-1, &values) < 0)
        }
    #endif
}
