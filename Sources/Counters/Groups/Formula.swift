/// An arithmetic formula over events: `+ − * /`, unary minus, parentheses, numbers, event names.
///
/// Names start with a letter or `_` and go on with letters, digits, `_`, `:` and `.`; other names, which `perf`
/// has many of, stand in single quotes: `'perf::CACHE-MISSES' / 1000`.
public struct Formula: Sendable, Equatable {
    /// The formula as it was written.
    public let text: String
    let root: Expression

    init(text: String, root: Expression) { (self.text, self.root) = (text, root) }

    /// An event and nothing else.
    public init(event: String) { self.init(text: event, root: .event(event)) }

    /// The event, if the formula is nothing else.
    var onlyEvent: String? { if case .event(let name) = root { name } else { nil } }

    indirect enum Expression: Sendable, Equatable {
        case number(Double)
        case event(String)
        case negation(Expression)
        case binary(Operator, Expression, Expression)
    }

    enum Operator: Character, Sendable {
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
    }

    /// The events that it names, each once, in order of appearance.
    public var events: [String] {
        var found: [String] = []
        func collect(_ node: Expression) {
            switch node {
            case .number: break
            case .event(let name): if !found.contains(name) { found.append(name) }
            case .negation(let inner): collect(inner)
            case .binary(_, let left, let right):
                collect(left)
                collect(right)
            }
        }
        collect(root)
        return found
    }

    /// The number, or the reason why there is none: a part is missing or was counted for less than `minimumShare` of
    /// the region, or a divisor is 0.
    public func evaluate(
        _ readings: [String: CounterReading], minimumShare: Double = 0.5
    ) -> Result<Double, Blank> {
        do throws(Blank) {
            let value = try evaluate(root, readings, minimumShare)
            return value.isFinite ? .success(value) : .failure(Blank(reason: "the result is not a finite number"))
        } catch {
            return .failure(error)
        }
    }

    /// The result under a name: derived, with the smallest share that one of its parts was counted for, or unavailable
    /// with the reason.
    func reading(_ name: String, of readings: [CounterReading], minimumShare: Double = 0.5) -> CounterReading {
        let byName = Dictionary(readings.map { ($0.event, $0) }) { first, _ in first }
        switch evaluate(byName, minimumShare: minimumShare) {
        case .success(let value):
            let share = events.compactMap { byName[$0]?.provenance.share }.min() ?? 1
            return .derived(name, value, formula: text, share: share)
        case .failure(let blank): return .unavailable(name, blank.reason)
        }
    }

    /// Why a formula has no result.
    public struct Blank: Error, Equatable {
        public let reason: String
    }

    private func evaluate(
        _ node: Expression, _ readings: [String: CounterReading], _ minimumShare: Double
    ) throws(Blank) -> Double {
        switch node {
        case .number(let value): return value
        case .event(let name):
            guard let reading = readings[name] else { throw Blank(reason: "\(name) was not counted") }
            guard let value = reading.value else {
                throw Blank(reason: "needs \(name): \(reading.provenance.reason ?? "no value")")
            }
            guard reading.isTrusted(minimumShare: minimumShare) else {
                let counted = Int((reading.provenance.share * 100).rounded())
                let least = Int(minimumShare * 100)
                throw Blank(reason: "needs \(name): counted for \(counted) % of the region, less than \(least) %")
            }
            return value
        case .negation(let inner): return -(try evaluate(inner, readings, minimumShare))
        case .binary(let operation, let left, let right):
            let a = try evaluate(left, readings, minimumShare)
            let b = try evaluate(right, readings, minimumShare)
            switch operation {
            case .plus: return a + b
            case .minus: return a - b
            case .times: return a * b
            case .divide:
                guard b != 0 else {
                    if case .event(let name) = right { throw Blank(reason: "division by 0: \(name) counted none") }
                    throw Blank(reason: "division by 0")
                }
                return a / b
            }
        }
    }
}
