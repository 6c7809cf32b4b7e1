/// A closed interval, written as `[low, high]` in records.
public struct Interval: Sendable, Equatable, Codable {
    public var low: Double
    public var high: Double

    public init(_ low: Double, _ high: Double) {
        self.low = low
        self.high = high
    }

    public var width: Double { high - low }

    public func contains(_ value: Double) -> Bool { low <= value && value <= high }

    public init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        low = try list.decode(Double.self)
        high = try list.decode(Double.self)
        guard low <= high, list.isAtEnd else {
            throw DecodingError.dataCorruptedError(
                in: list, debugDescription: "an interval is two numbers, [low, high], with low ≤ high")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        try list.encode(low)
        try list.encode(high)
    }
}
