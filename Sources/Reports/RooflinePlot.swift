import Foundation
public import Results

/// The layers of the cells of one network and thread count under their roofs: GMAC/s over MACs per byte, both logarithmic.
///
/// The area of a mark is the layer's share of its cell's time, its shape the kind of operator, its colour the numerics.
public struct RooflinePlot: Sendable {
    /// The network's case and the threads, such as `mobilenet_v1_1.0_224 t1`.
    public let name: String
    /// Name of the file, beside the report that shows it: `SUITE.mobilenet_v1_1.0_224_t1.roofline.svg`.
    public let file: String
    public let svg: String

    /// One for each network and thread count of a run with layers, in the run's order.
    public static func all(of file: ResultsFile) -> [RooflinePlot] {
        var order: [String] = []
        var groups: [String: [Record]] = [:]
        for record in file.benchmarks where record.layers?.contains(where: { $0.layer?.roofline != nil }) == true {
            let name = groupName(record)
            if groups[name] == nil { order.append(name) }
            groups[name, default: []].append(record)
        }
        return order.compactMap { name in
            guard let records = groups[name],
                let ceiling = file.context.ceilings?.first(where: { $0.threads == records[0].threads })
            else { return nil }
            return RooflinePlot(name, records, ceiling, file.context)
        }
    }

    /// The cell's name without its numerics.
    static func groupName(_ record: Record) -> String {
        let parts = record.name.split(separator: "/").map(String.init)
        return parts.filter { $0 != record.numerics }.joined(separator: " ")
    }

    private struct Point {
        let x: Double
        let y: Double
        let label: String
        let share: Double
        let color: String
        let mark: SVGCanvas.Mark
        let title: String
    }

    private static let colors = ["#d1600a", "#1668b0", "#2c8a4b", "#8a3fa0", "#a0762c", "#50606e"]
    private static let (width, height) = (900, 600)
    private static let frame = (left: 68.0, right: 880.0, top: 64.0, bottom: 540.0)
    /// Labelled layers of each cell: those that take most time.
    private static let labelled = 4

    private init?(_ name: String, _ records: [Record], _ ceiling: Ceiling, _ context: Context) {
        var colors: [String: String] = [:]
        let points = records.enumerated().map { index, record in
            let color = Self.colors[index % Self.colors.count]
            colors[record.name] = color
            return Self.points(record, color)
        }
        let all = points.flatMap(\.self)
        var roofs: [(label: String, rate: Double, color: String)] = []
        if let record = records.first(where: { $0.numerics == "f32" }), let rate = ceiling.f32GmacsPerSecond {
            roofs.append(("f32", rate, colors[record.name]!))
        }
        if let record = records.first(where: { $0.numerics != "f32" }), let rate = ceiling.int8GmacsPerSecond {
            roofs.append(("int8", rate, colors[record.name]!))
        }
        guard !all.isEmpty, let top = roofs.map(\.rate).max() else { return nil }
        let axes = Axes(
            x: .logarithmic(
                all.map(\.x) + ceiling.levels.map { top / $0.gbPerSecond }, margin: 1.4, from: Self.frame.left,
                to: Self.frame.right),
            y: .logarithmic(all.map(\.y) + [top * 1.15], margin: 1.4, from: Self.frame.bottom, to: Self.frame.top))
        var canvas = SVGCanvas(width: Self.width, height: Self.height)
        canvas.text("\(name): roofline of its layers", at: (Self.frame.left, 24), "#111", size: 16, isBold: true)
        if let processor = context.processor?.name {
            canvas.text(processor, at: (Self.frame.right, 24), "#666", size: 12, anchor: .end)
        }
        Self.legend(&canvas, records, colors)
        Self.grid(&canvas, axes)
        Self.roofs(&canvas, axes, ceiling, roofs)
        Self.marks(&canvas, axes, points)
        (self.name, svg) = (name, canvas.svg)
        let words = [context.suite?.name ?? "results", name.replacingOccurrences(of: " ", with: "_"), "roofline.svg"]
        file = words.joined(separator: ".")
    }

    private static func points(_ record: Record, _ color: String) -> [Point] {
        let whole = record.layerSum?.sumNs ?? record.latency?.median ?? 1
        return (record.layers ?? []).compactMap { layer in
            guard let x = layer.layer?.macsPerByte, let y = layer.gmacsPerSecond, x > 0, y > 0,
                let time = layer.latency?.median
            else { return nil }
            let label = LayerTable.label(of: layer, in: record)
            let mark: SVGCanvas.Mark =
                layer.op?.hasPrefix("depthwise") == true ? .triangle : layer.op == "fully_connected" ? .square : .circle
            return Point(
                x: x, y: y, label: label, share: time / whole, color: color, mark: mark,
                title:
                    "\(label), \(record.numerics ?? ""): \(Metric.rate.format(y)) GMAC/s at \(Metric.rate.format(x)) "
                    + "MAC/byte, \(Metric.latency.format(time)); \(layer.layer?.why ?? "")")
        }
    }

    // MARK: Axes

    private struct Axes {
        let x: PlotAxis
        let y: PlotAxis

        func point(_ x: Double, _ y: Double) -> (x: Double, y: Double) { (self.x.pixel(x), self.y.pixel(y)) }
    }

    private static func grid(_ canvas: inout SVGCanvas, _ axes: Axes) {
        for tick in axes.x.ticks {
            let x = axes.x.pixel(tick)
            canvas.line((x, frame.top), (x, frame.bottom), "#e4e4e4")
            canvas.text(PlotAxis.text(tick), at: (x, frame.bottom + 18), anchor: .middle)
        }
        for tick in axes.y.ticks {
            let y = axes.y.pixel(tick)
            canvas.line((frame.left, y), (frame.right, y), "#e4e4e4")
            canvas.text(PlotAxis.text(tick), at: (frame.left - 8, y + 4), anchor: .end)
        }
        canvas.line((frame.left, frame.bottom), (frame.right, frame.bottom), "#888")
        canvas.line((frame.left, frame.top), (frame.left, frame.bottom), "#888")
        canvas.text(
            "multiply-accumulates per byte read or written", at: ((frame.left + frame.right) / 2, frame.bottom + 42),
            size: 13, anchor: .middle)
        canvas.text(
            "GMAC/s", at: (20, (frame.top + frame.bottom) / 2), size: 13, anchor: .middle, turned: -90)
    }

    // MARK: What is in it

    private static func legend(_ canvas: inout SVGCanvas, _ records: [Record], _ colors: [String: String]) {
        var x = frame.left
        func entry(_ mark: SVGCanvas.Mark, _ color: String, _ text: String) {
            canvas.mark(mark, at: (x + 5, 42), radius: 5, color, title: text)
            canvas.text(text, at: (x + 15, 46))
            x += 30 + 7 * Double(text.count)
        }
        for record in records { entry(.circle, colors[record.name]!, record.numerics ?? "") }
        for (mark, text) in [
            (SVGCanvas.Mark.circle, "convolution"), (.triangle, "depthwise"), (.square, "fully connected"),
        ] {
            entry(mark, "#777", text)
        }
        canvas.text("area: share of the time", at: (x, 46), "#666")
    }

    private static func roofs(
        _ canvas: inout SVGCanvas, _ axes: Axes, _ ceiling: Ceiling,
        _ roofs: [(label: String, rate: Double, color: String)]
    ) {
        let top = roofs.map(\.rate).max()!
        var taken: [Double] = []
        for level in ceiling.levels {
            // From where the line enters the frame to the highest roof.
            let start = max(axes.x.low, axes.y.low / level.gbPerSecond)
            let end = top / level.gbPerSecond
            guard end > start else { continue }
            let (from, to) = (axes.point(start, start * level.gbPerSecond), axes.point(end, top))
            canvas.line(from, to, "#999", width: 1.2, dash: "5 4")
            let angle = atan2(to.y - from.y, to.x - from.x) * 180 / .pi
            // Two levels of nearly one rate would write over each other: their labels stand one behind the other.
            let near = Double(taken.count { abs(log(level.gbPerSecond / $0)) < 0.25 })
            taken.append(level.gbPerSecond)
            let along = 0.06 + 0.2 * near
            let place = (x: from.x + along * (to.x - from.x), y: from.y + along * (to.y - from.y) - 5)
            canvas.text(
                "\(level.name) \(Metric.bandwidth.format(level.gbPerSecond)) GB/s", at: place, "#666", size: 11,
                turned: angle)
        }
        let nearest = ceiling.levels.map(\.gbPerSecond).max() ?? top
        for roof in roofs {
            let from = axes.point(max(axes.x.low, roof.rate / nearest), roof.rate)
            canvas.line(from, (frame.right, from.y), roof.color, width: 2)
            canvas.text(
                "\(roof.label) \(Metric.rate.format(roof.rate)) GMAC/s", at: (frame.right - 4, from.y - 6), roof.color,
                anchor: .end, isBold: true)
        }
    }

    private static func marks(_ canvas: inout SVGCanvas, _ axes: Axes, _ cells: [[Point]]) {
        for point in cells.flatMap(\.self).sorted(by: { $0.share > $1.share }) {
            canvas.mark(
                point.mark, at: axes.point(point.x, point.y), radius: max(3.5, min(16, 40 * point.share.squareRoot())),
                point.color, title: point.title)
        }
        // A label that would lie over another one is left out: the mark's title tells its name.
        var boxes: [(x: Double, y: Double, width: Double)] = []
        for cell in cells {
            var count = 0
            for point in cell.sorted(by: { $0.share > $1.share }) where count < labelled {
                let place = axes.point(point.x, point.y)
                let width = 7 * Double(point.label.count)
                let (x, y) = (min(place.x + 11, frame.right - width), place.y + 16)
                let isFree = boxes.allSatisfy { x > $0.x + $0.width || x + width < $0.x || abs(y - $0.y) > 13 }
                guard isFree else { continue }
                boxes.append((x, y, width))
                canvas.text(point.label, at: (x, y), point.color, size: 11)
                count += 1
            }
        }
    }
}
