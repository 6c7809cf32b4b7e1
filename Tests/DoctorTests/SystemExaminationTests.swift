import Doctor
import Foundation
import Results
import Testing

/// A folder that stands for / in a test; removed with its owner.
final class FakeRoot {
    let path = NSTemporaryDirectory() + "doctor-tests-" + UUID().uuidString

    init(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = URL(fileURLWithPath: path + "/" + name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: false, encoding: .utf8)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var tree: SystemTree { SystemTree(root: path) }

    func findings(usable: [Int] = [0, 1]) -> [String: Finding] {
        let all = SystemExamination(root: path, usable: usable)
            .findings(papi: .known("7.0"), hardwareReason: nil, build: "release")
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    }
}

/// The system's files to findings.
@Suite struct SystemExaminationTests {
    static let cpu = "sys/devices/system/cpu"

    @Test func aLaptopWithEverythingInTheWay() throws {
        let root = try FakeRoot([
            "proc/cpuinfo": "processor : 0\nmodel name : X\nflags : avx2\n",
            "proc/loadavg": "3.00 2.00 1.00 4/100 42\n",
            "proc/meminfo": "MemAvailable: 8000 kB\nSwapTotal: 2048 kB\nSwapFree: 1024 kB\n",
            "proc/self/cgroup": "0::/box\n", "sys/fs/cgroup/box/cpu.max": "50000 100000\n",
            "sys/fs/cgroup/box/cpu.stat": "usage_usec 5\nnr_periods 9\nnr_throttled 7\n",
            "proc/self/status": "CapEff:\t0000000000000000\n", "proc/sys/kernel/perf_event_paranoid": "4\n",
            "proc/sys/kernel/nmi_watchdog": "1\n", "\(Self.cpu)/intel_pstate/no_turbo": "0\n",
            "\(Self.cpu)/cpu0/cpufreq/scaling_governor": "powersave\n",
            "\(Self.cpu)/cpu1/cpufreq/scaling_governor": "powersave\n",
            "\(Self.cpu)/cpu0/topology/thread_siblings_list": "0-1\n",
            "\(Self.cpu)/cpu1/topology/thread_siblings_list": "0-1\n",
            // Folders that are no processors.
            "\(Self.cpu)/cpufreq/policy0/scaling_governor": "ondemand\n", "\(Self.cpu)/cpuidle/x": "1",
            "sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n",
        ])
        let findings = root.findings()
        let expected: [String: Finding.State] = [
            "build": .ok, "virtual machine": .ok, "governor": .warning, "turbo": .note, "SMT": .warning,
            "load": .warning, "processor quota": .problem, "huge pages": .note, "swap": .warning, "PAPI": .ok,
            "hardware counters": .ok, "perf_event_paranoid": .problem, "NMI watchdog": .note,
        ]
        #expect(findings.mapValues(\.state) == expected)
        #expect(findings["governor"]?.found == "powersave")
        #expect(
            findings["processor quota"]?.found
                == "0.50 processors (/sys/fs/cgroup/box/cpu.max), held up in 7 periods so far")
        for finding in findings.values where finding.state == .warning || finding.state == .problem {
            #expect(finding.advice != nil, "\(finding.name) says what to do")
        }
        #expect(SystemExamination(root: root.path, usable: [0]).memory == 2000 * 1024)
    }

    /// A system that tells nothing is no reason for alarm, and none for praise that is not due.
    @Test func anEmptySystem() throws {
        let root = try FakeRoot([:])
        let findings = root.findings()
        #expect(findings["governor"]?.state == .note && findings["SMT"]?.state == .note)
        #expect(findings["load"]?.state == .note && findings["swap"]?.state == .note)
        #expect(findings["perf_event_paranoid"]?.state == .warning)
        #expect(findings["processor quota"]?.found == "none")
        #expect(SystemExamination(root: root.path, usable: []).memory == 0)
    }

    @Test func thisMachineHasFindings() {
        let findings = SystemExamination(usable: [0]).findings(papi: .known("1"), hardwareReason: nil, build: "release")
        #expect(Set(findings.map(\.name)).count == findings.count)
        #expect(findings.allSatisfy { !$0.found.isEmpty })
    }

    // Processor time of containers

    @Test func groupsGoUpToTheOutermost() {
        #expect(ProcessorQuota.groups(upFrom: "/a/b") == ["/a/b", "/a", ""])
        #expect(ProcessorQuota.groups(upFrom: "/") == [""])
    }

    @Test func theTightestQuotaOfTheSecondVersion() throws {
        let root = try FakeRoot([
            "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
            "sys/fs/cgroup/a/cpu.max": "150000 100000\n", "sys/fs/cgroup/cpu.max": "400000 100000\n",
        ])
        #expect(
            ProcessorQuota.find(root.tree)
                == ProcessorQuota(processors: 1.5, file: "/sys/fs/cgroup/a/cpu.max", throttled: nil))
        #expect(Finding.quota(ProcessorQuota.find(root.tree), processors: 2).state == .problem)
        #expect(Finding.quota(ProcessorQuota.find(root.tree), processors: 1).state == .note)
    }

    @Test func theFirstVersionsQuota() throws {
        let files = [
            "proc/self/cgroup": "5:cpu,cpuacct:/docker/1234\n4:memory:/docker/1234\n0::/\n",
            // In a container, the host's path of the group cannot be seen: its own group is the outermost.
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        ]
        let limited = try FakeRoot(files)
        #expect(ProcessorQuota.find(limited.tree)?.processors == 2)
        let unlimited = try FakeRoot(files.merging(["sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n"]) { $1 })
        #expect(ProcessorQuota.find(unlimited.tree) == nil)
        #expect(unlimited.tree.text("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us") == "-1")
    }

    @Test(arguments: ["", "max 100000", "1000", "x 100000", "1000 0", "-1 100000", "1 2 3"])
    func whatIsNoQuota(text: String) { #expect(ProcessorQuota.unified(text) == nil) }
}
