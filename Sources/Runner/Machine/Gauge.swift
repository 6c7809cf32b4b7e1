/// The best readings of one rate. Whatever disturbs a reading only slows it, so the best is the nearest to the truth, and
/// best readings that agree are hardly disturbed: two disturbances are seldom equal.
package struct BestReadings: Sendable {
    /// Within which share of the best its followers agree with it.
    let tolerance: Double
    /// The best three, best first.
    private var readings: [Double] = []

    package init(tolerance: Double) { self.tolerance = tolerance }

    package var best: Double? { readings.first }

    /// The best three agree.
    package var isSettled: Bool {
        guard readings.count == 3 else { return false }
        return readings[2] >= (1 - tolerance) * readings[0]
    }

    package mutating func add(_ reading: Double) {
        readings.append(reading)
        readings.sort(by: >)
        readings = Array(readings.prefix(3))
    }

    /// A best that is known from elsewhere: one reading that agrees with it will do.
    package mutating func addKnown(_ reading: Double) {
        add(reading)
        add(reading)
    }
}

/// One rate of the machine and how it is read once.
struct Gauge {
    enum Quantity: Hashable {
        case integerProducts, floatProducts, memory, integerOutputs, floatOutputs
        /// Reciprocal of the nanoseconds of an operator without work.
        case dispatch
        case cache(level: Int, bytes: Int)
    }

    let quantity: Quantity
    let read: () -> Double
    var readings: BestReadings

    init(_ quantity: Quantity, tolerance: Double, read: @escaping () -> Double) {
        (self.quantity, self.read) = (quantity, read)
        readings = BestReadings(tolerance: tolerance)
    }
}

extension [Gauge] {
    /// Reads every gauge once in each round, so that its readings lie apart, until all are settled.
    /// - Parameters:
    ///   - rounds: how many at least, how many at most.
    ///   - doubtful: what has to be read again, however settled it is.
    mutating func read(rounds: ClosedRange<Int>, doubtful: ([Gauge]) -> Set<Gauge.Quantity>) {
        for round in 0..<rounds.upperBound {
            let doubts = doubtful(self)
            let open = indices.filter { index in
                round < rounds.lowerBound || !self[index].readings.isSettled || doubts.contains(self[index].quantity)
            }
            if open.isEmpty { return }
            for index in open { self[index].readings.add(self[index].read()) }
        }
    }

    func best(_ quantity: Gauge.Quantity) -> Double? { first { $0.quantity == quantity }?.readings.best }
}
