import Results
import Testing

@Suite struct ContextProbeTests {
    /// Two hyperthreads of one core, in a virtual machine.
    private func machine() -> TemporaryFolder {
        let folder = TemporaryFolder()
        let block = { (number: Int) in
            """
            processor\t: \(number)
            model name\t: Some CPU @ 3.00GHz
            physical id\t: 0
            core id\t\t: 0
            flags\t\t: fpu sse4_2 avx2 fma avx512_vnni hypervisor
            power management:


            """
        }
        folder.write("proc/cpuinfo", block(0) + block(1))
        folder.write("proc/loadavg", "0.50 0.25 0.10 1/100 4242\n")
        folder.write("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n")
        folder.write("proc/sys/kernel/perf_event_paranoid", "4\n")
        folder.write("sys/class/dmi/id/sys_vendor", "QEMU\n")
        for (index, level, type, size) in [
            (0, 1, "Data", "48K"), (1, 1, "Instruction", "32K"), (2, 2, "Unified", "2M"),
        ] {
            let cache = "sys/devices/system/cpu/cpu0/cache/index\(index)"
            folder.write("\(cache)/level", "\(level)\n")
            folder.write("\(cache)/type", "\(type)\n")
            folder.write("\(cache)/size", "\(size)\n")
            folder.write("\(cache)/shared_cpu_list", "0-1\n")
        }
        return folder
    }

    @Test func readsWhatTheSystemTells() {
        let folder = machine()
        let context = ContextProbe(root: folder.path).context()
        #expect(context.processor == Processor(name: "Some CPU @ 3.00GHz", logicalCores: 2, physicalCores: 1))
        #expect(context.instructionSets == ["sse4_2", "fma", "avx2", "avx512_vnni"])
        #expect(
            context.caches == [
                Cache(level: 1, type: "data", bytes: 49152, sharedBy: "0-1"),
                Cache(level: 1, type: "instruction", bytes: 32768, sharedBy: "0-1"),
                Cache(level: 2, type: "unified", bytes: 2 << 20, sharedBy: "0-1"),
            ])
        #expect(context.kernel == "6.1.0-13-amd64")
        #expect(context.perfEventParanoid == 4)
        #expect(context.load == [0.5, 0.25, 0.1])
        #expect(context.virtualMachine == .known("QEMU"))
        #expect(context.governor == .unknown("this system shows no frequency governor"))
    }

    @Test func namesEveryGovernorOfABareMachine() {
        let folder = TemporaryFolder()
        folder.write("proc/cpuinfo", "processor: 0\nmodel name: X\nflags: avx2\n")
        folder.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n")
        folder.write("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n")
        let context = ContextProbe(root: folder.path).context()
        #expect(context.governor == .known("performance, powersave"))
        #expect(context.virtualMachine == .unknown("no hypervisor seen"))
    }

    @Test func anEmptySystemGivesAbsentFieldsNotZeros() {
        let folder = TemporaryFolder()
        var expected = Context()
        expected.governor = .unknown("this system shows no frequency governor")
        expected.virtualMachine = .unknown("no hypervisor seen")
        #expect(ContextProbe(root: folder.path).context() == expected)
    }

    @Test func garbageIsNotAFact() {
        let folder = TemporaryFolder()
        folder.write("proc/cpuinfo", ":: : :\n::\n")
        folder.write("proc/loadavg", "busy\n")
        folder.write("proc/sys/kernel/perf_event_paranoid", "very\n")
        folder.write("sys/devices/system/cpu/cpu0/cache/index0/level", "1\n")
        folder.write("sys/devices/system/cpu/cpu0/cache/index0/size", "9999999999999999G\n")
        let context = ContextProbe(root: folder.path).context()
        #expect(context.processor == nil && context.load == nil && context.perfEventParanoid == nil)
        #expect(context.caches == nil)
    }

    @Test func thisMachineHasAKernel() {
        #expect(ContextProbe().context().kernel != nil)
    }
}
