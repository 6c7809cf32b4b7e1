/// Clock, memory, build.
extension Finding {
    /// - Parameters:
    ///   - source: /sys/devices/system/clocksource/clocksource0/current_clocksource.
    ///   - resolution: nanoseconds, as the kernel claims.
    ///   - step: the smallest difference of two readings that was seen, in nanoseconds; nil if none was.
    ///   - cost: nanoseconds of one reading.
    package static func clock(source: String?, resolution: Int, step: Int?, cost: Double) -> Finding {
        let name = source.map { "\($0), " } ?? ""
        let seen = step.map { "\($0) ns seen" } ?? "no step seen"
        let found = "\(name)resolution \(resolution) ns (\(seen)), \(fixed(cost, 0)) ns a reading"
        guard let step, step <= 1000 else {
            return Finding(
                "clock", .problem, found,
                advice: "too coarse for short regions: clocksource=tsc on the kernel's command line")
        }
        // Read without a system call, a clock takes some tens of nanoseconds.
        guard cost < 200 else {
            return Finding(
                "clock", .warning, found,
                advice:
                    "each reading is a system call: clocksource=tsc on the kernel's command line, if the TSC is stable")
        }
        return Finding("clock", .ok, found)
    }

    /// - Parameter text: /sys/kernel/mm/transparent_hugepage/enabled, such as `always [madvise] never`.
    package static func hugePages(_ text: String?) -> Finding {
        let chosen = text?.split(separator: " ").first { $0.hasPrefix("[") && $0.hasSuffix("]") }
            .map { String($0.dropFirst().dropLast()) }
        switch chosen {
        case "always"?, "madvise"?: return Finding("huge pages", .ok, "transparent, \(chosen!)")
        case "never"?:
            return Finding(
                "huge pages", .note, "never: large buffers lie in pages of 4 KiB, whose table is walked more often",
                advice: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
        default: return Finding("huge pages", .note, "this kernel has no transparent ones")
        }
    }

    /// - Parameter text: /proc/meminfo.
    package static func swap(_ text: String?) -> Finding {
        let memory = MemoryInformation(text ?? "")
        guard let total = memory.kibibytes("SwapTotal"), let free = memory.kibibytes("SwapFree") else {
            return Finding("swap", .note, "this system does not tell")
        }
        if total == 0 { return Finding("swap", .ok, "none") }
        let used = max(0, total - free)
        guard used > 0 else { return Finding("swap", .ok, "\(total >> 10) MiB, unused") }
        return Finding(
            "swap", .warning, "\(used >> 10) of \(total >> 10) MiB in use",
            advice: "pages may have to be read back from disk within a sample: swapoff -a")
    }

    package static func build(_ configuration: String) -> Finding {
        configuration == "release"
            ? Finding("build", .ok, configuration)
            : Finding(
                "build", .problem, configuration, advice: "hundreds of times slower: swift build -c release")
    }

    static func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
        guard value.isFinite, abs(value) * scale < 1e15 else { return "\(value)" }
        let scaled = Int((abs(value) * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "−" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % Int(scale))
        return "\(sign)\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

/// /proc/meminfo.
struct MemoryInformation {
    private let text: String

    init(_ text: String) { self.text = text }

    func kibibytes(_ key: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
}
