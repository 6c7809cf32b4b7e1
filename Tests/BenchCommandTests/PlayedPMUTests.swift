import Counters
import Doctor
import Foundation
import Results
import Testing

/// The real `bench` on PMUs that are played from scripts. Counts are multiples of the multiply-accumulates that the kernels
/// really did, so that every number of a record is known.
@Suite(.enabled(if: PlayedPMU.isPossible, "built without PAPI (package trait off)")) struct PlayedPMUTests {
    static let macs = 4096.0

    /// What the record says of an event, against `factor` for each multiply-accumulate and `plus` for each round, on every
    /// thread.
    static func isExact(_ record: Record, _ event: String, _ factor: Double, plus: Double = 0) -> Bool {
        guard let value = record.counters?[event]?.value, let counting = record.counting else { return false }
        let expected = Double(record.threads ?? 0) * (factor * macs + plus / Double(counting.iterations))
        return abs(value - expected) < 1e-9 * max(1, expected)
    }

    static func reason(_ record: Record, _ event: String) -> String? {
        guard let quantity = record.counters?[event], quantity.provenance == .unavailable, quantity.value == nil else {
            return nil
        }
        return quantity.reason
    }

    // A healthy one

    @Test func everyCountIsTheWorkTimesItsFactor() throws {
        let (run, records, _) = try PlayedPMU.healthy.measure(counters: "core,branch,work", threads: "1,2")
        #expect(run.status == 0, "\(run.stderr)")
        #expect(records.map(\.threads) == [1, 2])
        for record in records {
            #expect(record.counters?["PAPI_TOT_CYC"]?.provenance == .measured)
            #expect(Self.isExact(record, "PAPI_TOT_CYC", 2, plus: 50))
            #expect(Self.isExact(record, "PAPI_TOT_INS", 3, plus: 70))
            #expect(Self.isExact(record, "PAPI_BR_INS", 0.5))
            #expect(Self.isExact(record, "PAPI_BR_MSP", 0.125))
            // From the real libpapi, in the same run: counted once, not on each thread.
            #expect(record.counters?["quantkernels::MACS"] == .measured(Self.macs))
            #expect(record.counting?.passes == 1)
            #expect(record.counting?.emptyCounts["PAPI_TOT_CYC"] == 50 * Double(record.threads ?? 0))
            let mispredicted = try #require(record.metrics?["mispredicted"])
            #expect(mispredicted.provenance == .derived && mispredicted.value == 25)
            let ipc = try #require(record.metrics?["IPC"]?.value)
            #expect(abs(ipc - 1.5) < 1e-3)
        }
    }

    /// The heads of all tables of the three reports of `suites/mobilenet.json`, and the names in its records.
    @Test func columnsAreTheSameWithAndWithoutAPMU() throws {
        let pmus = [.healthy, PlayedPMU(processor: PlayedPMU.virtual, cycles: "refuse ENOENT", "")]
        let runs = try pmus.map { pmu in
            let folder = try Workspace()
            let run = try pmu.run(
                "run", BenchProcess.checkout + "/suites/mobilenet.json", "--counters", "work,core,cache",
                "--filter", "0.25_28/(f32|w8c-a8-ptq)/", "--quiet", "--warmup", "0s", "--min-time", "1ms",
                "--max-time", "1ms", in: folder)
            #expect(run.status == 0, "\(run.stderr)")
            let base = "results/local/mobilenet"
            let markdown = try folder.text(base + ".md").split(separator: "\n")
            return (
                records: try folder.results(base + ".json").benchmarks,
                csv: try String(folder.text(base + ".csv").prefix { $0 != "\n" }),
                markdown: markdown.indices.filter { markdown[$0].hasPrefix("|---") }.map { markdown[$0 - 1] },
                html: try folder.text(base + ".html").split(separator: "\n").filter { $0.contains("<th") }
            )
        }
        let (with, without) = (runs[0], runs[1])
        #expect(with.csv == without.csv && with.csv.contains(",PAPI_TOT_CYC,PAPI_TOT_CYC_provenance,"))
        #expect(with.markdown == without.markdown && with.markdown.contains { $0.contains(" PAPI_TOT_CYC |") })
        #expect(with.html == without.html && with.html.contains { $0.contains(">PAPI_TOT_CYC<") })
        #expect(with.records.map(\.name) == without.records.map(\.name) && with.records.count == 2)
        for (own, other) in zip(with.records, without.records) {
            #expect(own.counters?.keys.sorted() == other.counters?.keys.sorted())
            #expect(own.metrics?.keys.sorted() == other.metrics?.keys.sorted())
            // Work is counted by the real libpapi in both, and is the same; the rest is there or has its reason.
            let macs = try #require(own.counters?["quantkernels::MACS"]?.value)
            #expect(macs > 3e6 && other.counters?["quantkernels::MACS"] == .measured(macs))
            #expect(own.counters?["PAPI_L1_DCM"]?.provenance == .measured)
            #expect(own.metrics?["IPC"]?.provenance == .derived)
            #expect(Self.reason(other, "PAPI_L1_DCM") == "no PMU in this virtual machine")
            #expect(other.metrics?["IPC"]?.value == nil)
        }
    }

    @Test func theListMarksWhatCanBeCounted() throws {
        let with = try PlayedPMU.healthy.run("counters", in: Workspace())
        #expect(with.status == 0)
        #expect(with.lines.contains { $0.hasPrefix("  + PAPI_TOT_CYC ") })
        let without = try PlayedPMU(processor: PlayedPMU.virtual, cycles: "refuse ENOENT", "").run(
            "counters", in: Workspace())
        #expect(without.status == 0)
        let line = try #require(without.lines.first { $0.hasPrefix("  - PAPI_TOT_CYC ") })
        #expect(line.hasSuffix(" no PMU in this virtual machine"))
        #expect(without.lines.contains { $0.hasPrefix("  + quantkernels::MACS ") })
    }

    // Fewer counters than events

    static let two = PlayedPMU("counters 2\n" + PlayedPMU.presets)
    static let five = "PAPI_TOT_CYC,PAPI_TOT_INS,PAPI_BR_INS,PAPI_BR_MSP,PAPI_L1_DCM"

    @Test func eachPartHasAPassOfItsOwn() throws {
        let (run, records, _) = try Self.two.measure(counters: Self.five)
        #expect(run.status == 0)
        let record = try #require(records.first)
        #expect(record.counting?.passes == 3)
        #expect(record.counters?.values.allSatisfy { $0.provenance == .measured } == true)
        #expect(Self.isExact(record, "PAPI_TOT_CYC", 2, plus: 50))
        #expect(Self.isExact(record, "PAPI_BR_MSP", 0.125))
        #expect(Self.isExact(record, "PAPI_L1_DCM", 0.25))
    }

    @Test func inOnePassPartsTakeTurnsAndSaySo() throws {
        let (run, records, _) = try Self.two.measure(counters: "core,branch,PAPI_L1_DCM", "--counter-passes", "1")
        #expect(run.status == 0)
        let record = try #require(records.first)
        #expect(record.counting?.passes == 1)
        for (event, factor) in [("PAPI_BR_INS", 0.5), ("PAPI_BR_MSP", 0.125), ("PAPI_L1_DCM", 0.25)] {
            let quantity = try #require(record.counters?[event])
            #expect(quantity.provenance == .multiplexed)
            let share = try #require(quantity.share)
            #expect(abs(share - 1 / 3.0) < 1e-6)
            // Every round did the same, so what was scaled up is right.
            let value = try #require(quantity.value)
            #expect(abs(value - factor * Self.macs) < 1e-3)
        }
        // Counted for a third of the rounds: no ratio is made of that.
        let ipc = try #require(record.metrics?["IPC"])
        #expect(ipc.provenance == .unavailable && ipc.value == nil)
        #expect(ipc.reason?.contains("33") == true, "\(ipc)")
        #expect(record.counters?["quantkernels::MACS"] == .measured(Self.macs))
    }

    @Test func withTwoPassesSomeTakeTurns() throws {
        let (_, records, _) = try Self.two.measure(counters: Self.five, "--counter-passes", "2")
        let counters = try #require(records.first?.counters)
        let provenances = Dictionary(grouping: counters.keys) { counters[$0]!.provenance }.mapValues(\.count)
        #expect(provenances == [.measured: 2, .multiplexed: 3])
        #expect(counters.values.filter { $0.provenance == .multiplexed }.allSatisfy { $0.share == 0.5 })
    }

    // An event that is refused, a counter that fails

    @Test func aRefusedEventIsAbsentWithItsReasonAndTheOthersStay() throws {
        let pmu = PlayedPMU("counters 8\n" + PlayedPMU.presets + "event PAPI_LD_INS refuse PAPI_ENOEVNT")
        let counters = "PAPI_TOT_CYC,PAPI_LD_INS"
        let (run, records, _) = try pmu.measure(counters: counters)
        #expect(run.status == 0)
        #expect(Self.reason(records[0], "PAPI_LD_INS") == "PAPI: Event does not exist")
        #expect(Self.isExact(records[0], "PAPI_TOT_CYC", 2, plus: 50))

        let strict = try pmu.measure(counters: counters, "--require-counters")
        #expect(strict.run.status == 6)
        #expect(
            strict.run.stderr
                == "bench: required counters are unavailable: PAPI_LD_INS: PAPI: Event does not exist\n")
        #expect(strict.records.isEmpty, "nothing is measured in vain")
        #expect(try pmu.measure(counters: "PAPI_TOT_CYC", "--require-counters").run.status == 0)
    }

    /// A watchdog holds the only counter: no set has room.
    @Test func noRoomAtAllIsAReasonOfItsOwn() throws {
        let (run, records, _) = try PlayedPMU("counters 0\n" + PlayedPMU.presets).measure(counters: "PAPI_TOT_INS")
        #expect(run.status == 0)
        #expect(Self.reason(records[0], "PAPI_TOT_INS")?.hasPrefix("PAPI: no free counter") == true)
    }

    @Test(arguments: ["start", "stop"])
    func aCounterThatFailsInTheMiddleLosesItsOwnNumbersOnly(place: String) throws {
        // Each event of its own set. The first cell takes 15 empty rounds and one real one; then the counter dies.
        let pmu = PlayedPMU(
            """
            counters 1
            event PAPI_TOT_CYC per MACS 2 plus 50
            event PAPI_BR_MSP per MACS 0.125 fails \(place) 17 PAPI_ESYS
            """)
        let counters = "PAPI_TOT_CYC,PAPI_BR_MSP,quantkernels::MACS"
        let (run, records, _) = try pmu.measure(counters: counters, threads: "1,2")
        #expect(run.status == 0, "\(run.stderr)")
        #expect(records.map(\.status) == [.ok, .ok])
        let states = records.map { $0.counters?["PAPI_BR_MSP"]?.provenance }
        #expect(states.contains(.measured) && states.contains(.unavailable))
        for record in records {
            #expect(Self.isExact(record, "PAPI_TOT_CYC", 2, plus: 50))
            #expect(record.counters?["quantkernels::MACS"] == .measured(Self.macs))
            if record.counters?["PAPI_BR_MSP"]?.provenance == .unavailable {
                #expect(Self.reason(record, "PAPI_BR_MSP") == "PAPI: A System/C library call failed")
            } else {
                #expect(Self.isExact(record, "PAPI_BR_MSP", 0.125))
            }
        }
        // What was required and then failed is found at the end, with everything on disk.
        let strict = try pmu.measure(counters: counters, threads: "1,2", "--require-counters")
        #expect(strict.run.status == 6)
        #expect(strict.run.stderr.contains("PAPI_BR_MSP: PAPI: A System/C library call failed"))
        #expect(strict.records.count == 2)
    }

    // Counts that cannot be

    @Test func aCounterThatRunsBackwardsHasNoNumber() throws {
        let pmu = PlayedPMU("counters 1\nevent PAPI_TOT_CYC per MACS 2 plus 1\nevent PAPI_BR_INS values -5")
        let (run, records, _) = try pmu.measure(counters: "PAPI_TOT_CYC,PAPI_BR_INS")
        #expect(run.status == 0)
        #expect(Self.reason(records[0], "PAPI_BR_INS")?.contains("ran backwards") == true)
        #expect(Self.isExact(records[0], "PAPI_TOT_CYC", 2, plus: 1))
    }

    @Test func aSumBeyond64BitsIsNotWrapped() throws {
        let pmu = PlayedPMU("counters 1\nevent PAPI_BR_INS values 9223372036854775807")
        let (_, records, _) = try pmu.measure(counters: "PAPI_BR_INS", threads: "1,2")
        #expect(records.first { $0.threads == 1 }?.counters?["PAPI_BR_INS"]?.provenance == .measured)
        let two = try #require(records.first { $0.threads == 2 })
        #expect(Self.reason(two, "PAPI_BR_INS")?.contains("exceeds 64 bits") == true)
    }

    // Forbidden, or not there

    @Test func aParanoidKernelIsNamedWithTheRemedy() throws {
        var pmu = PlayedPMU(
            cycles: "refuse EACCES",
            """
            disabled Insufficient permissions for perf_event access
            event PAPI_TOT_CYC refuse PAPI_EPERM
            perf software * refuse EACCES
            """)
        pmu.script = pmu.script.replacingOccurrences(of: "perf_event_paranoid 2", with: "perf_event_paranoid 4")
        let reason = "perf_event_paranoid=4 (sysctl kernel.perf_event_paranoid=2 allows it)"
        let (run, records, _) = try pmu.measure(counters: "core,software")
        #expect(run.status == 0)
        for event in ["PAPI_TOT_CYC", "PAPI_TOT_INS"] { #expect(Self.reason(records[0], event) == reason) }
        // Linux's own accounts need no permission.
        let faults = try #require(records[0].counters?["PAGE_FAULTS"])
        #expect(faults.provenance == .derived && faults.formula?.contains("process::MINOR_FAULTS") == true)
        let strict = try pmu.measure(counters: "core", "--require-counters")
        #expect(strict.run.status == 6 && strict.run.stderr.contains(reason))
        #expect(try pmu.run("counters", in: Workspace()).stdout.contains("Insufficient permissions"))

        let doctor = try pmu.run("doctor", "--export-json", "-", in: Workspace())
        let diagnosis = try JSONDecoder().decode(Diagnosis.self, from: Data(doctor.stdout.utf8))
        #expect(diagnosis.checks.first { $0.name == "hardware counters" }?.found == reason)
        let level = try #require(diagnosis.checks.first { $0.name == "perf_event_paranoid" })
        #expect(level.found.hasPrefix("4"))
    }

    @Test(arguments: [
        ("fpu hypervisor", "refuse ENOENT", "no PMU in this virtual machine"),
        ("fpu", "refuse ENOENT", "the kernel drives no PMU of this processor"),
        (
            "fpu", "refuse EPERM",
            "perf_event_open is forbidden though perf_event_paranoid=2: a container's seccomp filter?"
        ),
        ("fpu", "refuse ENOSYS", "this kernel has no perf_event_open"),
        ("fpu hypervisor", "values 0", "the PMU counted 0 cycles for 100000 dependent additions (virtual machine)"),
    ])
    func aMachineWithoutAPMUSaysWhy(flags: String, cycles: String, reason: String) throws {
        let processor = PlayedPMU.cpuinfo("AuthenticAMD", 25, 17, flags: flags)
        let pmu = PlayedPMU(processor: processor, cycles: cycles, "")
        let (run, records, _) = try pmu.measure(counters: "core")
        #expect(run.status == 0)
        #expect(Self.reason(records[0], "PAPI_TOT_CYC") == reason)
        #expect(records[0].metrics?["IPC"]?.reason?.contains(reason) == true)
        #expect(records[0].metrics?["IPC"]?.value == nil)
    }

    // A processor that PAPI does not know

    @Test func perfEventTakesOverWhatPAPIDoesNotKnow() throws {
        // PAPI offers no event. The cycle counter's first round is the probe's.
        let pmu = PlayedPMU(
            processor: PlayedPMU.zen5, cycles: "per MACS 2 plus 100000",
            "disabled unknown processor\nperf hardware 1 per MACS 3 plus 70\nperf raw 0x5c44 per MACS 0.5\ncounters 8")
        let (run, records, _) = try pmu.measure(counters: "core,cache", threads: "1,2")
        #expect(run.status == 0)
        for record in records {
            let cycles = try #require(record.counters?["PAPI_TOT_CYC"])
            #expect(cycles.provenance == .derived && cycles.formula == "perf::CYCLES")
            #expect(Self.isExact(record, "PAPI_TOT_CYC", 2, plus: 100_000))
            #expect(Self.isExact(record, "PAPI_TOT_INS", 3, plus: 70))
            // The group names another event for this family than for others.
            #expect(record.counters?["L3_MISSES"]?.formula == "perf_raw::r5c44")
            #expect(Self.isExact(record, "L3_MISSES", 0.5))
            #expect(Self.reason(record, "PAPI_L1_DCM") != nil)
            #expect(record.metrics?["IPC"]?.provenance == .derived)
        }
    }

    /// Six slots for each multiply-accumulate: 25 % front end, 10 % back end, 50 % retired, by each vendor's own codes.
    @Test(arguments: [
        (PlayedPMU.zen4, "per MACS 1", ["0x1000001a0": 1.5, "0x100001ea0": 0.6, "0x00c1": 3]),
        (PlayedPMU.sapphireRapids, "per MACS 1", ["0x01a4": 6, "0x019c": 1.5, "0x02a4": 0.6, "0x02c2": 3]),
        (PlayedPMU.skylake, "per MACS 1.5", ["0x019c": 1.5, "0x010e": 3.6, "0x010d": 0.075, "0x02c2": 3]),
    ])
    func topDownIsRightOnEachVendorsProcessors(processor: String, cycles: String, codes: [String: Double]) throws {
        let events = codes.map { "perf raw \($0.key) per MACS \($0.value)" }.joined(separator: "\n")
        let pmu = PlayedPMU(processor: processor, cycles: cycles + " plus 100000", "counters 4\n" + events)
        let (run, records, _) = try pmu.measure(counters: "topdown")
        #expect(run.status == 0)
        let shares = ["front-end bound": 25.0, "back-end bound": 10, "retiring": 50, "wasted": 15]
        for (name, percent) in shares {
            let metric = try #require(records.first?.metrics?[name])
            // The cycle counter's 100,000 of each round, which the probe needs, are a small part of a pass.
            #expect(abs((metric.value ?? 0) - percent) < 1, "\(name): \(metric)")
            #expect(metric.provenance == .derived)
        }
        // Another processor's codes mean nothing here.
        let stranger = PlayedPMU(processor: PlayedPMU.cpuinfo("AuthenticAMD", 23, 49), cycles: cycles, events)
        let other = try #require(try stranger.measure(counters: "topdown").records.first)
        #expect(other.metrics?["retiring"]?.value == nil)
        #expect(other.metrics?["retiring"]?.reason?.contains("amd 23/49") == true)
    }

    /// The kernel itself lets events take turns, and tells the share.
    @Test(arguments: [(0.75, Results.Provenance.derived), (0.25, .unavailable)])
    func theKernelsShareIsKept(share: Double, ratio: Results.Provenance) throws {
        let pmu = PlayedPMU(
            processor: PlayedPMU.zen5, cycles: "per MACS 2 plus 100000",
            "disabled unknown processor\nperf hardware 1 per MACS 3 share \(share)")
        let (_, records, _) = try pmu.measure(counters: "core,perf::INSTRUCTIONS")
        let record = try #require(records.first)
        let instructions = try #require(record.counters?["perf::INSTRUCTIONS"])
        #expect(instructions.provenance == .multiplexed)
        #expect(abs((instructions.share ?? 0) - share) < 1e-5)
        #expect(abs((instructions.value ?? 0) - 3 * Self.macs / share) < 0.1)
        let ipc = try #require(record.metrics?["IPC"])
        #expect(ipc.provenance == ratio)
        #expect((ipc.value == nil) == (ratio == .unavailable))
    }

    @Test func aPerfCounterThatFailsToBeReadIsUnavailable() throws {
        let pmu = PlayedPMU(
            processor: PlayedPMU.zen5, "disabled unknown processor\nperf hardware 1 per MACS 3 fails stop 17 EINVAL")
        let (run, records, _) = try pmu.measure(counters: "perf::INSTRUCTIONS,quantkernels::MACS", threads: "1,2")
        #expect(run.status == 0)
        let states = records.map { $0.counters?["perf::INSTRUCTIONS"]?.provenance }
        #expect(states.contains(.measured) && states.contains(.unavailable), "\(states)")
        #expect(records.allSatisfy { $0.counters?["quantkernels::MACS"] == .measured(Self.macs) })
    }

    // Two kinds of cores

    static let processors = MachineExamination.usableProcessors()

    @Test(.enabled(if: processors.count >= 2, "two kinds of cores take two processors"))
    func aHybridsOtherCoresAreNotCountedAsZero() throws {
        let (big, little) = (Self.processors[0], Self.processors[1])
        let pmu = PlayedPMU(
            processor: PlayedPMU.alderLake,
            """
            counters 8
            event PAPI_TOT_INS per MACS 3 plus 70 cpus \(big)
            event adl_glc::INST_RETIRED:ANY per MACS 3 cpus \(big)
            event adl_grt::INST_RETIRED:ANY per MACS 2 cpus \(little)
            """)
        let (run, records, _) = try pmu.measure(counters: "PAPI_TOT_INS", threads: "1,2")
        #expect(run.status == 0)
        let one = try #require(records.first { $0.threads == 1 })
        #expect(Self.isExact(one, "PAPI_TOT_INS", 3, plus: 70), "one thread stays on the big core")
        let two = try #require(records.first { $0.threads == 2 })
        #expect(Self.reason(two, "PAPI_TOT_INS")?.contains("stood still on thread 1") == true)

        // An event that may well be 0 gives itself away by the cycles beside it.
        let misses = try PlayedPMU(
            processor: PlayedPMU.alderLake,
            "event PAPI_TOT_CYC per MACS 2 plus 50 cpus \(big)\nevent PAPI_L1_DCM per MACS 0.25 cpus \(big)"
        ).measure(counters: "PAPI_L1_DCM", threads: "1,2")
        for record in misses.records {
            if record.threads == 1 {
                #expect(Self.isExact(record, "PAPI_L1_DCM", 0.25))
            } else {
                #expect(Self.reason(record, "PAPI_L1_DCM")?.contains("stood still on thread 1") == true)
            }
        }
        #expect(misses.records.count == 2)

        // Asked for by its own name, each kind of core counts its own.
        let (glc, grt) = ("adl_glc::INST_RETIRED:ANY", "adl_grt::INST_RETIRED:ANY")
        let native = try pmu.measure(counters: "\(glc),\(grt)", threads: "2")
        #expect(native.run.status == 0, "\(native.run.stderr)")
        let counters = try #require(native.records.first?.counters)
        #expect(counters[glc] == .measured(3 * Self.macs))
        #expect(counters[grt] == .measured(2 * Self.macs))
    }

    // The doctor

    static let doctorsPresets = [
        "PAPI_TOT_INS", "PAPI_TOT_CYC", "PAPI_BR_INS", "PAPI_BR_MSP", "PAPI_LD_INS", "PAPI_SR_INS", "PAPI_SP_OPS",
        "PAPI_L1_DCM", "PAPI_L2_DCM", "PAPI_L3_TCM",
    ]

    static func examine(_ pmu: PlayedPMU, _ flags: String...) throws -> (status: Int32, diagnosis: Diagnosis) {
        let arguments = ["doctor", "--counters", doctorsPresets.joined(separator: ","), "--export-json", "-"]
        let run = try pmu.start(arguments + flags, in: Workspace()).wait()
        return (run.status, try JSONDecoder().decode(Diagnosis.self, from: Data(run.stdout.utf8)))
    }

    /// A PMU that counts what the loops should count, five runs of each; some events by another factor.
    static func played(_ expected: Diagnosis, scaling factors: [String: Double] = [:]) -> PlayedPMU {
        let events = expected.events.map { event in
            let counts = event.comparisons.map { comparison in
                "5x\(Int((comparison.expected * (factors[event.event] ?? 1)).rounded()))"
            }
            // Cycles and instructions of nothing at all are a few, not none.
            let shown = counts.map { $0 == "5x0" && event.event.contains("TOT") ? "5x1" : $0 }
            return "event \(event.event) values \(shown.joined(separator: " "))"
        }
        return PlayedPMU("counters 8\n" + events.joined(separator: "\n"))
    }

    @Test func theDoctorTrustsARightPMUAndNoOther() throws {
        // Without a PMU it says what it would have expected.
        let (status, blind) = try Self.examine(PlayedPMU(cycles: "refuse ENOENT", ""), "--require-counters")
        #expect(status == 6)
        #expect(blind.events.map(\.event) == Self.doctorsPresets)
        #expect(blind.events.allSatisfy { $0.verdict == .unavailable && !$0.comparisons.isEmpty })

        let right = try Self.examine(Self.played(blind), "--require-counters")
        #expect(right.status == 0)
        for event in right.diagnosis.events {
            #expect(event.verdict == .trusted, "\(event)")
            #expect(event.comparisons.allSatisfy { $0.provenance == "measured" })
        }

        // 5 % of the instructions are lost, cycles are counted twice, mispredictions never.
        let factors = ["PAPI_TOT_INS": 0.95, "PAPI_TOT_CYC": 2, "PAPI_BR_MSP": 0]
        let wrong = try Self.examine(Self.played(blind, scaling: factors), "--require-counters")
        #expect(wrong.status == 6)
        for event in wrong.diagnosis.events {
            #expect(event.verdict == (factors[event.event] == nil ? .trusted : .contradicted), "\(event)")
        }
        let lost = try #require(wrong.diagnosis.events[0].comparisons.first { $0.work == "additions" })
        #expect(abs((lost.errorPercent ?? 0) + 5) < 1e-3 && lost.agrees == false)
        #expect(try Self.examine(Self.played(blind, scaling: factors)).status == 0, "only if they are required")
    }

    // This machine's own counters

    @Test(
        .enabled(
            if: HardwareProbe.shared.reason == nil, "no hardware counters here: \(HardwareProbe.shared.reason ?? "")"))
    func thisMachinesCountersMeetKnownWork() throws {
        let events = "PAPI_TOT_INS,PAPI_TOT_CYC,PAPI_BR_INS"
        let run = try BenchProcess.run("doctor", "--counters", events, "--require-counters", in: Workspace())
        #expect(run.status == 0, "\(run.stdout)\(run.stderr)")
    }
}
