#if PAPI
    import Counters
    import Foundation
    import PAPICounters
    import Testing

    /// Serialized: PAPI runs one event set of a component at a time on each thread.
    @Suite(.serialized) struct PAPITests {
        static let source = PAPISource()

        // Software-defined events

        /// Counters that live as long as the process, as libsde demands.
        static func counters(_ library: String, _ names: [String]) throws -> UnsafeMutablePointer<Int64> {
            let values = UnsafeMutablePointer<Int64>.allocate(capacity: names.count)
            values.initialize(repeating: 0, count: names.count)
            try SoftwareDefinedEvents.register(
                library: library,
                counters: names.enumerated().map {
                    .init(name: $1, description: "test counter \($1)", value: values + $0)
                })
            return values
        }

        @Test func softwareEventsAreExactAndRepeat() throws {
            let values = try Self.counters("exact", ["MACS", "TASKS"])
            values[0] = 1_000_000
            let session = Self.source.begin(["exact::TASKS", "sde:::exact::MACS", "exact::MACS"], on: .callingThread)
            defer { session.close() }
            for _ in 0..<3 {
                let readings = session.measure {
                    values[0] += 123_456_789_012
                    values[1] += 7
                }
                #expect(
                    readings == [
                        .measured("exact::TASKS", 7), .measured("sde:::exact::MACS", 123_456_789_012),
                        .measured("exact::MACS", 123_456_789_012),
                    ])
                // Between the rounds nothing counts.
                values[0] += 999
            }
        }

        @Test func roundsAddUpUntilReset() throws {
            let values = try Self.counters("rounds", ["A"])
            let session = Self.source.begin(["rounds::A"], on: .callingThread)
            for step in 1...4 {
                session.start()
                values[0] += Int64(step)
                session.stop()
                values[0] += 100
            }
            #expect(session.readings() == [.measured("rounds::A", 10)])
            session.reset()
            #expect(session.readings()[0].value == nil)
            #expect(session.measure {} == [.measured("rounds::A", 0)])
            session.close()
            session.close()
        }

        @Test func registeringAfterASessionBeganWorks() throws {
            #expect(Self.source.check("late::A") == nil)
            #expect(Self.source.check("sde:::late::A") != .available)
            let values = try Self.counters("late", ["A"])
            #expect(Self.source.check("late::A") == .available)
            let session = Self.source.begin(["late::A"], on: .callingThread)
            #expect(session.measure { values[0] += 5 } == [.measured("late::A", 5)])
        }

        @Test func interleavedSessionsDoNotDisturbEachOther() throws {
            let values = try Self.counters("interleaved", ["A"])
            let first = Self.source.begin(["interleaved::A"], on: .callingThread)
            let second = Self.source.begin(["interleaved::A"], on: .callingThread)
            for _ in 0..<3 {
                first.start()
                values[0] += 1
                first.stop()
                second.start()
                values[0] += 10
                second.stop()
            }
            #expect(first.readings() == [.measured("interleaved::A", 3)])
            #expect(second.readings() == [.measured("interleaved::A", 30)])
        }

        @Test func misuseIsAReasonAndNoNumber() throws {
            _ = try Self.counters("misuse", ["A"])
            let first = Self.source.begin(["misuse::A"], on: .callingThread)
            let second = Self.source.begin(["misuse::A"], on: .callingThread)
            first.stop()
            #expect(first.readings()[0].provenance.reason == "stopped without having been started")
            first.reset()
            first.start()
            second.start()
            second.stop()
            first.stop()
            #expect(second.readings()[0].provenance.reason == "another counter session is running on the same thread")
            #expect(first.readings() == [.measured("misuse::A", 0)])
        }

        /// PAPI puts 40 software-defined events into a set: 100 are three batches that take turns.
        @Test func moreEventsThanFitTakeTurns() throws {
            let names = (0..<100).map { "C\($0)" }
            let values = try Self.counters("many", names)
            let events = names.map { "many::" + $0 }
            let session = Self.source.begin(events, on: .callingThread)
            func round() {
                session.start()
                for i in names.indices { values[i] += Int64(i) }
                session.stop()
            }
            round()
            let early = session.readings()
            #expect(early[1] == .measured("many::C1", 1))
            #expect(early[99].provenance.reason?.hasPrefix("had no free counter") == true)
            round()
            round()
            let expected = events.enumerated().map {
                CounterReading.multiplexed($1, 3 * Double($0), share: 1.0 / 3)
            }
            #expect(session.readings() == expected)
        }

        /// With enough passes the same 100 events are all measured, each in a pass of its batch.
        @Test func enoughPassesCountThemAll() throws {
            let names = (0..<100).map { "C\($0)" }
            let values = try Self.counters("passes", names)
            let events = names.map { "passes::" + $0 }
            func count(passes: Int) -> CountingPasses {
                CountingPasses(of: events, source: Self.source, on: .callingThread, passes: passes, iterations: 10) {
                    for i in names.indices { values[i] += Int64(i) }
                }
            }
            let enough = count(passes: 3)
            #expect(enough.passes == 3)
            #expect(enough.readings == events.enumerated().map { .measured($1, Double($0)) })
            let one = count(passes: 1)
            #expect(one.passes == 1)
            #expect(one.readings == events.enumerated().map { .multiplexed($1, Double($0), share: 1.0 / 3) })
            #expect(one.cost.nanoseconds > 0 && one.cost.counts.allSatisfy { $0.value == 0 })
        }

        @Test func badNamesAreRefused() throws {
            _ = try Self.counters("strict", ["A"])
            #expect(throws: CounterError.registration(library: "strict", problem: "strict::A is registered already")) {
                try Self.counters("strict", ["A"])
            }
            #expect(throws: CounterError.self) { try Self.counters("strict", ["B C"]) }
            #expect(throws: CounterError.self) { try Self.counters("", ["A"]) }
            #expect(
                Self.source.check("strict::NOPE") == .unavailable(reason: "strict registers no counter of this name"))
            #expect(Self.source.check("sde:::nobody::A") != .available)
        }

        // Kernel software events: counted by the hardware's component, thread by thread, without a PMU

        static let softwareEvents: Bool = source.check("perf::PAGE-FAULTS") == .available

        static func touchPages(_ count: Int) {
            let length = count * 4096
            guard let pages = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                pages != MAP_FAILED
            else { return }
            madvise(pages, length, Int32(MADV_NOHUGEPAGE))
            for page in 0..<count { pages.storeBytes(of: 1, toByteOffset: page * 4096, as: UInt8.self) }
            munmap(pages, length)
        }

        @Test(.enabled(if: softwareEvents, "perf_event_open counts no software events here"))
        func threadsAreSummed() {
            let workers = WorkerTeam(count: 3)
            defer { workers.finish() }
            let session = Self.source.begin(["perf::PAGE-FAULTS", "perf::TASK-CLOCK"], on: workers.team)
            let own = Self.source.begin(["perf::PAGE-FAULTS"], on: .callingThread)
            own.start()
            let readings = session.measure {
                workers.runOnEachThread { Self.touchPages(1000 * ($0 + 1)) }
            }
            own.stop()
            // 1000 + 2000 + 3000 pages; besides, a thread's stack or the libraries may touch a few for the first time.
            #expect((6000...6100).contains(readings[0].value ?? 0))
            #expect((readings[1].value ?? 0) > 0)
            #expect((own.readings()[0].value ?? 1e9) < 1000, "the calling thread touched none of them")
        }

        @Test(
            .enabled(if: source.check("perf::CONTEXT-SWITCHES") == .available, "kernel-mode events are forbidden here"))
        func contextSwitchesAreNotQuietlyZero() {
            let session = Self.source.begin(["perf::CONTEXT-SWITCHES"], on: .callingThread)
            let readings = session.measure { for _ in 0..<5 { usleep(1000) } }
            #expect((readings[0].value ?? 0) >= 5)
        }

        // Hardware

        @Test func unknownEventsSaySo() {
            let readings = Self.source.begin(["PAPI_FOO", "quite::unknown"], on: .callingThread).measure {}
            #expect(
                readings == [
                    .unavailable("PAPI_FOO", "unknown event PAPI_FOO"),
                    .unavailable("quite::unknown", "unknown event quite::unknown"),
                ])
        }

        @Test(.enabled(if: HardwareProbe.shared.reason != nil, "this machine has a PMU"))
        func missingHardwareHasAReason() throws {
            let reason = try #require(HardwareProbe.shared.reason)
            #expect(!reason.isEmpty)
            let events = ["PAPI_TOT_CYC", "PAPI_TOT_INS", "PAPI_L1_DCM", "PAPI_BR_MSP", "perf::CYCLES"]
            let readings = Self.source.begin(events, on: .callingThread).measure {}
            #expect(readings == events.map { .unavailable($0, reason) })
        }

        @Test(.enabled(if: HardwareProbe.shared.reason == nil, "\(HardwareProbe.shared.reason ?? "")"))
        func cyclesAndInstructionsOfKnownWork() throws {
            let session = Self.source.begin(["PAPI_TOT_CYC", "PAPI_TOT_INS"], on: .callingThread)
            var sum: UInt64 = 0
            let readings = session.measure { for i in 0..<1_000_000 as Range<UInt64> { sum = sum &* 3 ^ i } }
            #expect(sum != 0)
            // At least a multiplication (3 cycles) and an exclusive or depend on each other in each iteration.
            #expect((3.5e6...2e7).contains(try #require(readings[0].value)))
            #expect((2e6...2e7).contains(try #require(readings[1].value)))
        }

        // Inventory

        @Test func inventoryNamesEverythingOrItsReason() throws {
            _ = try Self.counters("inventory", ["A"])
            let library = try GroupLibrary(directory: GroupTests.folder)
            let inventory = CounterInventory(groups: library, source: Self.source)
            let text = inventory.describe()
            #expect(inventory.components.contains { $0.name == "perf_event" })
            #expect(inventory.components.contains { $0.name == "sde" && $0.disabledReason == nil })
            #expect(text.contains("+ inventory::A  test counter A"))
            #expect(inventory.catalogue.contains { $0.name == "PAPI_TOT_CYC" })
            for event in inventory.catalogue {
                if case .unavailable(let reason) = event.status { #expect(!reason.isEmpty, "\(event.name)") }
            }
            for (_, entries) in inventory.groups {
                for entry in entries {
                    if case .unavailable(let reason) = entry.status { #expect(!reason.isEmpty, "\(entry.name)") }
                }
            }
        }
    }
#else
    import Counters
    import PAPICounters
    import Testing

    @Suite struct WithoutPAPITests {
        @Test func saysThatTheTraitIsOff() {
            let readings = PAPISource().begin(["PAPI_TOT_CYC"], on: .callingThread).measure {}
            #expect(readings == [.unavailable("PAPI_TOT_CYC", "built without PAPI (package trait off)")])
            #expect(PAPISource().check("bogus") == nil, "a misspelled group is not taken for an event")
            #expect(throws: CounterError.self) { try SoftwareDefinedEvents.register(library: "l", counters: []) }
        }
    }
#endif
