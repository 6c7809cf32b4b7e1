/// Reads what the operating system tells about the machine. Called by the runner once, before the first sample.
public struct ContextProbe: Sendable {
    private let tree: SystemTree

    /// - Parameter root: where /proc and /sys are looked for; tests pass a folder of their own.
    public init(root: String = "/") { tree = SystemTree(root: root) }

    /// The machine's part of a context. Fields that this system does not tell stay absent.
    public func context() -> Context {
        let info = CPUInfo(tree.text("/proc/cpuinfo") ?? "")
        var context = Context()
        context.processor = info.processor
        context.instructionSets = info.instructionSets
        context.caches = caches()
        context.kernel = tree.text("/proc/sys/kernel/osrelease")
        context.governor = governor()
        context.virtualMachine = virtualMachine(info)
        context.perfEventParanoid = tree.text("/proc/sys/kernel/perf_event_paranoid").flatMap(Int.init)
        context.load = load()
        return context
    }

    private func caches() -> [Cache]? {
        let folder = "/sys/devices/system/cpu/cpu0/cache"
        let caches = tree.entries(folder).filter { $0.hasPrefix("index") }.compactMap { entry -> Cache? in
            let field = { (name: String) in tree.text("\(folder)/\(entry)/\(name)") }
            guard let level = field("level").flatMap(Int.init), let type = field("type"),
                let bytes = field("size").flatMap(bytes(ofSize:))
            else { return nil }
            return Cache(level: level, type: type.lowercased(), bytes: bytes, sharedBy: field("shared_cpu_list"))
        }
        return caches.isEmpty ? nil : caches.sorted { ($0.level, $0.type) < ($1.level, $1.type) }
    }

    /// `48K` is 48·1024 bytes.
    private func bytes(ofSize text: String) -> Int? {
        let factors: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        guard let last = text.last else { return nil }
        guard let factor = factors[last] else { return Int(text) }
        return Int(text.dropLast()).flatMap { number in
            let (product, overflow) = number.multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
    }

    /// All governors in use, because processors may differ.
    private func governor() -> Fact {
        let folder = "/sys/devices/system/cpu"
        let names = tree.entries(folder).filter { $0.hasPrefix("cpu") }
            .compactMap { tree.text("\(folder)/\($0)/cpufreq/scaling_governor") }
        return names.isEmpty
            ? .unknown("this system shows no frequency governor") : .known(Set(names).sorted().joined(separator: ", "))
    }

    private func virtualMachine(_ info: CPUInfo) -> Fact {
        let product = ["/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name"].compactMap(tree.text)
        let kind = tree.text("/sys/hypervisor/type")
        guard kind != nil || info.hasHypervisor else { return .unknown("no hypervisor seen") }
        let described = ([kind].compactMap { $0 } + product).joined(separator: " ")
        return .known(described.isEmpty ? "yes, of unknown make" : described)
    }

    private func load() -> [Double]? {
        let numbers = (tree.text("/proc/loadavg") ?? "").split(separator: " ").prefix(3).compactMap { Double($0) }
        return numbers.count == 3 ? numbers : nil
    }
}

/// /proc/cpuinfo, understood.
private struct CPUInfo {
    /// One dictionary per logical processor.
    private let blocks: [[String: String]]

    init(_ text: String) {
        var blocks: [[String: String]] = []
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = String(line[..<colon]).trimmed
            let value = String(line[line.index(after: colon)...]).trimmed
            if key == "processor" { blocks.append([:]) }
            if !blocks.isEmpty { blocks[blocks.count - 1][key] = value }
        }
        self.blocks = blocks
    }

    var processor: Processor? {
        guard let name = blocks.first?["model name"] else { return nil }
        let cores = Set(blocks.compactMap { block in block["core id"].map { "\(block["physical id"] ?? "0")/\($0)" } })
        return Processor(name: name, logicalCores: blocks.count, physicalCores: cores.isEmpty ? nil : cores.count)
    }

    private var flags: Set<Substring> {
        Set((blocks.first?["flags"] ?? "").split(separator: " "))
    }

    var hasHypervisor: Bool { flags.contains("hypervisor") }

    var instructionSets: [String]? {
        let flags = self.flags
        return flags.isEmpty ? nil : Self.known.filter { flags.contains(Substring($0)) }
    }

    /// What an integer or float kernel could be written for, in the kernel's spelling of /proc/cpuinfo.
    private static let known = [
        "sse4_1", "sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl",
        "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16",
    ]
}
