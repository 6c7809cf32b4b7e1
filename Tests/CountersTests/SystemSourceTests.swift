import Counters
import Foundation
import Testing

/// Sources that need no library: perf_event directly, the scheduler's accounts, energy counters.
@Suite(.serialized) struct SystemSourceTests {
    static func touchPages(_ count: Int) {
        let length = count * 4096
        guard let pages = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            pages != MAP_FAILED
        else { return }
        madvise(pages, length, Int32(MADV_NOHUGEPAGE))
        for page in 0..<count { pages.storeBytes(of: 1, toByteOffset: page * 4096, as: UInt8.self) }
        munmap(pages, length)
    }

    // perf_event

    static let perf = PerfSource()
    static let counts: Bool = perf.check("perf::PAGE-FAULTS") == .available

    @Test(.enabled(if: counts, "perf_event_open counts no software events here"))
    func perfCountsOnEachThread() {
        let workers = WorkerTeam(count: 3)
        defer { workers.finish() }
        let session = Self.perf.begin(["perf::PAGE-FAULTS", "perf::TASK-CLOCK"], on: workers.team)
        defer { session.close() }
        #expect(session.batches == [["perf::PAGE-FAULTS", "perf::TASK-CLOCK"]])
        for round in 1...2 {
            let readings = session.measure { workers.runOnEachThread { Self.touchPages(1000 * ($0 + 1)) } }
            #expect((6000...6100).contains(readings[0].value ?? 0), "round \(round)")
            #expect(readings[0].provenance == .measured)
            #expect((readings[1].value ?? 0) > 0)
        }
    }

    @Test(.enabled(if: counts, "perf_event_open counts no software events here"))
    func perfRoundsAddUpAndStopsBetweenThem() {
        let session = Self.perf.begin(["perf::PAGE-FAULTS"], on: .callingThread)
        for _ in 0..<3 {
            session.start()
            Self.touchPages(100)
            session.stop()
            Self.touchPages(500)
        }
        #expect((300...330).contains(session.readings()[0].value ?? 0))
        session.close()
        session.close()
        session.start()
        session.stop()
        #expect((300...330).contains(session.readings()[0].value ?? 0), "the readings stay")
    }

    @Test(.enabled(if: perf.check("perf::CONTEXT-SWITCHES") == .available, "kernel-mode events are forbidden here"))
    func perfContextSwitchesAreNotQuietlyZero() {
        let session = Self.perf.begin(["perf::CONTEXT-SWITCHES"], on: .callingThread)
        #expect((session.measure { for _ in 0..<5 { usleep(1000) } }[0].value ?? 0) >= 5)
    }

    @Test func perfNames() {
        #expect(Self.perf.check("perf::NONSENSE") == nil)
        #expect(Self.perf.check("perf_raw::rxyz") == nil)
        #expect(Self.perf.check("perf_raw::r1000001a0") != nil)
        let names = Self.perf.catalogue().map(\.name)
        #expect(Set(names).count == names.count)
        for name in ["perf::CYCLES", "perf::L1-DCACHE-LOAD-MISSES", "perf::LLC-PREFETCHES", "perf::CPU-MIGRATIONS"] {
            #expect(names.contains(name))
        }
        let readings = Self.perf.begin(["quite::unknown"], on: .callingThread).measure {}
        #expect(readings == [.unavailable("quite::unknown", "unknown event quite::unknown")])
    }

    @Test(.enabled(if: HardwareProbe.shared.reason != nil, "this machine has a PMU"))
    func perfHardwareHasAReason() throws {
        let reason = try #require(HardwareProbe.shared.reason)
        for event in ["perf::CYCLES", "perf::LLC-LOADS", "perf_raw::r00c1"] {
            #expect(Self.perf.check(event) == .unavailable(reason: reason))
        }
    }

    @Test(.enabled(if: HardwareProbe.shared.reason == nil, "\(HardwareProbe.shared.reason ?? "")"))
    func perfCountsKnownWork() throws {
        let session = Self.perf.begin(["perf::CYCLES", "perf::INSTRUCTIONS"], on: .callingThread)
        var sum: UInt64 = 0
        let readings = session.measure { for i in 0..<1_000_000 as Range<UInt64> { sum = sum &* 3 ^ i } }
        #expect(sum != 0)
        #expect((3.5e6...2e7).contains(try #require(readings[0].value)))
        #expect((2e6...2e7).contains(try #require(readings[1].value)))
    }

    // Process accounting

    @Test func theProcessIsAccountedFor() {
        let source = ProcessSource()
        let events = [
            "clock::WALL_NS", "process::CPU_NS", "process::MINOR_FAULTS", "process::VOLUNTARY_SWITCHES", "clock::TSC",
        ]
        let session = source.begin(events, on: .callingThread)
        let readings = session.measure {
            Self.touchPages(2000)
            for _ in 0..<5 { usleep(2000) }
        }
        let values = readings.map { $0.value ?? -1 }
        #expect(values[0] >= 10e6 && values[0] < 60e9)
        #expect(values[1] > 0)
        #expect(values[2] >= 2000)
        #expect(values[3] >= 5)
        #expect(readings.allSatisfy { $0.provenance == .measured || $0.value == nil })
        #expect(source.check("process::NONSENSE") == nil)
        #expect(
            source.begin(["process::NONSENSE"], on: .callingThread).measure {}
                == [.unavailable("process::NONSENSE", "unknown event process::NONSENSE")])
    }

    @Test func everyAccountHasANumberOrAReason() {
        let source = ProcessSource()
        for entry in source.catalogue() {
            let reading = source.begin([entry.name], on: .callingThread).measure {}[0]
            #expect((reading.value != nil) == (entry.status == .available), "\(entry.name)")
        }
    }

    // Energy

    /// A folder as the kernel's, with two packages; `energy` in microjoules.
    final class Zones {
        let folder = FileManager.default.temporaryDirectory.appending(path: "powercap-\(UUID())").path
        init() throws {
            for (zone, name) in [
                ("intel-rapl:0", "package-0"), ("intel-rapl:1", "package-1"), ("intel-rapl:0:0", "core"),
            ] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(zone)", withIntermediateDirectories: true)
                try write(zone, "name", name)
                try write(zone, "max_energy_range_uj", "1000000")
            }
        }
        deinit { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ zone: String, _ file: String, _ text: String) throws {
            try (text + "\n").write(toFile: "\(folder)/\(zone)/\(file)", atomically: false, encoding: .utf8)
        }
        func energy(_ first: Int, _ second: Int, core: Int) throws {
            try write("intel-rapl:0", "energy_uj", "\(first)")
            try write("intel-rapl:1", "energy_uj", "\(second)")
            try write("intel-rapl:0:0", "energy_uj", "\(core)")
        }
    }

    @Test func packagesAreAddedUpAndWrapAround() throws {
        let zones = try Zones()
        try zones.energy(999_000, 10, core: 5)
        let source = PowercapSource(folder: zones.folder)
        #expect(source.check("powercap::PACKAGE_UJ") == .available)
        #expect(source.shortestRegion(of: "powercap::PACKAGE_UJ") >= 0.1)
        let session = source.begin(
            ["powercap::PACKAGE_UJ", "powercap::DRAM_UJ", "powercap::CORE_UJ"], on: .callingThread)
        let readings = try session.measure { try zones.energy(4_000, 510, core: 25) }
        // Package 0 went from 999000 over its range of 1000000 to 4000: 5000.
        #expect(
            readings == [
                .measured("powercap::PACKAGE_UJ", 5_500),
                .unavailable("powercap::DRAM_UJ", "this processor has no energy counter for dram"),
                .measured("powercap::CORE_UJ", 20),
            ])
    }

    @Test func anUnreadableCounterHasAReason() throws {
        let zones = try Zones()
        let source = PowercapSource(folder: zones.folder)
        let reason = "\(zones.folder)/intel-rapl:0/energy_uj can be read by root only"
        #expect(source.check("powercap::PACKAGE_UJ") == .unavailable(reason: reason))
        #expect(
            source.begin(["powercap::PACKAGE_UJ"], on: .callingThread).measure {}
                == [.unavailable("powercap::PACKAGE_UJ", reason)])
        let nowhere = PowercapSource(folder: "/nowhere")
        #expect(nowhere.check("powercap::PACKAGE_UJ") == .unavailable(reason: "no energy counters in /nowhere"))
        #expect(nowhere.check("powercap::NONSENSE") == nil)
    }
}
