import Foundation

/// An axis between pixels, logarithmic or linear.
struct PlotAxis {
    let low: Double
    let high: Double
    private let start: Double
    private let end: Double
    private let isLogarithmic: Bool

    /// Wide enough for all values, which are above 0, and a little more: times `margin`.
    static func logarithmic(_ values: [Double], margin: Double, from start: Double, to end: Double) -> PlotAxis {
        PlotAxis(
            low: (values.min() ?? 1) / margin, high: (values.max() ?? 10) * margin, start: start, end: end,
            isLogarithmic: true)
    }

    /// Wide enough for all values and a little more: a twelfth of their range.
    static func linear(_ values: [Double], from start: Double, to end: Double) -> PlotAxis {
        let (low, high) = (values.min() ?? 0, values.max() ?? 1)
        let margin = max((high - low) / 12, 0.05)
        return PlotAxis(low: low - margin, high: high + margin, start: start, end: end, isLogarithmic: false)
    }

    func pixel(_ value: Double) -> Double {
        start + (end - start)
            * (isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low))
    }

    /// Round numbers inside: 1, 2, 5, 10, … on a logarithmic axis (powers of ten alone where there would be many); some five to ten of
    /// equal distance on a linear one.
    var ticks: [Double] {
        if isLogarithmic {
            let steps: [Double] = log10(high / low) > 3 ? [1] : [1, 2, 5]
            let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
            return decades.flatMap { decade in steps.map { $0 * pow(10, Double(decade)) } }
                .filter { $0 >= low && $0 <= high }
        }
        let decade = pow(10, log10((high - low) / 5).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * decade }.first { (high - low) / $0 <= 8 } ?? decade
        return stride(from: (low / step).rounded(.up) * step, through: high, by: step).map {
            ($0 / step).rounded() * step
        }
    }

    /// A tick's number without needless digits.
    static func text(_ value: Double) -> String { String(format: "%g", (value * 1e6).rounded() / 1e6) }
}
