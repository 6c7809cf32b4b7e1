import Foundation
public import Measurement

/// A kind of number in a report: it owns its title, its unit and how it is written.
public struct Metric: Sendable, Equatable {
    enum Unit: Sendable {
        case nanoseconds, bytes, count, ratio, factor, plain, points, percent, decibels, accuracy, hertz
    }

    /// Column title, with the unit where the numbers themselves do not carry it.
    public let title: String
    let unit: Unit

    public static let latency = Metric(title: "latency", unit: .nanoseconds)
    public static let relativeInterval = Metric(title: "±95 %", unit: .percent)
    public static let speedup = Metric(title: "× f32", unit: .ratio)
    public static let top1 = Metric(title: "top-1 %", unit: .accuracy)
    public static let map = Metric(title: "mAP %", unit: .accuracy)
    public static let precision = Metric(title: "precision %", unit: .percent)
    public static let recall = Metric(title: "recall %", unit: .percent)
    public static let deltaF32 = Metric(title: "Δ f32", unit: .points)
    public static let rate = Metric(title: "GMAC/s", unit: .plain)
    public static let percentOfCeiling = Metric(title: "% ceiling", unit: .percent)
    public static let gain = Metric(title: "at most", unit: .factor)
    public static let macsPerCycle = Metric(title: "MAC/cycle", unit: .plain)
    public static let modelSize = Metric(title: "model", unit: .bytes)
    public static let bandwidth = Metric(title: "GB/s", unit: .plain)
    public static let setupTime = Metric(title: "set-up", unit: .nanoseconds)
    public static let sqnr = Metric(title: "SQNR to f32, dB", unit: .decibels)
    public static let clock = Metric(title: "clock", unit: .hertz)
    public static let counter = Metric(title: "count", unit: .count)

    /// The number as people read it: `1.234 ms`, `2.31×`, `−0.42`.
    ///
    /// With an interval, the last digit written is that of the leading digit of the interval's half-width, between 2 and
    /// 6 significant digits; without one there are 4 significant digits.
    public func format(_ value: Double, interval: Interval? = nil) -> String {
        switch unit {
        case .nanoseconds:
            let scale = Self.scale(value, [(1e9, "s"), (1e6, "ms"), (1e3, "µs")], else: "ns")
            return Self.number(value / scale.factor, Self.scaled(interval, by: scale.factor)) + " \(scale.unit)"
        case .bytes:
            let scale = Self.scale(value, [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")], else: "B")
            return
                (scale.factor == 1
                ? Self.exact(value)
                : Self.fixed(value / scale.factor, Self.decimals(significant: 3, for: value / scale.factor)))
                + " \(scale.unit)"
        case .hertz:
            let scale = Self.scale(value, [(1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz")], else: "Hz")
            return Self.number(value / scale.factor, Self.scaled(interval, by: scale.factor)) + " \(scale.unit)"
        case .count: return Self.exact(value)
        case .ratio: return Self.number(value, interval) + "×"
        case .factor: return Self.fixed(value, 1) + " ×"
        case .plain: return Self.number(value, interval)
        case .percent, .decibels: return Self.fixed(value, 1)
        case .accuracy: return Self.fixed(value, 2)
        case .points: return (value > 0 ? "+" : "") + Self.fixed(value, 2)
        }
    }

    /// The number with its interval behind it: `2.31× [2.29, 2.34]`.
    public func formatWithInterval(_ value: Double, _ interval: Interval?) -> String {
        let text = format(value, interval: interval)
        guard let interval else { return text }
        return "\(text) [\(bound(interval.low, interval)), \(bound(interval.high, interval))]"
    }

    /// The number with the larger side of its interval: `2.31× ±0.03`.
    public func formatCompact(_ value: Double, _ interval: Interval?) -> String {
        let text = format(value, interval: interval)
        guard let interval else { return text }
        return "\(text) ±\(bound(max(interval.high - value, value - interval.low), interval))"
    }

    private func bound(_ value: Double, _ interval: Interval) -> String {
        unit == .accuracy ? Self.fixed(value, 2) : Self.fixed(value, Self.decimals(of: interval, for: interval.high))
    }

    // MARK: Digits

    private static func scaled(_ interval: Interval?, by factor: Double) -> Interval? {
        interval.map { Interval($0.low / factor, $0.high / factor) }
    }

    private static func scale(
        _ value: Double, _ steps: [(factor: Double, unit: String)], else smallest: String
    ) -> (factor: Double, unit: String) {
        steps.first { abs(value) >= $0.factor } ?? (1, smallest)
    }

    private static func number(_ value: Double, _ interval: Interval?) -> String {
        fixed(value, interval.map { decimals(of: $0, for: value) } ?? decimals(significant: 4, for: value))
    }

    private static func decimals(of interval: Interval, for value: Double) -> Int {
        let half = interval.width / 2
        guard half > 0 else { return decimals(significant: 4, for: value) }
        let wanted = -Int(log10(half).rounded(.down))
        let bounds = (decimals(significant: 2, for: value), decimals(significant: 6, for: value))
        return max(0, min(max(wanted, bounds.0), bounds.1))
    }

    private static func decimals(significant digits: Int, for value: Double) -> Int {
        guard value != 0, value.isFinite else { return digits - 1 }
        return max(0, digits - 1 - Int(log10(abs(value)).rounded(.down)))
    }

    private static func fixed(_ value: Double, _ decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", value)
        // "-0.00" is a zero; other negative numbers get a true minus sign.
        guard text.hasPrefix("-") else { return text }
        return text.contains { $0.isNumber && $0 != "0" } ? "−" + text.dropFirst() : String(text.dropFirst())
    }

    /// Integers stay integers.
    private static func exact(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? fixed(value, decimals(significant: 4, for: value))
    }
}
