/// The least time that a layer can take: t = max(MACs / ceiling, bytes / bandwidth). Arithmetic only; no machine is asked.
///
/// Source: Williams, Waterman, Patterson, "Roofline: an insightful visual performance model", CACM 52 (2009), with bytes
/// that come from the level of the memory that holds them instead of from one memory.
public struct Roofline: Sendable {
    /// A cache level of all threads together, or the memory.
    public struct Level: Sendable, Equatable {
        public let name: String
        /// What it holds.
        public let bytes: Int
        /// Reading, 10⁹ bytes per second: bytes per nanosecond.
        public let gbPerSecond: Double

        public init(name: String, bytes: Int, gbPerSecond: Double) {
            (self.name, self.bytes, self.gbPerSecond) = (name, bytes, gbPerSecond)
        }
    }

    /// What a layer does, in bytes as they are stored.
    public struct Work: Sendable, Equatable {
        public var macs: Int
        /// Read and written.
        public var tensorBytes: Double
        public var weightBytes: Double
        /// Activations and weights of the whole network: weights stay in the nearest level that holds all of them until
        /// the next inference.
        public var networkBytes: Double

        public init(macs: Int, tensorBytes: Double, weightBytes: Double, networkBytes: Double) {
            (self.macs, self.tensorBytes) = (macs, tensorBytes)
            (self.weightBytes, self.networkBytes) = (weightBytes, networkBytes)
        }

        public var macsPerByte: Double { Double(macs) / (tensorBytes + weightBytes) }
    }

    /// Products, 10⁹ per second: per nanosecond.
    public let gmacsPerSecond: Double
    /// Nearest first; the last one holds everything.
    public let levels: [Level]

    /// - Parameter levels: not empty.
    public init(gmacsPerSecond: Double, levels: [Level]) {
        precondition(!levels.isEmpty && gmacsPerSecond > 0, "a roofline needs a ceiling and a bandwidth")
        (self.gmacsPerSecond, self.levels) = (gmacsPerSecond, levels)
    }

    /// The most that `macsPerByte` allow if all bytes come from one level, in 10⁹ per second.
    public func roof(_ macsPerByte: Double, from level: Level) -> Double {
        min(gmacsPerSecond, macsPerByte * level.gbPerSecond)
    }

    /// Nanoseconds of the products at the ceiling.
    public func products(_ work: Work) -> Double { Double(work.macs) / gmacsPerSecond }

    /// Nanoseconds of the bytes, and the level where most of that time goes: tensors come from the nearest level that holds
    /// them, weights from the nearest that holds the network.
    public func transfer(_ work: Work) -> (nanoseconds: Double, level: Level) {
        let tensors = holding(work.tensorBytes)
        let weights = holding(work.networkBytes)
        let times = (work.tensorBytes / tensors.gbPerSecond, work.weightBytes / weights.gbPerSecond)
        return (times.0 + times.1, times.0 >= times.1 ? tensors : weights)
    }

    /// t = max(MACs / ceiling, bytes / bandwidth), in nanoseconds.
    public func least(_ work: Work) -> Double { max(products(work), transfer(work).nanoseconds) }

    public func isMemoryBound(_ work: Work) -> Bool { transfer(work).nanoseconds > products(work) }

    /// How many times as fast `other` can be at most: the least time of `work` over that of what `other` leaves of it, on
    /// the same levels; `ceiling` is that of the other's arithmetic.
    public func gain(from work: Work, to other: Work, ceiling: Double? = nil) -> Double {
        least(work) / Roofline(gmacsPerSecond: ceiling ?? gmacsPerSecond, levels: levels).least(other)
    }

    /// This model without the levels that are too slow for what was measured: a layer that is faster than its bytes could
    /// come from where the model puts them has them from nearer. The nearest level always stays.
    public func fitted(to nanoseconds: Double, of work: Work) -> Roofline {
        var levels = levels
        while levels.count > 1 {
            let model = Roofline(gmacsPerSecond: gmacsPerSecond, levels: levels)
            if model.transfer(work).nanoseconds <= nanoseconds { return model }
            levels.removeLast()
        }
        return Roofline(gmacsPerSecond: gmacsPerSecond, levels: levels)
    }

    private func holding(_ bytes: Double) -> Level {
        levels.first { bytes <= Double($0.bytes) } ?? levels[levels.count - 1]
    }
}

/// Where a layer stands under the roofline of its run, in its record.
public struct RooflinePoint: Codable, Sendable, Equatable {
    public enum Bound: String, Codable, Sendable { case compute, memory }

    /// What the model says is the larger part.
    public var bound: Bound
    /// The level that most of the time of the bytes goes to, and how fast it is read.
    public var level: String
    public var gbPerSecond: Double
    /// The rate at the least time, 10⁹ multiply-accumulates per second.
    public var attainableGmacsPerSecond: Double
    /// The measured rate as a percent of it; absent if it is above 105, which no true roof is.
    public var percentOfRoof: Double?
    /// How many times as fast at most: by `w4` and `w2`, weights of so many bits, or `int8` for a float layer.
    public var atMost: [String: Double]
    /// Multiply-accumulates per byte that came from beyond the last cache, counted; with the reason where nothing counts.
    public var measuredMacsPerByte: Quantity?

    public init(
        bound: Bound, level: String, gbPerSecond: Double, attainableGmacsPerSecond: Double, percentOfRoof: Double?,
        atMost: [String: Double], measuredMacsPerByte: Quantity? = nil
    ) {
        (self.bound, self.level, self.gbPerSecond) = (bound, level, gbPerSecond)
        self.attainableGmacsPerSecond = attainableGmacsPerSecond
        (self.percentOfRoof, self.atMost, self.measuredMacsPerByte) = (percentOfRoof, atMost, measuredMacsPerByte)
    }

    enum CodingKeys: String, CodingKey {
        case bound, level
        case gbPerSecond = "gb_per_s"
        case attainableGmacsPerSecond = "attainable_gmacs_per_s"
        case percentOfRoof = "percent_of_roof"
        case atMost = "at_most"
        case measuredMacsPerByte = "measured_macs_per_byte"
    }
}

extension Ceiling {
    /// What bounds a layer with these threads; nil where the ceiling or the memory's rate is not known.
    public func roofline(isInteger: Bool) -> Roofline? {
        guard let rate = isInteger ? int8GmacsPerSecond : f32GmacsPerSecond, rate > 0, !levels.isEmpty else {
            return nil
        }
        return Roofline(gmacsPerSecond: rate, levels: levels)
    }

    /// The caches whose rates were measured, nearest first, then the memory; empty if the memory's rate is not known.
    public var levels: [Roofline.Level] {
        guard let memory = bandwidthGbPerSecond else { return [] }
        return (layers?.caches ?? []).map {
            Roofline.Level(name: "L\($0.level)", bytes: $0.bytes, gbPerSecond: $0.gbPerSecond)
        } + [Roofline.Level(name: "memory", bytes: .max, gbPerSecond: memory)]
    }
}
