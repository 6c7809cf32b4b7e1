import Foundation
import Measurement
public import Results

/// Accuracy over latency (logarithmic) of one network in many sizes: a series for each numerics, the Pareto front of each as a line, each
/// size written as width@resolution.
public struct TradeoffPlot: Sendable {
    /// The network and the threads.
    public let name: String
    /// Name of the file, beside the report that shows it: `SUITE.fashion_mobilenet_v1_t1.tradeoff.svg`.
    public let file: String
    public let svg: String

    /// One per network of several sizes, if the suite asks for Jacob et al.'s figure.
    public static func all(of file: ResultsFile) -> [TradeoffPlot] {
        guard file.context.suite?.paper?.contains("jacob-figure-4.1") == true else { return [] }
        return TradeoffLayout.charts(PaperCells(file)).map { TradeoffPlot($0, file.context) }
    }

    private static let (width, height) = (1000, 640)
    private static let frame = (left: 68.0, right: 980.0, top: 70.0, bottom: 580.0)
    private static let colors = ["#d1600a", "#1668b0", "#2c8a4b", "#8a3fa0", "#a0762c", "#50606e"]
    private static let marks: [SVGCanvas.Mark] = [.circle, .square, .triangle]

    private init(_ chart: TradeoffLayout.Chart, _ context: Context) {
        name = "\(chart.network), \(chart.threads) thread\(chart.threads == 1 ? "" : "s")"
        file = "\(context.suite?.name ?? "results").\(chart.network)_t\(chart.threads).tradeoff.svg"
        let cells = chart.series.flatMap(\.cells)
        let x = PlotAxis.logarithmic(
            cells.map { $0.latency!.median / 1000 }, margin: 1.15, from: Self.frame.left, to: Self.frame.right)
        let y = PlotAxis.linear(cells.map { $0.accuracy!.mean }, from: Self.frame.bottom, to: Self.frame.top)
        var canvas = SVGCanvas(width: Self.width, height: Self.height)
        canvas.text(
            "\(name): latency against accuracy", at: (Self.frame.left, 24), "#111", size: 16, isBold: true)
        if let processor = context.processor?.name {
            canvas.text(processor, at: (Self.frame.right, 24), "#666", size: 12, anchor: .end)
        }
        Self.grid(&canvas, x, y)
        var labels = LabelPlaces(frame: Self.frame)
        var points: [(place: (x: Double, y: Double), label: String, color: String)] = []
        var legend = Self.frame.left
        for (index, series) in chart.series.enumerated() {
            let (color, mark) = (Self.colors[index % Self.colors.count], Self.marks[index % Self.marks.count])
            canvas.mark(mark, at: (legend + 5, 46), radius: 5, color, title: series.scheme.title)
            canvas.text(series.scheme.title, at: (legend + 15, 50))
            legend += 36 + 6.8 * Double(series.scheme.title.count)
            let places = series.cells.map { (x.pixel($0.latency!.median / 1000), y.pixel($0.accuracy!.mean)) }
            let front = zip(places, series.isFront).filter(\.1).map(\.0).sorted { $0.0 < $1.0 }
            for (from, to) in zip(front, front.dropFirst()) { canvas.line(from, to, color, width: 1.5) }
            for (place, cell) in zip(places, series.cells) {
                canvas.mark(mark, at: place, radius: 4.5, color, title: Self.title(cell))
                labels.occupy(place)
                points.append((place, cell.point.size, color))
            }
        }
        // From the left: a label goes where it lies over no mark and no other label.
        for point in points.sorted(by: { $0.place.x < $1.place.x }) {
            let label = labels.place(point.label, at: point.place)
            if label.isFar { canvas.line(point.place, label.tip, point.color, width: 0.6) }
            canvas.text(point.label, at: label.origin, point.color, size: LabelPlaces.size)
        }
        canvas.text("lines: Pareto fronts", at: (legend, 50), "#666")
        Self.interval(&canvas, cells, y)
        svg = canvas.svg
    }

    /// A bar as high as the widest of the accuracies' intervals: what is nearer than that may be chance.
    private static func interval(_ canvas: inout SVGCanvas, _ cells: [PaperCell], _ y: PlotAxis) {
        guard let widest = cells.compactMap({ $0.accuracy?.interval }).max(by: { $0.width < $1.width }) else { return }
        let length = y.pixel(widest.low) - y.pixel(widest.high)
        let (x, bottom) = (frame.right - 16, frame.bottom - 12)
        canvas.line((x, bottom), (x, bottom - length), "#666", width: 1.5)
        for end in [bottom, bottom - length] { canvas.line((x - 4, end), (x + 4, end), "#666", width: 1.5) }
        canvas.text(
            "95 % interval of an accuracy", at: (x - 10, bottom - length / 2 + 4), "#666", size: 11, anchor: .end)
    }

    private static func title(_ cell: PaperCell) -> String {
        "\(cell.name): \(cell.accuracy!.text) %, \(Metric.latency.format(cell.latency!.median))"
    }

    private static func grid(_ canvas: inout SVGCanvas, _ x: PlotAxis, _ y: PlotAxis) {
        for tick in x.ticks {
            canvas.line((x.pixel(tick), frame.top), (x.pixel(tick), frame.bottom), "#e4e4e4")
            canvas.text(PlotAxis.text(tick), at: (x.pixel(tick), frame.bottom + 18), anchor: .middle)
        }
        for tick in y.ticks {
            canvas.line((frame.left, y.pixel(tick)), (frame.right, y.pixel(tick)), "#e4e4e4")
            canvas.text(PlotAxis.text(tick), at: (frame.left - 8, y.pixel(tick) + 4), anchor: .end)
        }
        canvas.line((frame.left, frame.bottom), (frame.right, frame.bottom), "#888")
        canvas.line((frame.left, frame.top), (frame.left, frame.bottom), "#888")
        canvas.text(
            "latency of one image, µs", at: ((frame.left + frame.right) / 2, frame.bottom + 42), size: 13,
            anchor: .middle)
        canvas.text(
            "top-1 %", at: (20, (frame.top + frame.bottom) / 2), size: 13, anchor: .middle, turned: -90)
    }
}

/// Finds room for the labels of marks.
private struct LabelPlaces {
    static let size = 11.0
    private let frame: (left: Double, right: Double, top: Double, bottom: Double)
    private var boxes: [(x: Double, y: Double, width: Double, height: Double)] = []

    init(frame: (left: Double, right: Double, top: Double, bottom: Double)) { self.frame = frame }

    /// Keeps labels off a mark.
    mutating func occupy(_ mark: (x: Double, y: Double)) { boxes.append((mark.x - 5, mark.y - 5, 10, 10)) }

    /// Where the text of a label begins, and where a line from its mark would end; it needs one if it stands far off.
    mutating func place(
        _ text: String, at mark: (x: Double, y: Double)
    ) -> (origin: (x: Double, y: Double), tip: (x: Double, y: Double), isFar: Bool) {
        let (width, height) = (6.8 * Double(text.count), Self.size + 1)
        var best: (box: (x: Double, y: Double, width: Double, height: Double), isFar: Bool)?
        // Beside, above and below the mark, then the same farther away.
        for distance in stride(from: 8.0, through: 80, by: 8) {
            for (dx, dy) in [(1.0, 0.0), (0.7, 0.8), (0.7, -0.8), (-1, 0), (-0.7, 0.8), (-0.7, -0.8), (0, 1), (0, -1)] {
                let x = mark.x + dx * distance - (dx < 0 ? width : dx == 0 ? width / 2 : 0)
                let y = mark.y + dy * (distance + 4) - height / 2
                let isInside =
                    x > frame.left && x + width < frame.right && y > frame.top && y + height < frame.bottom
                let isFree = boxes.allSatisfy {
                    x > $0.x + $0.width || x + width < $0.x || y > $0.y + $0.height || y + height < $0.y
                }
                guard isInside, isFree else { continue }
                best = ((x, y, width, height), distance > 16)
                break
            }
            if best != nil { break }
        }
        // No room anywhere near: over whatever is there.
        let (box, isFar) = best ?? ((mark.x + 8, mark.y - height / 2, width, height), false)
        boxes.append(box)
        let tip = (
            x: min(max(mark.x, box.x), box.x + width), y: min(max(mark.y, box.y), box.y + height)
        )
        return ((box.x, box.y + Self.size - 1), tip, isFar)
    }
}
