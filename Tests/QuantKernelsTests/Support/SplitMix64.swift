/// A small generator whose sequence is fixed by its seed, so that a failing draw can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// `count` draws in which every value occurs: whole decks of `values`, shuffled together. The cross product of the
    /// axes is sampled by zipping their draws, and no value of an axis can be missed.
    mutating func draws<Value>(_ count: Int, of values: [Value]) -> [Value] {
        precondition(count >= values.count, "\(count) draws cannot hold \(values.count) values")
        let deck = values.shuffled(using: &self)
        return (0..<count).map { deck[$0 % deck.count] }.shuffled(using: &self)
    }

    mutating func integer(_ range: ClosedRange<Int32>) -> Int32 { Int32.random(in: range, using: &self) }
}
