import Doctor
import Results
import Testing

/// Every check as a function of what the system says.
@Suite struct FindingTests {
    typealias State = Finding.State

    static func loadText(_ one: String) -> String { "\(one) 0.20 0.10 1/100 42" }

    @Test func processorLists() {
        #expect(CPUList.parse("0") == [0])
        #expect(CPUList.parse("0-2,8,10-11") == [0, 1, 2, 8, 10, 11])
        for text in ["", "a", "3-1", "1-", "-1", "1-2-3", "0,,x", "0-9999999"] { #expect(CPUList.parse(text) == nil) }
    }

    @Test(arguments: [
        (["performance", "performance"], false, State.ok), (["performance", "powersave"], false, .warning),
        (["schedutil"], false, .warning), ([], true, .note), ([], false, .note),
    ])
    func governor(names: [String], isVirtual: Bool, state: State) {
        let finding = Finding.governor(names, isVirtual: isVirtual)
        #expect(finding.state == state)
        #expect((finding.advice != nil) == (state == .warning))
        #expect(Finding.governor([], isVirtual: true).found.contains("host"))
    }

    @Test func turbo() {
        #expect(Finding.turbo(noTurbo: "1", boost: nil).state == .ok)
        #expect(Finding.turbo(noTurbo: nil, boost: "0").state == .ok)
        #expect(Finding.turbo(noTurbo: "0", boost: nil).advice?.contains("echo 1 > ") == true)
        #expect(Finding.turbo(noTurbo: nil, boost: "1").advice?.contains("echo 0 > ") == true)
        #expect(Finding.turbo(noTurbo: nil, boost: nil).found.contains("does not show"))
        #expect(Finding.turbo(noTurbo: "?", boost: "").state == .note)
    }

    @Test func simultaneousThreads() {
        let pairs = [[0, 4], [1, 5], [0, 4], [1, 5]]
        let both = Finding.simultaneousThreads(siblings: pairs, usable: [0, 1, 4, 5])
        #expect(both.state == .warning)
        #expect(both.found.hasSuffix("such as 0 and 4"))
        #expect(both.advice?.contains("taskset -c 0,1 ") == true)
        let part = Finding.simultaneousThreads(siblings: pairs, usable: [1, 4, 5])
        #expect(part.found.hasSuffix("1 and 5") && part.advice?.contains("taskset -c 1,4 ") == true)
        #expect(Finding.simultaneousThreads(siblings: pairs, usable: [0, 1]).state == .note)
        #expect(Finding.simultaneousThreads(siblings: [[0], [1]], usable: [0, 1]).state == .ok)
        #expect(Finding.simultaneousThreads(siblings: [], usable: [0]).state == .note)
    }

    @Test func affinity() {
        #expect(Finding.affinity([(0, 0), (1, 1)]).state == .ok)
        let elsewhere = Finding.affinity([(0, 0), (1, 0)])
        #expect(elsewhere.state == .problem && elsewhere.found == "a thread bound to processor 1 ran on 0")
        #expect(Finding.affinity([(3, nil)]).found == "a thread bound to processor 3 was refused")
        #expect(Finding.affinity([]).state == .warning)
    }

    @Test(arguments: [("0.10", 2, State.ok), ("0.90", 2, .note), ("0.90", 1, .warning), ("8.00", 2, .warning)])
    func load(one: String, processors: Int, state: State) {
        #expect(Finding.load(Self.loadText(one), processors: processors).state == state)
        for text in [nil, "", "busy", "1 2"] { #expect(Finding.load(text, processors: 1).state == .note) }
    }

    @Test func stealTime() {
        let before = "cpu  100 0 100 800 0 0 0 0 50 0\ncpu0 1 2 3"
        #expect(ProcessorTimes(before)?.total == 1000, "guests' time is in user time already")
        func finding(_ after: String?) -> Finding { .stealTime(before: before, after: after) }
        #expect(finding("cpu  200 0 100 800 0 0 0 0 60 0").state == .ok)
        let some = finding("cpu  199 0 100 800 0 0 0 1 0 0")
        #expect(some.state == .note && some.found.hasPrefix("1.0 % during"))
        let much = finding("cpu  150 0 100 800 0 0 0 50 0 0")
        #expect(much.state == .warning && much.found.hasPrefix("50.0 % during"))
        #expect(finding(before).state == .ok, "no tick went by")
        for text in [nil, "", "cpu 1 2 3", "cpu  1 2 3 4 5 6 7 x", "cpu0 1 2 3 4 5 6 7 8"] {
            #expect(finding(text).found == "this system accounts none")
        }
    }

    @Test func paranoid() {
        #expect(Finding.paranoid(1, isPrivileged: false).state == .ok)
        #expect(Finding.paranoid(-1, isPrivileged: false).state == .ok)
        #expect(Finding.paranoid(2, isPrivileged: false).state == .note)
        let forbidden = Finding.paranoid(4, isPrivileged: false)
        #expect(forbidden.state == .problem && forbidden.advice?.contains("sysctl") == true)
        #expect(Finding.paranoid(4, isPrivileged: true).state == .ok)
        #expect(Finding.paranoid(nil, isPrivileged: true).state == .warning)
    }

    @Test func privileges() {
        func status(_ mask: String) -> String { "Name:\tbench\nCapPrm:\tffffffffffffffff\nCapEff:\t\(mask)\n" }
        #expect(Finding.isPrivileged(status: status("000001ffffffffff")))
        #expect(Finding.isPrivileged(status: status("0000004000000000")), "CAP_PERFMON")
        #expect(Finding.isPrivileged(status: status("0000000000200000")), "CAP_SYS_ADMIN")
        #expect(!Finding.isPrivileged(status: status("0000000000000000")))
        #expect(!Finding.isPrivileged(status: status("xyz")) && !Finding.isPrivileged(status: nil))
    }

    @Test func clock() {
        func finding(step: Int?, cost: Double) -> Finding {
            .clock(source: "tsc", resolution: 1, step: step, cost: cost)
        }
        #expect(finding(step: 20, cost: 25).state == .ok)
        #expect(finding(step: 20, cost: 25).found == "tsc, resolution 1 ns (20 ns seen), 25 ns a reading")
        #expect(finding(step: 300, cost: 900).state == .warning)
        #expect(finding(step: 4_000_000, cost: 25).state == .problem)
        #expect(finding(step: nil, cost: 25).state == .problem)
    }

    @Test func steadiness() {
        func finding(_ times: [Double]) -> Finding { .steadiness(nanoseconds: times, gigahertz: 3.5) }
        let ok = finding([100, 100, 100, 100, 150])
        #expect(ok.state == .ok, "one late sample is an interrupt")
        #expect(ok.found.hasPrefix("3.500 GHz; the median of 5 equal loops is 0.0 % slower"))
        #expect(ok.found.hasSuffix("the slowest 50.0 %"))
        #expect(finding([100, 103, 104, 103, 103]).state == .note)
        #expect(finding([100, 140, 140, 140, 140]).state == .warning)
        #expect(finding([]).state == .problem && finding([0, 1]).state == .problem)
    }

    @Test func memory() {
        #expect(Finding.hugePages("always [madvise] never").found == "transparent, madvise")
        #expect(Finding.hugePages("always madvise [never]").state == .note)
        #expect(Finding.hugePages(nil).found == "this kernel has no transparent ones")
        func swap(_ total: Int, _ free: Int) -> Finding {
            .swap("MemTotal: 1 kB\nSwapTotal:   \(total) kB\nSwapFree:  \(free) kB\n")
        }
        #expect(swap(0, 0) == Finding("swap", .ok, "none"))
        #expect(swap(2048, 2048).found == "2 MiB, unused")
        #expect(swap(4096, 1024).state == .warning && swap(4096, 1024).found == "3 of 4 MiB in use")
        #expect(Finding.swap(nil).state == .note)
    }

    @Test func countersAndBuild() {
        #expect(Finding.hardwareCounters(reason: nil).state == .ok)
        let missing = Finding.hardwareCounters(reason: "no PMU in this virtual machine")
        #expect(missing.state == .warning && missing.found == "no PMU in this virtual machine")
        #expect(Finding.watchdog("1").state == .note && Finding.watchdog("0").state == .ok)
        #expect(Finding.watchdog(nil).found == "none")
        #expect(Finding.papi(.known("7.0")) == Finding("PAPI", .ok, "7.0"))
        #expect(Finding.papi(.unknown("built without PAPI")).found == "built without PAPI")
        #expect(Finding.build("release").state == .ok && Finding.build("debug").state == .problem)
        #expect(Finding.virtualMachine(.known("QEMU")).state == .note)
        #expect(Finding.virtualMachine(.unknown("no hypervisor seen")).state == .ok)
    }
}
