internal import Foundation

/// A processor as its vendor numbers it: what decides which native events mean what.
public struct ProcessorIdentity: Sendable, Equatable, CustomStringConvertible {
    public enum Vendor: String, Sendable, CaseIterable {
        case intel
        case amd

        /// As /proc/cpuinfo spells it.
        fileprivate var identification: String {
            switch self {
            case .intel: "GenuineIntel"
            case .amd: "AuthenticAMD"
            }
        }
    }

    /// nil for any other vendor.
    public let vendor: Vendor?
    public let family: Int
    public let model: Int

    public init(vendor: Vendor?, family: Int, model: Int) {
        (self.vendor, self.family, self.model) = (vendor, family, model)
    }

    /// From the text of /proc/cpuinfo; its first processor counts.
    public init(cpuinfo: String) {
        func value(_ key: String) -> String? {
            for line in cpuinfo.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                if parts.count == 2, parts[0] == key { return parts[1] }
            }
            return nil
        }
        let identification = value("vendor_id")
        self.init(
            vendor: Vendor.allCases.first { $0.identification == identification },
            family: value("cpu family").flatMap { Int($0) } ?? 0, model: value("model").flatMap { Int($0) } ?? 0)
    }

    /// The processor that this process runs on.
    public static let current = ProcessorIdentity(
        cpuinfo: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")

    public var description: String {
        guard let vendor else { return "a processor of another vendor" }
        return "\(vendor.rawValue) \(family)/\(model)"
    }
}

/// Processors that an event is meant for: `amd`, `amd 26`, or `amd 25/16-31,96-175`, family and models in decimal.
public struct ProcessorPattern: Sendable, Equatable {
    let vendor: ProcessorIdentity.Vendor
    /// nil: every family.
    let family: Int?
    /// Empty: every model.
    let models: [ClosedRange<Int>]

    func matches(_ processor: ProcessorIdentity) -> Bool {
        guard processor.vendor == vendor else { return false }
        guard let family else { return true }
        return processor.family == family && (models.isEmpty || models.contains { $0.contains(processor.model) })
    }

    /// nil if the text is none.
    init?(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let vendor = words.first.flatMap({ ProcessorIdentity.Vendor(rawValue: String($0)) }), words.count <= 2
        else { return nil }
        self.vendor = vendor
        guard words.count == 2 else {
            (family, models) = (nil, [])
            return
        }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard let family = Int(parts[0]), parts.count <= 2 else { return nil }
        self.family = family
        var models: [ClosedRange<Int>] = []
        for item in parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : [] {
            let bounds = item.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard bounds.count <= 2, let low = bounds[0], let high = bounds[bounds.count - 1], low <= high else {
                return nil
            }
            models.append(low...high)
        }
        self.models = models
    }
}
