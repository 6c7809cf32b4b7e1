import Foundation

/// A counter-based generator: every value is a function of (seed, stream, counter), so a resumed training draws what
/// the uninterrupted one would have drawn. The mixing function is SplitMix64's (Steele et al. 2014).
struct Randomness: Sendable {
    /// What the values are for: streams are independent.
    enum Purpose: UInt64 {
        case initialisation = 1
        case order, flip, shift, erasure
    }

    private let key: UInt64

    init(seed: UInt64, _ purpose: Purpose, _ index: Int = 0) {
        key = Self.mix(Self.mix(Self.mix(seed) &+ purpose.rawValue) &+ UInt64(truncatingIfNeeded: index))
    }

    /// 64 even bits for this counter.
    func bits(_ counter: Int) -> UInt64 {
        Self.mix(key &+ UInt64(truncatingIfNeeded: counter) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Evenly distributed in (0, 1).
    func uniform(_ counter: Int) -> Double { (Double(bits(counter) >> 11) + 0.5) * 0x1p-53 }

    /// Normally distributed with mean 0 and variance 1 (Box and Muller 1958).
    func normal(_ counter: Int) -> Double {
        (-2 * log(uniform(2 * counter))).squareRoot() * cos(2 * .pi * uniform(2 * counter + 1))
    }

    /// A permutation of 0..<count (Fisher and Yates).
    func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            // The high half of the product is evenly distributed in 0...last but for 2⁻⁶⁴·(last + 1).
            order.swapAt(last, Int(bits(last).multipliedFullWidth(by: UInt64(last + 1)).high))
        }
        return order
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
