import Foundation

/// Text of an SVG drawing; lengths are pixels.
struct SVGCanvas {
    private let width: Int
    private let height: Int
    private var body = ""

    init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

    mutating func line(
        _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ color: String, width: Double = 1,
        dash: String? = nil
    ) {
        body += "<line x1=\"\(n(from.x))\" y1=\"\(n(from.y))\" x2=\"\(n(to.x))\" y2=\"\(n(to.y))\" stroke=\"\(color)\" "
        body += "stroke-width=\"\(n(width))\"" + (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "") + "/>\n"
    }

    enum Anchor: String { case start, middle, end }

    mutating func text(
        _ text: String, at point: (x: Double, y: Double), _ color: String = "#333", size: Double = 12,
        anchor: Anchor = .start,
        turned degrees: Double = 0, isBold: Bool = false
    ) {
        body += "<text x=\"\(n(point.x))\" y=\"\(n(point.y))\" fill=\"\(color)\" font-size=\"\(n(size))\" "
        body += "text-anchor=\"\(anchor.rawValue)\"" + (isBold ? " font-weight=\"bold\"" : "")
        if degrees != 0 { body += " transform=\"rotate(\(n(degrees)) \(n(point.x)) \(n(point.y)))\"" }
        body += ">\(escaped(text))</text>\n"
    }

    /// Shapes tell kinds of operators apart, also without colours.
    enum Mark { case circle, square, triangle }

    mutating func mark(_ mark: Mark, at point: (x: Double, y: Double), radius: Double, _ color: String, title: String) {
        let style = "fill=\"\(color)\" fill-opacity=\"0.6\" stroke=\"\(color)\""
        let (x, y, r) = (point.x, point.y, radius)
        switch mark {
        case .circle: body += "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r))\" \(style)>"
        case .square:
            body +=
                "<rect x=\"\(n(x - r * 0.9))\" y=\"\(n(y - r * 0.9))\" width=\"\(n(r * 1.8))\" height=\"\(n(r * 1.8))\" \(style)>"
        case .triangle:
            body +=
                "<path d=\"M\(n(x)) \(n(y - r * 1.2))L\(n(x + r * 1.1)) \(n(y + r * 0.8))H\(n(x - r * 1.1))Z\" \(style)>"
        }
        let end = mark == .circle ? "circle" : mark == .square ? "rect" : "path"
        body += "<title>\(escaped(title))</title></\(end)>\n"
    }

    var svg: String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
            + "viewBox=\"0 0 \(width) \(height)\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\">\n"
            + "<rect width=\"\(width)\" height=\"\(height)\" fill=\"white\"/>\n\(body)</svg>\n"
    }

    private func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }

    /// At most one digit behind the point.
    private func n(_ value: Double) -> String {
        let text = String(format: "%.1f", value)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
